"""Which addresses are public, which are this machine's, and which host a header names."""

from ipaddress import ip_address

from orstt_core.addresses import host_of, is_loopback, is_public

PUBLIC = ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"]
PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "0.0.0.0", "169.254.169.254", "100.64.0.1", "192.0.0.8"),
    *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "fec0::1", "::7f00:1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1"),
    *("2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
]
LOOPBACK = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1", "localhost", "Localhost"]
ELSEWHERE = ["0.0.0.0", "::", "", "192.168.1.5", "localhost.example.org", "127.0.0.1.nip.io", "1.127.0.0"]


def test_an_address_is_public_only_if_the_one_that_it_stands_for_is() -> None:
    assert [address for address in PUBLIC + PRIVATE if is_public(ip_address(address))] == PUBLIC


def test_only_what_cannot_leave_this_machine_is_loopback() -> None:
    assert [host for host in LOOPBACK + ELSEWHERE if is_loopback(host)] == LOOPBACK


def test_the_host_of_a_header() -> None:
    headers = ["a:1", "[::1]:8", "[::1", "", "A.b"]
    assert list(map(host_of, headers)) == ["a", "::1", None, None, "a.b"]
