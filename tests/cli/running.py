"""Ways to run `orstt`: what a command leaves, and how it is started as a process of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

TESTS = Path(__file__).parent.parent
SECONDS = 60.0
"""How long a program may be silent."""


class Result(NamedTuple):
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str


class Shell:
    """Runs the installed `orstt`, or a scripted one, as a process of its own."""

    installed = (str(Path(sys.executable).with_name("orstt")),)

    @staticmethod
    def scripted(script: str = "") -> tuple[str, ...]:
        """Return the command that runs `orstt` on a ScriptedBackend called `backend`, changed by this code."""
        code = f"""
import sys
from scripted import *
from orstt_core.types import *
from orstt_tui import cli
from orstt_tui.commands import backends
backend = ScriptedBackend()
backends.open_backend = lambda settings, **_: backend
{script}
sys.exit(cli.main())
"""
        return (sys.executable, "-c", code)

    def __call__(
        self, *args: object, command: tuple[str, ...] = installed, stdin: bytes = b"", **environ: str
    ) -> Result:
        """Run it to its end."""
        done = subprocess.run(
            [*command, *map(str, args)],
            input=stdin,
            capture_output=True,
            env=self.environ(**environ),
            timeout=100,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    def start(
        self,
        *args: object,
        command: tuple[str, ...] = installed,
        environ: dict[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[bytes]:
        """Start it and return the process."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        process: subprocess.Popen[bytes] = subprocess.Popen(
            [*command, *map(str, args)], env=self.environ(**(environ or {})), **options
        )
        return process

    @contextmanager
    def serving(
        self,
        *args: object,
        command: tuple[str, ...] = installed,
        how: str = "serve",
        stop: signal.Signals = signal.SIGTERM,
        **environ: str,
    ) -> Iterator[str]:
        """Run `orstt serve`, or `web`, on a free port and give its address; it must end well and say nothing else."""
        process = self.start(how, "--port", "0", *args, command=command, environ=environ)
        try:
            line = process.stdout.readline().decode()
            assert line.startswith("Listening on http"), line + process.stderr.read().decode()
            yield line.split()[-1]
            process.send_signal(stop)
            out, err = process.communicate(timeout=60)
            assert (process.returncode, out, err) == (0, b"", b"")
        finally:
            process.kill()
            process.communicate()

    def environ(self, **more: str) -> dict[str, str]:
        """Return the environment with the tests' folder importable."""
        return {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONWARNINGS": "", **more}


def wait_for(happened: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def several(folder: Path, *names: str) -> list[Path]:
    """Write files that may pass for recordings and return their paths."""
    for name in names:
        (folder / name).write_bytes(b"RIFF")
    return [folder / name for name in names]


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Give a terminal's two ends: ours, and the one that a process takes for its screen."""
    ours, theirs = pty.openpty()
    try:
        yield ours, theirs
    finally:
        os.close(ours)
        with suppress(OSError):
            os.close(theirs)


def seen(ours: int, process: subprocess.Popen[bytes], theirs: int) -> str:
    """Return everything that a process showed on a terminal until its end."""
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # the other end is closed when the process has ended
        while True:
            assert select.select([ours], [], [], SECONDS)[0], f"nothing more came, and no end:\n{shown!r}"
            if not (chunk := os.read(ours, 4096)):
                break
            shown += chunk
    process.wait(timeout=SECONDS)
    return shown.decode(errors="replace")
