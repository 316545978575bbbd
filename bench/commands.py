"""Whole commands that transcribe, each in a process of its own: seconds and peak memory."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from bench.processes import alternate
from orstt_core.settings import load_settings
from orstt_core.weights import obtain

ORSTT = str(Path(sys.executable).with_name("orstt"))
BARE = str(Path(__file__).parent / "bare_whisper.py")
OTHER = "whisper-ctranslate2"
"""A command on faster-whisper; measured where it is installed."""
TIMES = 5


def compare_commands(clip: Path, audio: Path | None) -> None:
    """Print rows for a clip, and for a recording where one is given."""
    cache = load_settings().cache_dir
    weights = str(obtain("ctranslate2-whisper", "base", cache_dir=cache, allow_download=False))
    ours = [ORSTT, "transcribe", "--language", "en"]
    bare = [sys.executable, BARE, weights]
    _row("command, 7 s / bare script", [*ours, str(clip)], [*bare, str(clip)])
    if other := shutil.which(OTHER):
        theirs = [other, "--model_directory", weights, "--compute_type", "int8", "--language", "en"]
        output = ["--output_dir", str(cache), "--output_format", "txt"]
        _row(f"command, 7 s / `{OTHER}`", [*ours, str(clip)], [*theirs, *output, str(clip)])
    if audio:
        for name, flags in (("bare script", []), ("bare script, batches of 8", ["--batches"])):
            what = f"command, {audio.name} / {name}"
            _row(what, [*ours, str(audio)], [*bare, str(audio), *flags], times=1)


def _row(what: str, ours: list[str], theirs: list[str], times: int = TIMES) -> None:
    mine, other = alternate(ours, theirs, times=times, warm_up=times > 1)
    print(f"| {what}: wall | {mine.seconds:.2f} s | {other.seconds:.2f} s | {other.seconds / mine.seconds:.2f} |")
    print(f"| {what}: CPU | {mine.cpu:.2f} s | {other.cpu:.2f} s | {other.cpu / mine.cpu:.2f} |")
    memory = [measure.memory / 2**20 for measure in (mine, other)]
    print(
        f"| {what}: peak memory | {memory[0]:.0f} MiB | {memory[1]:.0f} MiB | {memory[0] / memory[1]:.2f} |", flush=True
    )
