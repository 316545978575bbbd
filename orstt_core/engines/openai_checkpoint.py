"""Open a checkpoint of openai-whisper as data: nothing in it is run, and what is no model is said so in plain words."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from orstt_core.errors import EngineFailed, OrsttError, WeightsDamaged


def open_checkpoint(path: Path, device: str) -> Any:
    """Return the model that a checkpoint holds, on a device.

    Raises:
        WeightsDamaged: it would run code, or is no checkpoint of openai-whisper.
        EngineFailed: it does not fit in memory.
    """
    import whisper

    try:
        checkpoint = _read(path)
        model = whisper.model.Whisper(whisper.model.ModelDimensions(**checkpoint["dims"]))
        model.load_state_dict(checkpoint["model_state_dict"])
        # OpenAI's models have them by name; others keep the library's guess, half of all heads.
        if heads := whisper._ALIGNMENT_HEADS.get(path.stem):  # noqa: SLF001 - it has no other name
            model.set_alignment_heads(heads)
        return model.to(device)
    except (KeyError, TypeError, AttributeError, RuntimeError, MemoryError) as error:
        raise _in_plain_words(path, error) from error


def _in_plain_words(path: Path, error: Exception) -> OrsttError:
    said = _first_line(error)
    if isinstance(error, MemoryError) or any(words in said for words in ("allocate memory", "out of memory")):
        return EngineFailed(f"There is not enough memory to load {path.name}.", hint="Choose a smaller model.")
    return WeightsDamaged(
        f"{path.name} holds no Whisper model of OpenAI's: {said}.",
        hint="Bring it again, or choose the engine that it was made for.",
    )


def _read(path: Path) -> dict[str, Any]:
    """Return what the file holds, as tensors and plain values only."""
    import torch

    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise WeightsDamaged(
            _refusal(path, str(error)), hint="Use only weights from somebody whom you trust."
        ) from error
    except (OSError, EOFError, ValueError) as error:
        raise WeightsDamaged(f"{path.name} cannot be read: {_first_line(error)}.", hint="Bring it again.") from error
    return checkpoint


def _refusal(path: Path, said: str) -> str:
    if "GLOBAL" in said or "global" in said:
        return f"{path.name} holds code beside its weights, which would be run with all rights of this program."
    return f"{path.name} is no checkpoint, or is cut short."


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:") if lines else type(error).__name__
