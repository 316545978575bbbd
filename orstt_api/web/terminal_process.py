"""TerminalProcess: a program in a terminal of its own (a pseudo-terminal), ended when nobody looks any more."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import struct
import termios
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

READ_BYTES = 64 * 1024
ENDING_SECONDS = 10.0
"""How long a program may take to end once its terminal is gone."""
SIDE = (2, 500)
"""Fewest and most columns or rows, whatever a page says that it has."""


class TerminalProcess:
    """A program, seen from the side of whoever looks at its screen. Made by `running`."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._loop = asyncio.get_running_loop()

    @classmethod
    @asynccontextmanager
    async def running(
        cls, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, columns: int, rows: int
    ) -> AsyncIterator[TerminalProcess]:
        """Run a program for as long as the block; behind it the program has ended.

        The program leads a session and must take the terminal on its standard input for its own
        (`ioctl(0, TIOCSCTTY)`), so that it hears of changed sizes and of the end.

        Args:
            command: the program and its arguments.
            environment: all variables that it gets.
            folder: where it runs.
            columns: of the screen.
            rows: of the screen.

        Raises:
            OSError: the machine has no terminal, or no process, left.
        """
        ours, theirs = pty.openpty()
        try:
            os.set_blocking(ours, False)
            terminal = cls(ours)
            terminal.resize(columns, rows)
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=theirs,
                    stdout=theirs,
                    stderr=theirs,
                    env=environment,
                    cwd=folder,
                    start_new_session=True,
                )
            finally:
                os.close(theirs)
            try:
                yield terminal
            finally:
                os.close(ours)  # which the program hears as SIGHUP
                ours = -1
                await asyncio.shield(_ended(process))
        finally:
            if ours >= 0:
                os.close(ours)

    async def output(self) -> AsyncGenerator[bytes]:
        """Yield what the program writes on its screen, until it ends."""
        while True:
            try:
                data = os.read(self._terminal, READ_BYTES)
            except BlockingIOError:
                await _once(self._loop.add_reader, self._loop.remove_reader, self._terminal)
                continue
            except OSError:  # EIO: the other end is closed
                return
            if not data:
                return
            yield data

    async def type(self, data: bytes) -> None:
        """Give the program what was typed; returns once it is in the terminal, which holds some kilobytes."""
        while data:
            try:
                data = data[os.write(self._terminal, data) :]
            except BlockingIOError:
                await _once(self._loop.add_writer, self._loop.remove_writer, self._terminal)
            except OSError:  # it has ended
                return

    def resize(self, columns: int, rows: int) -> None:
        """Tell the program how large its screen is now."""
        columns, rows = (min(max(side, SIDE[0]), SIDE[1]) for side in (columns, rows))
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


async def _once(add: Callable[..., object], remove: Callable[[int], object], terminal: int) -> None:
    """Wait until there is something to read, or room to write."""
    ready = asyncio.Event()
    add(terminal, ready.set)
    try:
        await ready.wait()
    finally:
        remove(terminal)


async def _ended(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(ENDING_SECONDS):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
