"""Nothing goes out that nobody asked for: no library reports to its maker."""

import os
import subprocess
import sys
from pathlib import Path

LISTEN = """
import numpy as np
import orstt_core
from faster_whisper.vad import get_speech_timestamps
get_speech_timestamps(np.zeros(16_000, np.float32))
"""


def test_the_voice_detector_leaves_no_device_id_and_no_reports_behind(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    folders = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", LISTEN], env=environment | folders, check=True, timeout=60)
    assert list(tmp_path.rglob("*")) == []
