"""`orstt serve`: says where it listens, refuses what it must, and ends cleanly."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import Result, Shell

Run = Callable[..., Result]


def test_a_taken_port_is_one_line(orstt: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = orstt("serve", "--port", port)
    assert (code, out) == (4, "")
    assert f"Port {port} on 127.0.0.1 is taken" in err
    assert err.count("\n") == 1


def test_a_public_address_without_a_key_is_refused(orstt: Run) -> None:
    code, out, err = orstt("serve", "--host", "0.0.0.0", "--port", "0")
    assert (code, out) == (7, "")
    assert "ORSTT_API_KEY" in err
    assert err.count("\n") == 1


def test_a_remote_server_that_does_not_answer_is_said_before_listening(real_orstt: Run) -> None:
    code, out, err = real_orstt("serve", "--port", "0", "--remote", "http://127.0.0.1:9")
    assert (code, out) == (7, "")
    assert "http://127.0.0.1:9" in err


@pytest.mark.slow
def test_it_passes_everything_on_with_remote_and_asks_for_its_key_on_a_public_address(
    shell: Shell, real_orstt: Run, recording: Path
) -> None:
    key = "correct-horse"
    # Every other test stops its server by SIGTERM.
    with (
        shell.serving(command=shell.scripted(), stop=signal.SIGINT) as far,
        shell.serving("--remote", far, "--host", "0.0.0.0", ORSTT_API_KEY=key) as everywhere,
    ):
        assert far.startswith("http://127.0.0.1:")
        near = everywhere.replace("0.0.0.0", "127.0.0.1")
        without = real_orstt("--remote", near, "models", "list")
        wrong = real_orstt("--remote", near, "models", "list", ORSTT_API_KEY="wrong-horse")
        assert (without.code, wrong.code) == (7, 7)
        assert without.err.count("\n") == wrong.err.count("\n") == 1

        said = real_orstt("--remote", near, "transcribe", recording, ORSTT_API_KEY=key)
        assert said == (0, "Hello there. General remarks.\n", "")
        assert real_orstt("--remote", near, "models", "activate", "tiny", ORSTT_API_KEY=key).code == 0
        assert "* 1" in " ".join(real_orstt("--remote", far, "models", "list").out.split())
        doctor = real_orstt("--remote", near, "doctor", ORSTT_API_KEY=key)
    assert "horse" not in wrong.err + doctor.out + doctor.err
