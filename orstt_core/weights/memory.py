"""How much memory a model needs and how much this machine has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from orstt_core.weights.catalogue import resolve

WORKING_BYTES = 400_000_000
"""What the process needs beside the weights: libraries, sound, search. Measured with base on five minutes of
speech, beam 5: the process peaked at 536 MiB with int8 and at 769 MiB with float32 on a CPU."""

STORED_BYTES = 2
"""Bytes a weight takes in model.bin, which is in memory while it is converted to the compute type."""

_BYTES = {"int8": 1, "int16": 2, "float16": 2, "bfloat16": 2, "float32": 4}


class Memory(NamedTuple):
    """Bytes of memory: all there is, and what can be used now without swapping."""

    total: int
    available: int


def requirements(model: str, compute_type: str) -> int | None:
    """Estimate the memory in bytes that a model needs at its peak, on a CPU.

    An estimate: published parameter counts, times the bytes each weight takes as stored and as computed, plus
    what a process needs beside them. A folder's parameters are taken from the size of its model.bin.

    Args:
        model: a size, a hub repository or a folder.
        compute_type: e.g. `int8`; one that is not known counts as float32, the largest.

    Returns:
        Bytes, or None when nothing is known about the model.
    """
    weights = resolve(model)
    if isinstance(weights, Path):
        try:
            parameters: int | None = (weights / "model.bin").stat().st_size // STORED_BYTES
        except OSError:
            return None
    else:
        parameters = weights.parameters if weights else None
    if parameters is None:
        return None
    # int8_float16 and the like keep the weights as int8.
    return WORKING_BYTES + parameters * (STORED_BYTES + _BYTES.get(compute_type.partition("_")[0], 4))


def machine_memory(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> Memory:
    """Return this machine's memory, or the container's where that is limited to less."""
    try:
        fields = dict(line.split(":", 1) for line in (proc / "meminfo").read_text().splitlines())
        memory = Memory(_kibibytes(fields["MemTotal"]), _kibibytes(fields["MemAvailable"]))
    except (OSError, KeyError, ValueError):  # not Linux: what is free cannot be told, what there is can
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return Memory(total, total)
    try:
        limit, used = (int((cgroup / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one whose limit is the word "max"
        return memory
    return Memory(min(memory.total, limit), min(memory.available, max(limit - used, 0)))


def _kibibytes(field: str) -> int:
    return int(field.removesuffix("kB")) * 1024
