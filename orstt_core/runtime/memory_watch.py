"""How much memory a child process uses, and its end when that is more than it may."""

from __future__ import annotations

import asyncio

from orstt_core.runtime.child_process import ChildProcess
from orstt_core.units import MIB

WATCH_SECONDS = 0.5
"""How often a child's memory is looked at."""


def resident_bytes(pid: int) -> int:
    """Return the bytes that a process really uses (resident set); 0 when it is gone."""
    from psutil import Error, Process

    try:
        return int(Process(pid).memory_info().rss)
    except Error:
        return 0


async def watch_memory(child: ChildProcess, most_mb: int) -> None:
    """End a child when it uses more than `most_mb` MiB; returns when it has ended."""
    while child.alive:
        if resident_bytes(child.pid) > most_mb * MIB:
            child.kill(
                f"was ended because it outgrew {most_mb} MiB of memory, which the setting max_engine_mb allows "
                f"(ORSTT_MAX_ENGINE_MB raises it)"
            )
        await asyncio.sleep(WATCH_SECONDS)
