"""What machine this is, as far as it decides which setting is the fastest."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator
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
