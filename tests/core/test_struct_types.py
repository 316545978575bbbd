"""Struct types that several threads use for the first time at once."""

import subprocess
import sys

FIRST_USES = """
import sys, threading
from typing import get_type_hints
import msgspec
from orstt_core.conversion import convert
from orstt_core.types import TranscribeOptions

sys.setswitchinterval(1e-6)
hints = get_type_hints(TranscribeOptions, include_extras=True)
for _ in range(20):
    fresh = msgspec.defstruct("Fresh", [(name, hints[name], None) for name in ("language", "beam_size")])
    together = threading.Barrier(4)
    def use():
        together.wait()
        convert({"language": "en", "beam_size": 5}, fresh)
    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print("alive")
"""


def test_first_uses_by_several_threads_at_once_do_not_end_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_USES], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr
