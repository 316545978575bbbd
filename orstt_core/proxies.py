"""Proxies that the environment names for connections to elsewhere. Standard library only: clients and the core ask.

The HTTP library follows these variables by itself; here is what it leaves to a traceback.
"""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from orstt_core.errors import SettingsError

SCHEMES = ("http", "https", "socks5", "socks5h")
"""What httpx2 speaks to a proxy."""
KINDS = ("http", "https", "all")
"""The variables that it reads: `HTTP_PROXY` and so on, in either case of letters."""


def proxy_variable(url: str) -> str:
    """Return the variable of the environment whose proxy is asked for an address; empty: none is."""
    parts, proxies = urlsplit(url), getproxies()
    if proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    return next((f"{kind.upper()}_PROXY" for kind in (parts.scheme, "all") if proxies.get(kind)), "")


def proxy_hint(url: str) -> str:
    """Return a sentence on the proxy that is asked for an address, with a space before it; empty: none is."""
    variable = proxy_variable(url)
    return f" The proxy of {variable} is asked for it unless NO_PROXY names it." if variable else ""


def no_socks_proxy(url: str) -> str:
    """Return what it means that the proxy asked for an address does not speak SOCKS."""
    return f"what {proxy_variable(url)} in the environment names is no SOCKS proxy, or closes connections"


def check_proxies() -> None:
    """Refuse an environment whose proxies no client of ours can use.

    Raises:
        SettingsError: one of them is malformed, or of a kind that is not spoken here.
    """
    proxies = getproxies()
    if "*" in map(str.strip, proxies.get("no", "").split(",")):
        return
    for kind in KINDS:
        if problem := _problem(proxies.get(kind, "")):
            raise SettingsError(
                f"{kind.upper()}_PROXY in the environment names a proxy that cannot be used: {problem}.",
                hint="Write it like http://proxy.example:3128 or socks5://127.0.0.1:1080, or unset it.",
            )


def _problem(proxy: str) -> str:
    """Return why a proxy cannot be used, without the password that may stand in it; empty: it can."""
    if not proxy:
        return ""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "its address is malformed"
    if parts.scheme not in SCHEMES:
        return f"its kind, {parts.scheme}, is none of {', '.join(SCHEMES)}"
    if not host or " " in host:
        return "it has no host"
    if parts.scheme.startswith("socks") and not find_spec("socksio"):
        return "for SOCKS the Python package socksio is missing"
    return ""
