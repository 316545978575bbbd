"""The name of a process that works on jobs, and whether the process of another name is certainly gone."""

from __future__ import annotations

import os
import secrets
import socket
from functools import cache
from pathlib import Path

NAME = "{machine}|{pid}|{began}|{nonce}"


def new_worker_id() -> str:
    """Return a new name, unique in time and space, that tells later whether this process still lives."""
    pid = os.getpid()
    return NAME.format(machine=_machine(), pid=pid, began=_began(pid), nonce=secrets.token_hex(4))


def is_dead(worker: str) -> bool:
    """Return True only if that process was on this machine, in this boot, and is there no more."""
    machine, *parts = worker.split("|")
    if machine != _machine() or len(parts) != NAME.count("|"):
        return False  # nobody here can tell; its lease will
    pid, began, _ = parts
    if not pid.isdecimal():
        return True
    # The same number may be another process by now.
    now = _began(int(pid))
    return _is_gone(int(pid)) if now is None else now != began


def _is_gone(pid: int) -> bool:
    """Ask the system itself: where /proc hides what belongs to other users, a process may be there all the same."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        return False
    return False


def _began(pid: int) -> str | None:
    """Return when a process began, in ticks since the boot, which no change of the clock moves.

    Not by `psutil`: its `create_time` is a time of day, and another one once the clock was set.
    Empty: it has ended and only its number is left. None: nothing can be seen of it.
    """
    try:
        # See proc(5): what follows the name in parentheses begins with the state; the start is the 22nd field.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return "" if fields[0] in "ZX" else fields[19]


@cache
def _machine() -> str:
    """Name what process ids here are unique in: this boot of this machine, and this container."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{os.stat('/proc/self/ns/pid').st_ino}"  # noqa: PTH116 - a link whose target is the point
    except OSError:  # no Linux: nothing is known of other processes, so only leases count
        return f"{socket.gethostname()}/{secrets.token_hex(8)}"
