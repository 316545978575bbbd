"""The host's end of one engine process: start it, give it work, stop it, and say why it died."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import AsyncGenerator

from orstt_core.errors import EngineFailed, from_wire
from orstt_core.runtime.protocol import (
    LENGTH_BYTES,
    Cancel,
    Cancelled,
    Failure,
    Finished,
    FromChild,
    Work,
    decode_from_child,
    encode,
)

CANCEL_SECONDS = 0.7
"""How long a cancelled engine may take to stop by itself: cancelling must be over within a second."""
LAST_WORDS_SECONDS = 5.0
"""How long to wait for what a dead child said last: only a child of its own could keep that pipe open."""
STDERR_LINES = 20


class EngineProcess:
    """A child process that holds at most one loaded engine and does one piece of work at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._killed = False
        self._last_words: deque[str] = deque(maxlen=STDERR_LINES)
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls) -> EngineProcess:
        """Start the child; it imports nothing heavy until it gets work."""
        # Each stream is given explicitly: inside a Textual program standard error has no file number.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # a file in the current folder must not stand in for a module of the library
            "-m",
            "orstt_core.runtime.child",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child can take work; one that was killed cannot, even while it is still dying."""
        return self._process.returncode is None and not self._killed

    async def run(self, work: Work) -> AsyncGenerator[FromChild]:
        """Do one piece of work and yield what the child says until it is finished.

        Closing the generator early cancels: the engine is asked to stop and killed if it does not within
        `CANCEL_SECONDS`, because nothing interrupts a native call.

        Raises:
            OrsttError: what the child failed with.
            EngineFailed: the child died.
        """
        ended = False
        try:
            await self._send(work)
            while not ended:
                message = await self._receive()
                ended = isinstance(message, Finished | Cancelled | Failure)
                if isinstance(message, Failure):
                    raise from_wire(message.code, message.message, message.hint, message.field)
                yield message
        finally:
            if not ended and self.alive:
                await self._cancel()

    async def close(self) -> None:
        """End the child and give all its memory back."""
        self.kill()
        await self._process.wait()
        self._listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listening

    def kill(self) -> None:
        """End the child at once; it has nothing to save."""
        if self.alive:
            self._killed = True
            with contextlib.suppress(ProcessLookupError):
                # Not `self._process.kill()`: it looks first whether the child has ended, and by that takes the
                # exit status away from asyncio, which then reports 255.
                os.kill(self._process.pid, signal.SIGKILL)

    async def _cancel(self) -> None:
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self._send(Cancel())
                while not isinstance(await self._receive(), Finished | Cancelled | Failure):
                    pass
        except TimeoutError:
            self.kill()
            await self._process.wait()
        except EngineFailed:
            pass  # it died of something else meanwhile
        except asyncio.CancelledError:
            self.kill()
            raise

    async def _send(self, message: Work | Cancel) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(encode(message))
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError) as error:
            raise await self._died() from error

    async def _receive(self) -> FromChild:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            header = await stdout.readexactly(LENGTH_BYTES)
            return decode_from_child(await stdout.readexactly(int.from_bytes(header, "big")))
        except (asyncio.IncompleteReadError, ConnectionResetError) as error:
            raise await self._died() from error

    async def _died(self) -> EngineFailed:
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                code = await self._process.wait()
        except TimeoutError:  # it closed its end and lives on
            self.kill()
            code = await self._process.wait()
        await asyncio.wait([self._listening], timeout=LAST_WORDS_SECONDS)
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended with status {code}"
        last = next((line for line in reversed(self._last_words) if line), "")
        hint = (
            "Most often the memory ran out: choose a smaller model or int8."
            if code == -signal.SIGKILL
            else "Try again; `orstt doctor` shows what works here."
        )
        return EngineFailed(f"The engine's process {how}{f' ({last})' if last else ''}.", hint=hint)

    async def _listen(self) -> None:
        # Also keeps the pipe empty: a child that fills it would stop.
        stderr = self._process.stderr
        assert stderr is not None
        while chunk := await stderr.read(4096):
            self._last_words.extend(chunk.decode(errors="replace").strip().splitlines())


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
