"""Player: plays a WAV file with a program of this machine that can.

A program and not a library: the one that belongs to the machine's sound system is there wherever there is sound
(PortAudio, which `sounddevice` needs, is a system package on Linux that few have), nothing native runs in this process,
and one that hangs is ended. The sound is in memory, never on a disk.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO

PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "pw-play": (),
    "paplay": (),
    "aplay": ("-q",),
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
    "mpv": ("--no-video", "--really-quiet", "--no-config"),
    "afplay": (),
}
"""What plays a file that is named last, with its options, the best first."""
ELSEWHERE = ("SSH_CONNECTION", "SSH_TTY")
"""Variables that say that whoever types sits at another machine than the one that would make the sound."""
FORWARDED = ("PULSE_SERVER", "PIPEWIRE_REMOTE")
"""Variables that say that sound reaches that machine all the same."""
ENDING_SECONDS = 1.0
"""How long a program may take to end when it is asked to."""


def find_program() -> list[str]:
    """Return the command that plays a file here, without the file; empty: nobody here would hear anything."""
    away = any(map(os.environ.get, ELSEWHERE)) and not any(map(os.environ.get, FORWARDED))
    found = next((name for name in PROGRAMS if shutil.which(name)), None)
    return [] if away or found is None else [found, *PROGRAMS[found]]


class PlayerFailed(Exception):
    """A program that plays sound does not, as without a sound card; it says why in a sentence."""


class Player:
    """Plays one sound at a time.

    Args:
        command: what plays a file that is named last; None: what `find_program` finds.
    """

    def __init__(self, command: list[str] | None = None) -> None:
        self._command = find_program() if command is None else command

    @property
    def is_available(self) -> bool:
        """Whether there is anything to play with."""
        return bool(self._command)

    async def play(self, wav: bytes) -> None:
        """Play a WAV file to its end; cancelling stops it.

        Raises:
            PlayerFailed: the program cannot play here, as without a sound card.
        """
        with _in_memory(wav) as file:
            path = f"/dev/fd/{file.fileno()}"
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    path,
                    pass_fds=(file.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.PIPE,
                )
            except OSError as error:
                raise PlayerFailed(f"{self._command[0]} cannot be started: {error.strerror}.") from error
            try:
                _, said = await process.communicate()
            finally:
                await _end(process)
        if process.returncode:
            reason = said.decode(errors="replace").strip().splitlines()
            raise PlayerFailed(f"{self._command[0]} cannot play here: {reason[-1] if reason else 'it says nothing'}")


def _in_memory(data: bytes) -> BinaryIO:
    """Return an open file with these bytes, that no name leads to."""
    create = getattr(os, "memfd_create", None)  # not on every system
    file = os.fdopen(create("sound"), "w+b") if create else tempfile.TemporaryFile()  # noqa: SIM115 - returned open
    file.write(data)
    file.seek(0)
    return file


async def _end(process: asyncio.subprocess.Process) -> None:
    """See that a program has ended."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(ENDING_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
