"""What pictures of screens are taken of: the program in a theme, at the sizes people have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from scripted import ScriptedBackend
from textual.pilot import Pilot

from orstt_core.settings import Settings
from orstt_core.types import StoredFile, StoredWeights
from orstt_tui.app import OrsttApp

Compare = Callable[..., bool]
Steps = Callable[[Pilot[None]], Awaitable[None]]
SMALL, USUAL, WIDE = (60, 20), (80, 24), (140, 40)
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
DARK, LIGHT = "orstt-dark", "orstt-light"
SIZES = pytest.mark.parametrize("size", [USUAL, WIDE], ids=["80x24", "140x40"])

TEXTS = (
    "It is a truth universally acknowledged, that a single man in possession of a fortune must want a wife.",
    "However little known the feelings or views of such a man may be on his first entering a neighbourhood,",
    "this truth is so well fixed in the minds of the surrounding families.",
)


def themed(backend: ScriptedBackend, theme: str = DARK) -> OrsttApp:
    """The program in a fixed theme."""
    app = OrsttApp(lambda _: backend, settings=Settings())
    app.theme = theme
    return app


STORED = [
    StoredWeights(
        weights="base",
        weights_format="ctranslate2-whisper",
        kind="package",
        size=145_000_000,
        files=[
            StoredFile(name="config.json", size=2_309),
            StoredFile(name="model.bin", size=144_000_000),
            StoredFile(name="tokenizer.json", size=480_000),
            StoredFile(name="vocabulary.txt", size=520_000),
        ],
        models=["base"],
        folder="/var/lib/orstt/cache/joined/ctranslate2-whisper/base",
    ),
    *(
        StoredWeights(weights=name, weights_format="ctranslate2-whisper", kind="absent", models=[name])
        for name in ("tiny", "small", "medium", "large")
    ),
]
"""Of the models only base is here."""
