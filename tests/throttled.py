"""`python throttled.py BYTES_A_SECOND COMMAND…`: runs a command in a terminal of its own, over a link of such a speed.

What it sends is passed on at that speed, and no faster; what is typed goes to it at once.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import sys
import termios
import time
import tty

PIECE_SECONDS = 0.05
"""How long a piece takes that is passed on at once."""


def main() -> int:
    """Run the command and return its exit code."""
    rate, command = int(sys.argv[1]), sys.argv[2:]
    pid, far = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    _copy_size(far)
    signal.signal(signal.SIGWINCH, lambda *_: _copy_size(far))
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        _relay(far, max(int(rate * PIECE_SECONDS), 1))
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _relay(far: int, piece: int) -> None:
    due = 0.0
    while True:
        now = time.monotonic()
        wanted = [0, far] if now >= due else [0]
        ready, _, _ = select.select(wanted, [], [], max(due - now, 0) if now < due else None)
        if 0 in ready:
            os.write(far, os.read(0, 65536))
        if far in ready:
            try:
                sent = os.read(far, piece)
            except OSError:  # the program has ended
                return
            if not sent:
                return
            os.write(1, sent)
            due = time.monotonic() + PIECE_SECONDS * len(sent) / piece


def _copy_size(far: int) -> None:
    fcntl.ioctl(far, termios.TIOCSWINSZ, fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))


if __name__ == "__main__":
    sys.exit(main())
