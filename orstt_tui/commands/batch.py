"""Batch: recordings of one command; what is wrong with one is said, and the others go on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.types import TranscribeEvent, TranscribeRequest
from orstt_tui.commands import output
from orstt_tui.commands.recordings import check, label, readable
from orstt_tui.recording_files import RECORDING_ERRORS


class Batch:
    """Recordings that are treated alike.

    Args:
        names: the recordings, as the person named them.

    Attributes:
        exit_code: that of the first recording that failed.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self.exit_code = 0

    def open(self, temporary: contextlib.ExitStack, *, limit_mb: int) -> list[tuple[str, Path]]:
        """Check all recordings, then bring streams into files; return where each that is sound can be read."""
        sound = []
        for name in self._names:
            with self.reporting(name):
                check(name)
                sound.append(name)
        paths = []
        for name in sound:
            with self.reporting(name):
                paths.append((name, temporary.enter_context(readable(name, limit_mb=limit_mb))))
        return paths

    @contextlib.contextmanager
    def reporting(self, name: str) -> Iterator[None]:
        """Say what one recording fails with inside, and go on."""
        try:
            yield
        except RECORDING_ERRORS as error:
            about = "" if len(self._names) == 1 or label(name) in str(error) else f"{label(name)}: "
            output.write_stderr(f"{about}{error}")
            self.exit_code = self.exit_code or error.exit_code


async def transcribe_one(
    backend: Backend, like: TranscribeRequest, name: str, path: Path, show: Callable[[TranscribeEvent], None]
) -> None:
    """Transcribe a recording as soon as the backend admits it, and show what happens.

    Args:
        backend: does it.
        like: what is asked for, but for the recording.
        name: the recording, as the person named it.
        path: where it can be read.
        show: takes every event.
    """
    from orstt_tui.event_stream import transcribe_when_admitted

    await transcribe_when_admitted(backend, replace(like, audio=path, filename=label(name)), show)


def prefixes(names: Sequence[str]) -> list[str]:
    """Return for each recording what goes before its stages: nothing, where it is the only one."""
    if len(names) == 1:
        return [""]
    return [f"[{number}/{len(names)}] {label(name)}: " for number, name in enumerate(names, start=1)]
