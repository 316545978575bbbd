"""Ways to run `orstt`: in this process on a scripted backend or the real one, and as a process of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli.running import Result, Shell
from scripted import ScriptedBackend

from orstt_tui import cli
from orstt_tui.commands.context import CommandContext


@pytest.fixture
def scripted() -> ScriptedBackend:
    """The backend of `orstt`."""
    return ScriptedBackend()


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Undo what a command does to the process's logging."""
    before = {name: logging.getLogger(name).level for name in (None, "orstt_core", "orstt_api", "orstt_tui")}
    yield
    logging.captureWarnings(False)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def orstt(scripted: ScriptedBackend, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a command in this process on the scripted backend."""

    def run(*args: object) -> Result:
        code = cli.run(
            [str(arg) for arg in args], CommandContext(open_backend=lambda settings, *, drain=False: scripted)
        )
        return Result(code, *capfd.readouterr())

    return run


@pytest.fixture
def real_orstt(capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a command in this process on the backend that the settings name, with these variables in the environment."""

    def run(*args: object, **environ: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            code = cli.run([str(arg) for arg in args])
        return Result(code, *capfd.readouterr())

    return run


@pytest.fixture
def shell() -> Shell:
    """Run `orstt` as a process of its own."""
    return Shell()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file that may pass for a recording: the scripted backend does not look into it."""
    path = tmp_path / "ward 7.wav"
    path.write_bytes(b"RIFF")
    return path
