"""LineReader: reads the lines of the plain program, and sees to Ctrl-C and to what is to be said meanwhile.

Python raises KeyboardInterrupt as soon as it comes to it, which may be when the next line has been read: that line
would be lost. While readline reads, Ctrl-C is therefore a key that ends the line, in its turn among the others; it
interrupts only while a command runs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Self, TypeVar

from orstt_tui.commands import output

T = TypeVar("T")
NOTED = signal.SIGURG
"""Tells the main thread that there is something to say; where nobody handles it, it does nothing."""


class LineGivenUp(Exception):
    """The line at the prompt is not to be read."""


class LineReader:
    """Reads lines from standard input, in the main thread; use it as a context manager.

    Args:
        notes: what is to be said between the lines, oldest first; whoever adds to it calls `announce`.
        edited: readline lets the lines be edited.
    """

    def __init__(self, notes: deque[str], *, edited: bool) -> None:
        self._notes = notes
        self._key = _bind_interrupt() if edited and output.to_terminal() and sys.stdin.isatty() else ""
        self._prompt = ""

    def __enter__(self) -> Self:
        """Handle the signals."""
        self._before = signal.signal(signal.SIGINT, _interrupt), signal.signal(NOTED, self._say_notes)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the signals to whoever had them."""
        for number, handle in zip((signal.SIGINT, NOTED), self._before, strict=True):
            signal.signal(number, handle)

    def read(self, prompt: str) -> str:
        """Return the next line; what is to be said comes before its prompt, or while it is typed.

        Raises:
            LineGivenUp: the person pressed Ctrl-C.
            EOFError: there is no line any more.
        """
        self._say(self._taken_notes())
        if not self._key:
            try:
                return interruptible(partial(input, prompt))
            except KeyboardInterrupt:
                output.write("\n")
                raise LineGivenUp from None
        self._prompt = prompt
        try:
            with _interrupt_is_a_key():
                line = input(prompt)
        finally:
            self._prompt = ""
        if self._key in line:
            _forget(line)
            raise LineGivenUp
        return line

    def announce(self) -> None:
        """Have what is to be said be said now, if a line is being typed; callable in any thread."""
        signal.pthread_kill(threading.main_thread().ident or 0, NOTED)

    def _say_notes(self, *_: object) -> None:
        """Say it below the line that is being typed, then show that line again as far as it is typed."""
        if self._prompt and _edits() and (notes := self._taken_notes()):
            import readline

            self._say(["", *notes])
            output.write(f"{self._prompt}{readline.get_line_buffer()}")

    def _taken_notes(self) -> list[str]:
        return [self._notes.popleft() for _ in range(len(self._notes))]

    @staticmethod
    def _say(lines: list[str]) -> None:
        if lines:
            output.write("".join(f"{output.one_line(line)}\n" for line in lines))


def interruptible(work: Callable[[], T]) -> T:
    """Do something that Ctrl-C interrupts; everywhere else it does nothing.

    Raises:
        KeyboardInterrupt: it did.
    """
    return work()


def _interrupt(_number: int, frame: FrameType | None) -> None:
    # By the frames and not by a flag: there is no moment between the end of the work and the flag's.
    while frame is not None:
        if frame.f_code is interruptible.__code__:
            raise KeyboardInterrupt
        frame = frame.f_back


def _bind_interrupt() -> str:
    """Have the key that interrupts end the line, with itself as a part of it; return it.

    Returns:
        The character; empty: the terminal has none, or there is another library in readline's place.
    """
    import readline
    import termios

    code = termios.tcgetattr(sys.stdin)[6][termios.VINTR]
    if "libedit" in (readline.__doc__ or "") or ord(code) == _disabled():
        return ""
    key = f"\\{ord(code):03o}"
    readline.parse_and_bind(rf'"{key}": "\C-v{key}\C-m"')
    return chr(ord(code))


@contextmanager
def _interrupt_is_a_key() -> Iterator[None]:
    """Have the terminal send no signal for the key that interrupts."""
    import termios

    before = termios.tcgetattr(sys.stdin)
    characters = list(before[6])
    characters[termios.VINTR] = bytes([_disabled()])
    termios.tcsetattr(sys.stdin, termios.TCSADRAIN, [*before[:6], characters])
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _disabled() -> int:
    return os.fpathconf(sys.stdin.fileno(), "PC_VDISABLE")


def _edits() -> bool:
    """Return whether readline has the terminal: between two lines the terminal itself shows what is typed."""
    import termios

    return not termios.tcgetattr(sys.stdin)[3] & termios.ICANON


def _forget(line: str) -> None:
    """Let a line not come back by the arrow keys."""
    import readline

    last = readline.get_current_history_length()
    if last and readline.get_history_item(last) == line:
        readline.remove_history_item(last - 1)
