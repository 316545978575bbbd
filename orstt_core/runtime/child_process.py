"""ChildProcess: the host's end of a child that it talks to by frames: start it, talk, end it, say why it died.

The child's end is `orstt_core.runtime.child_setup`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import math
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

from msgspec import Struct

from orstt_core.errors import Busy, EngineDied, EngineFailed, OrsttError
from orstt_core.recordings.files import UVLOOP_NO_FILES, is_exhausted
from orstt_core.runtime.frames import HEADER, encode
from orstt_core.settings import environ_without_secrets
from orstt_core.text import without_folders

EXIT_SECONDS = 5.0
"""How long a child that closed its end may take to exit."""
LAST_WORDS_SECONDS = 1.0
"""How long to wait for what a dead child said last: only a child of its own could keep that pipe open."""
LAST_WORDS_BYTES = 4096
"""How much is kept of what a child said on standard error; it may arrive in pieces of a line."""
EXIT_POLL_SECONDS = 0.01
STUCK_SECONDS = 10.0
"""How long a killed child is waited for: the system cannot end one that is inside a driver or a lost network drive."""
MOST_BYTES = 64 << 20
"""Of a message; a child that announces more has lost its mind, or was led astray by a hostile file."""
WORKING_SHARE = 0.01
"""Share of one core that a child uses at least while it works, even if it has nothing to tell."""

Result = TypeVar("Result")
GONE = (asyncio.IncompleteReadError, OSError, RuntimeError)
"""What reading and writing raise where the child is gone; uvloop's `UVHandle._ensure_alive` raises RuntimeError."""

logger = logging.getLogger(__name__)


class ChildProcess:
    """A child process, spawned and never forked from this one, which may have threads; it inherits no secret.

    Args:
        process: as `start` makes it.
        what: what messages call it, as `The engine's process`.
    """

    def __init__(self, process: asyncio.subprocess.Process, what: str) -> None:
        self._process = process
        self._what = what
        self._killed = ""
        self._group_ended = False
        self._header: bytes | None = None
        self._last_words = b""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, module: str, what: str) -> Self:
        """Start `python -m module`; it should import nothing heavy until it gets work.

        Raises:
            Busy: the system starts no more processes just now.
            EngineFailed: it starts none for another reason.
        """
        try:
            # Each stream is given explicitly: inside a Textual program standard error has no file number.
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # a file in the current folder must not stand in for a module of the library
                "-m",
                module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=environ_without_secrets(),
                start_new_session=True,  # a process group, so that programs which an engine starts end with it
            )
        except (OSError, RuntimeError) as error:
            raise cannot_start(what, error) from error
        return cls(process, what)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child can take work; one that was killed cannot, even while it is still dying."""
        return self._process.returncode is None and not self._killed

    @property
    def processor_seconds(self) -> float:
        """What it has used of the processor so far; 0 once it is gone."""
        import psutil

        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    async def send(
        self, message: Struct, work: int = 0, *, silence: float | None = None, longest: float = math.inf
    ) -> None:
        """Send a message about this work; a child that is stopped does not even read what is long.

        Args:
            message: what to send.
            work: which work it is about.
            silence: as for `watched`.
            longest: as for `watched`.

        Raises:
            EngineDied: the child is gone, or hung.
        """
        try:
            self.post(message, work)
            await self.watched(self._stdin.drain(), silence, longest)
        except GONE as error:
            raise await self.death() from error

    def post(self, message: Struct, work: int = 0) -> None:
        """Put a short message into the pipe without waiting until the child has read it.

        Raises:
            OSError, RuntimeError: the child is gone.
        """
        self._stdin.write(encode(message, work))

    async def receive(self, *, silence: float | None = None, longest: float = math.inf) -> tuple[int, bytes]:
        """Return the next message: the number of the work that it is about, and its body.

        Args:
            silence: as for `watched`.
            longest: as for `watched`.

        Raises:
            EngineDied: the child is gone, or hung.
        """
        try:
            return await self.watched(self._read(), silence, longest)
        except GONE as error:
            raise await self.death() from error

    async def watched(
        self, waiting: Coroutine[Any, Any, Result], silence: float | None, longest: float = math.inf
    ) -> Result:
        """Wait for something that the child is to bring about, and end a child that will not: the wait ends by that.

        Args:
            waiting: what to wait for.
            silence: seconds after which a child that uses no processor either counts as hung: it was stopped, or waits
                for what never comes. None: it is given for ever.
            longest: seconds after which one counts as hung although it works.
        """
        if silence is None:
            return await waiting
        task = asyncio.create_task(waiting)
        used, waited = self.processor_seconds, 0.0
        try:
            while not task.done():
                await asyncio.wait({task}, timeout=silence)
                if silence is None or task.done():
                    continue
                before, used, waited = used, self.processor_seconds, waited + silence
                if used - before < WORKING_SHARE * silence or waited >= longest:
                    self.kill(f"was ended because it said nothing for {waited:g} seconds")
                    silence = None
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait({task})

    def kill(self, why: str = "was ended") -> None:
        """End the child at once; it has nothing to save. `why` completes a sentence about it."""
        if self.alive:
            self._killed = why
            self._kill_group()

    async def close(self) -> None:
        """End the child and give all its memory back."""
        self.kill()
        await self._killed_status()
        self._end_group()
        self._listening.cancel()
        await asyncio.wait([self._listening])
        # Its pipes do not close by themselves where something is left unread, or a child of the child holds them.
        self._process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way

    async def death(self) -> EngineDied:
        """Wait until the child is gone and return why, as an error to raise."""
        try:
            async with asyncio.timeout(EXIT_SECONDS):
                code = await self._exited()
        except TimeoutError:  # it closed its end and lives on
            self.kill("was ended because it closed its end")
            code = await self._killed_status()
        self._end_group()
        await asyncio.wait([self._listening], timeout=LAST_WORDS_SECONDS)
        if self._killed and code == -signal.SIGKILL:  # otherwise it was dead already
            return EngineDied(f"{self._what} {self._killed}.", hint="Try again; `orstt doctor` shows what works here.")
        how = f"was ended by {signal_name(-code)}" if code < 0 else f"ended with status {code}"
        last = self._last_words.decode(errors="replace").strip().rpartition("\n")[2].strip()
        hint = (
            "Most often the memory ran out: choose a smaller model or int8."
            if code == -signal.SIGKILL
            else "Try again; `orstt doctor` shows what works here."
        )
        return EngineDied(f"{self._what} {how}{f' ({without_folders(last)})' if last else ''}.", hint=hint)

    @property
    def _stdin(self) -> asyncio.StreamWriter:
        assert self._process.stdin is not None
        return self._process.stdin

    async def _read(self) -> tuple[int, bytes]:
        stdout = self._process.stdout
        assert stdout is not None
        # Kept between calls: one that is cancelled after the header must not lose it.
        if self._header is None:
            self._header = await stdout.readexactly(HEADER.size)
        length, work = HEADER.unpack(self._header)
        if length > MOST_BYTES:
            self.kill("was ended because it said what makes no sense")
            raise await self.death()
        body = await stdout.readexactly(length)
        self._header = None
        return work, body

    async def _killed_status(self) -> int:
        """Wait for the end of a killed child, but not for ever, and return its exit status."""
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                return await self._exited()
        except TimeoutError:
            logger.warning("%s (process %d) was killed, but the system does not end it.", self._what, self.pid)
            return -signal.SIGKILL

    def _end_group(self) -> None:
        """End what a child that is gone left of its own; its number is nobody else's as long as there is any."""
        if not self._group_ended:
            self._group_ended = True
            self._kill_group()

    def _kill_group(self) -> None:
        # Not `self._process.kill()`: it looks first whether the child has ended, and by that takes the exit status
        # away from asyncio, which then reports 255.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def _exited(self) -> int:
        # Not `Process.wait`: that waits for the pipes too, which a child of the child may hold open.
        while (code := self._process.returncode) is None:  # noqa: ASYNC110 - asyncio tells it in no other way
            await asyncio.sleep(EXIT_POLL_SECONDS)
        return code

    async def _listen(self) -> None:
        # Also keeps the pipe empty: a child that fills it would stop.
        stderr = self._process.stderr
        assert stderr is not None
        with contextlib.suppress(*GONE):
            while chunk := await stderr.read(4096):
                self._last_words = (self._last_words + chunk)[-LAST_WORDS_BYTES:]


def cannot_start(what: str, error: OSError | RuntimeError) -> OrsttError:
    """Return what to raise where the system starts no process, or no thread that waits for its end."""
    exhausted = not isinstance(error, OSError) or is_exhausted(error)
    failure: type[OrsttError] = Busy if exhausted else EngineFailed
    return failure(
        f"{what} cannot be started: {_reason(error)}.",
        hint="Free memory or end other programs, or raise the limit on open files (`ulimit -n`), then try again.",
    )


def _reason(error: OSError | RuntimeError) -> str:
    if isinstance(error, OSError) and error.errno == UVLOOP_NO_FILES:
        return os.strerror(errno.EMFILE)
    return getattr(error, "strerror", None) or str(error)


def signal_name(number: int) -> str:
    """Return a signal's name, such as `SIGKILL`."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
