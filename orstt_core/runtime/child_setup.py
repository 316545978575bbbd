"""What every child process does: it dies with its host, keeps the host's pipes clean, and reads what the host says."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

from orstt_core.runtime.frames import HEADER, decode_to_child
from orstt_core.runtime.protocol import ToChild

PR_SET_PDEATHSIG = 1
OOM_SCORE = "500"
"""Of at most 1000: how readily the system ends this process when memory runs out."""


def set_up_child() -> tuple[BinaryIO, BinaryIO]:
    """Return what the host sends and where it reads, for the caller alone: libraries get other standard streams."""
    _die_with_host()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what is said in a recording must not stay in a core file
    _die_before_host()
    # Ctrl-C in a terminal reaches the whole group; only the host decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # native libraries print to standard output at will
    return incoming, outgoing


def read_messages(incoming: BinaryIO, handle: Callable[[int, ToChild], None]) -> NoReturn:
    """Hand on each message with the number of its work, until the host closes its end; that ends the process.

    Whatever ends this loop ends the process: another thread may be inside a native call that nothing interrupts, and
    a child that nobody can talk to must not stay.
    """
    try:
        while header := incoming.read(HEADER.size):
            length, work = HEADER.unpack(header)
            handle(work, decode_to_child(incoming.read(length)))
    except Exception:  # noqa: BLE001 - reported on standard error, which the host keeps
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _die_before_host() -> None:
    """Have the system end this process, and not its host, when memory runs out; elsewhere than on Linux, do nothing."""
    with contextlib.suppress(OSError):  # psutil has no call for it
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE, encoding="ascii")


def _die_with_host() -> None:
    """Have the system kill this process when its host dies; elsewhere than on Linux, do nothing.

    The end of the host's pipe is enough while this process can read it. It cannot when it was stopped, nor inside
    a native call that holds the interpreter's lock, and would then keep its model's memory for ever.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
