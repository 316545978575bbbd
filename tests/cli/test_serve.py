"""`orstt serve`: says where it listens, refuses what it must, and ends cleanly."""

from __future__ import annotations

import signal
import socket

from cli.running import Shell


def test_it_says_where_it_listens_answers_there_and_stops_cleanly(shell: Shell) -> None:
    # Every other test stops its server by SIGTERM.
    with shell.serving(command=shell.scripted(), stop=signal.SIGINT) as address:
        assert address.startswith("http://127.0.0.1:")
        assert shell("--remote", address, "models", "show", "base").code == 0


def test_a_taken_port_is_one_line(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = shell("serve", "--port", port, command=shell.scripted())
    assert (code, out) == (4, "")
    assert f"Port {port} on 127.0.0.1 is taken" in err
    assert err.count("\n") == 1


def test_a_public_address_without_a_key_is_refused(shell: Shell) -> None:
    code, out, err = shell("serve", "--host", "0.0.0.0", "--port", "0", command=shell.scripted())
    assert (code, out) == (7, "")
    assert "ORSTT_API_KEY" in err
    assert err.count("\n") == 1


def test_a_public_address_with_a_key_asks_for_it_and_shows_it_to_nobody(shell: Shell) -> None:
    key = "correct-horse"
    with shell.serving("--host", "0.0.0.0", command=shell.scripted(), ORSTT_API_KEY=key) as everywhere:
        address = everywhere.replace("0.0.0.0", "127.0.0.1")
        without = shell("--remote", address, "models", "list")
        wrong = shell("--remote", address, "models", "list", ORSTT_API_KEY="wrong-horse")
        right = shell("--remote", address, "models", "list", ORSTT_API_KEY=key)
        doctor = shell("--remote", address, "doctor", ORSTT_API_KEY=key)
    assert [result.code for result in (without, wrong, right)] == [7, 7, 0]
    assert without.err.count("\n") == wrong.err.count("\n") == 1
    assert "horse" not in wrong.err + doctor.out + doctor.err


def test_with_remote_it_passes_everything_on(shell: Shell, recording: object) -> None:
    with shell.serving(command=shell.scripted()) as far, shell.serving("--remote", far) as near:
        assert shell("--remote", near, "transcribe", recording) == (0, "Hello there. General remarks.\n", "")
        assert shell("--remote", near, "models", "activate", "tiny").code == 0
        assert "* 1" in " ".join(shell("--remote", far, "models", "list").out.split())


def test_a_remote_server_that_does_not_answer_is_said_before_listening(shell: Shell) -> None:
    code, out, err = shell("serve", "--port", "0", "--remote", "http://127.0.0.1:9")
    assert (code, out) == (7, "")
    assert "http://127.0.0.1:9" in err
