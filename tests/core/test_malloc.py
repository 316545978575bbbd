"""Memory that was freed goes back to the system, though what was made after it is still in use."""

import platform
import subprocess
import sys

import pytest

from orstt_core.malloc import set_mmap_threshold

CROWD = """
import sys
import psutil
from orstt_core.malloc import set_mmap_threshold

if sys.argv[1:]:
    set_mmap_threshold()
del (first := [bytearray(10 << 20)])[0]  # by itself it would raise what counts as large for the C library
before = psutil.Process().memory_info().rss
buffers, kept = [], []
for _ in range(200):
    buffers.append(b"x" * 70_000)
    kept.append(b"y" * 1_000)
buffers.clear()
print(psutil.Process().memory_info().rss - before)
"""


def left_after_a_crowd(*arguments: str) -> int:
    """How many bytes a process keeps of two hundred buffers such as uvicorn's for an upload."""
    command = [sys.executable, "-c", CROWD, *arguments]
    return int(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="elsewhere nothing is set")
def test_a_crowd_does_not_leave_its_buffers_memory_with_the_server() -> None:
    assert left_after_a_crowd() > 10_000_000 > 5 * left_after_a_crowd(set_mmap_threshold.__name__)
