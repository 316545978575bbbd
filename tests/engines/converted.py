"""Whisper's weights in the forms that other engines read, by the engine's type; the measurements convert by it too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engines.whisper_tensors import whisper_folder
from filelock import FileLock

HALF_PRECISION = "whisper.cpp, float16"
"""Another form of whisper.cpp's, beside the quantised one."""


def place(model_type: str, model: str) -> str:
    """Where a model is below some folder: a file with a folder of its own, or a folder."""
    return {
        "openai-whisper": f"openai/{model}/{model}.pt",
        "whisper.cpp": f"ggml-q8_0/{model}/ggml-{model}-q8_0.bin",
        HALF_PRECISION: f"ggml-float16/{model}/ggml-{model}.bin",
        "onnx-asr": f"onnx-asr/whisper-{model}",
        "sherpa-onnx": f"sherpa-onnx/sherpa-onnx-whisper-{model}",
    }[model_type]


def converter(model_type: str) -> Callable[[Path, Path], object]:
    """What writes it, given where to, and the folder in CTranslate2's form; its module needs the engine's library."""
    match model_type:
        case "openai-whisper":
            from engines.checkpoints import write_checkpoint

            return write_checkpoint
        case "onnx-asr":
            from engines.whisper_graphs import write_optimum

            return write_optimum
        case "sherpa-onnx":
            from engines.whisper_graphs import write_sherpa

            return write_sherpa
    from engines.ggml import write_float16, write_q8_0

    return write_float16 if model_type == HALF_PRECISION else write_q8_0


def converted(weights_cache: Path, model_type: str, model: str = "base") -> Path:
    """Return Whisper's weights as an engine reads them, which the first test that wants them has converted.

    Args:
        weights_cache: what all tests share; they lie beside it.
        model_type: the engine's.
        model: which of Whisper's.
    """
    path = weights_cache.with_name("converted") / place(model_type, model)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{path.parent}.lock"):
        if not path.exists():
            weights_cache.mkdir(parents=True, exist_ok=True)
            with FileLock(weights_cache.with_name("originals.lock")):
                original = whisper_folder(weights_cache, model)
            unfinished = path.with_name(f"unfinished-{path.name}")
            converter(model_type)(unfinished, original)
            unfinished.rename(path)
    return path
