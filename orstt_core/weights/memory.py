"""How much memory a model needs and how much this machine has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from orstt_core.weights.catalogue import Repository, WeightsFormat
from orstt_core.weights.formats import format_called


class Memory(NamedTuple):
    """Bytes of memory: all there is, and what can be used now without swapping."""

    total: int
    available: int


def requirements(weights_format: str, model: str, compute_type: str) -> int | None:
    """Estimate the memory in bytes that a model needs at its peak, on a CPU.

    An estimate: parameters, as published or as the size of a folder's files tells, times the bytes that each weight
    takes as stored and as computed, plus what a process needs beside them.

    Args:
        weights_format: which kind of weights, as the engine declares it; empty: the engine's own.
        model: a name that the format knows, a hub repository or a folder.
        compute_type: e.g. `int8`; one that is not known counts as the largest.

    Returns:
        Bytes, or None when nothing is known about the model.

    Raises:
        EngineUnavailable: nobody describes the format.
    """
    if not weights_format:
        return None
    known = format_called(weights_format)
    reference = known.resolve(model)
    if reference is None or known.memory is None:
        return None
    weights = _loaded(known, known.memory.weight_bytes, reference, compute_type)
    return None if weights is None else known.memory.working_bytes + weights


def _loaded(
    known: WeightsFormat, weight_bytes: Mapping[str, float], model: Repository | Path, compute_type: str
) -> int | None:
    """Return the bytes of the weights in memory, as they are stored and, where they are converted, as computed."""
    if not weight_bytes:
        return known.stored(model)
    parameters = known.parameters(model)
    if parameters is None or known.stored_bytes is None:
        return None
    return round(parameters * (known.stored_bytes + weight_bytes.get(compute_type, max(weight_bytes.values()))))


def machine_memory(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> Memory:
    """Return this machine's memory, or the container's where that is limited to less."""
    try:
        fields = dict(line.split(":", 1) for line in (proc / "meminfo").read_text().splitlines())
        memory = Memory(_kibibytes(fields["MemTotal"]), _kibibytes(fields["MemAvailable"]))
    except (OSError, KeyError, ValueError):  # not Linux: what is free is not known, what there is is
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return Memory(total, total)
    try:
        limit, used = (int((cgroup / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one whose limit is the word "max"
        return memory
    return Memory(min(memory.total, limit), min(memory.available, max(limit - used, 0)))


def _kibibytes(field: str) -> int:
    return int(field.removesuffix("kB")) * 1024
