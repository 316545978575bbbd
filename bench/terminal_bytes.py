"""`just bench-terminal`: print how many bytes the terminal program sends for a key: what counts on a slow link."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

ORSTT = str(Path(sys.executable).with_name("orstt"))
QUIET_SECONDS, MOST_SECONDS = 2.0, 6.0
"""A key counts as answered after so long without a byte, and in any case then: the cursor of a field blinks for ever.

The checks of a model come half a second after its details."""
START_SECONDS = 60.0
KEYS = (
    ("the start", b""),
    ("cursor down in Models", b"\x1b[B"),
    ("cursor up in Models", b"\x1b[A"),
    ("F1: help over Models", b"\x1bOP"),
    ("F1: help closed", b"\x1bOP"),
    ("F4: Jobs, for the first time", b"\x1bOS"),
    ("F2: Models again", b"\x1bOQ"),
    ("n: the form for a model", b"n"),
    ("a letter in it", b"x"),
    ("Ctrl+P: the palette, in the form", b"\x10"),
)
SIZES = ((80, 24), (140, 40))
COLOURS = ("", "truecolor")
"""Of COLORTERM: over SSH there is none, and 256 colours are used."""


def main() -> None:
    """Print the table: a column for each size and depth of colour."""
    environ = {"ORSTT_CONFIG": "", "HF_HUB_OFFLINE": "1"}
    columns = [(size, colours) for size in SIZES for colours in COLOURS]
    found = []
    for size, colours in columns:
        with tempfile.TemporaryDirectory() as folder:
            folders = {"ORSTT_DATA_DIR": f"{folder}/data", "ORSTT_CACHE_DIR": f"{folder}/cache"}
            Path(folder, "data").mkdir(mode=0o700)
            Path(folder, "data", "tour-shown").touch()  # it would go with the first key
            found.append(list(_answers([ORSTT], size, environ | folders | {"COLORTERM": colours})))
    heads = [f"{width}x{height}, {colours or '256 colours'}" for (width, height), colours in columns]
    print(f"| bytes for | {' | '.join(heads)} |\n|---|{'---|' * len(heads)}")
    for (what, _), *answers in zip(KEYS, *found, strict=True):
        print(f"| {what} | {' | '.join(f'{answer:,}' for answer in answers)} |")


def _answers(command: Sequence[str], size: tuple[int, int], environ: dict[str, str]) -> Iterator[int]:
    """Run a program in a terminal and yield what it sends for each key."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        os.environ.update({"TERM": "xterm-256color"} | environ)
        os.execvp(command[0], list(command))
    try:
        for number, (_, keys) in enumerate(KEYS):
            os.write(terminal, keys)
            yield _sent(terminal, START_SECONDS if number == 0 else QUIET_SECONDS)
    finally:
        psutil.Process(pid).kill()
        os.waitpid(pid, 0)
        os.close(terminal)


def _sent(terminal: int, first_seconds: float) -> int:
    count, last, until = 0, float("inf"), time.monotonic() + first_seconds
    while (left := min(until, last) - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            count += len(os.read(terminal, 65536))
            until = time.monotonic() + QUIET_SECONDS
            last = min(last, time.monotonic() + MOST_SECONDS)
    return count


if __name__ == "__main__":
    main()
