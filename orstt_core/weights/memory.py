"""How much memory a model needs and how much this machine has."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from orstt_core.weights.formats import format_called


class Memory(NamedTuple):
    """Bytes of memory: all there is, and what can be used now without swapping."""

    total: int
    available: int


def requirements(format_name: str, model: str, compute_type: str) -> int | None:
    """Estimate the memory in bytes that a model needs at its peak, on a CPU.

    An estimate: parameters, as published or as the size of a folder's files tells, times the bytes that each weight
    takes as stored and as computed, plus what a process needs beside them.

    Args:
        format_name: which kind of weights, as the engine declares it; empty: the engine's own.
        model: a name that the format knows, a hub repository or a folder.
        compute_type: e.g. `int8`; one that is not known counts as the largest.

    Returns:
        Bytes, or None when nothing is known about the model.

    Raises:
        EngineUnavailable: nobody describes the format.
    """
    if not format_name:
        return None
    weights_format = format_called(format_name)
    reference = weights_format.resolve(model)
    return None if reference is None else weights_format.memory_need(reference, compute_type)


def machine_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> Memory:
    """Return this machine's memory, or the container's where that is limited to less."""
    import psutil

    memory = psutil.virtual_memory()
    try:
        limit, used = (int((cgroup / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one whose limit is the word "max"
        return Memory(memory.total, memory.available)
    return Memory(min(memory.total, limit), min(memory.available, max(limit - used, 0)))
