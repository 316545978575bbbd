"""What machine this is, as far as it decides how fast models are."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from orstt_core.types import Machine
from orstt_core.weights import machine_memory

DRIVER = Path("/proc/driver/nvidia/gpus")
"""Where NVIDIA's driver tells of each GPU (its README, "The /proc interface")."""


def this_machine() -> Machine:
    """Return this machine."""
    return Machine(
        processor=_processor(Path("/proc/cpuinfo")),
        cores=len(os.sched_getaffinity(0)),
        memory_gb=round(machine_memory().total / (1 << 30)),
        gpus=sorted(_gpus(DRIVER)),
    )


@cache
def machine_in_words() -> str:
    """Return this machine in a few words, such as `AMD EPYC 7B13, 2 cores, 8 GB`."""
    machine = this_machine()
    cores = f"{machine.cores} core{'' if machine.cores == 1 else 's'}"
    return ", ".join([machine.processor, cores, f"{machine.memory_gb} GB", *machine.gpus])


def _processor(file: Path) -> str:
    # On ARM the system names none; what Python knows is the architecture.
    found = re.search(r"^model name\s*:\s*(.+)$", _text(file), re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def _gpus(driver: Path) -> Iterator[str]:
    for file in driver.glob("*/information"):
        if found := re.search(r"^Model:\s*(.+)$", _text(file), re.MULTILINE):
            yield found[1].strip()


def _text(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except OSError:
        return ""
