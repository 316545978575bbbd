"""The most memory that this process has taken so far."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory(status: Path = Path("/proc/self/status")) -> int | None:
    """Return it in bytes (resident set); None where the system does not say.

    Of Linux' `VmHWM` (proc_pid_status(5)). `getrusage` counts what the host had taken when it started this process.
    """
    try:
        found = re.search(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None
