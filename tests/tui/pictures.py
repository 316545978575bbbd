"""What pictures of screens are taken of: the program in a theme, at the sizes people have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from scripted import ScriptedBackend
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.pilot import Pilot
from textual.widgets import Input
from tui.piloting import at_rest, until

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


class Drawing(SingleFileSnapshotExtension):
    """Keeps each picture in a file of its own, as `snap_compare` does."""

    _write_mode = WriteMode.TEXT


class Album:
    """Pictures of what one run of the program shows, each at both sizes, dark and light.

    Args:
        pictures: those that somebody looked at.
        folder: takes the pictures that are unlike them.
    """

    def __init__(self, pictures: SnapshotAssertion, folder: Path) -> None:
        self._pictures, self._folder = pictures, folder
        self.unlike: list[Path] = []

    async def take(self, pilot: Pilot[None], name: str) -> None:
        """Take four pictures of what is on the screen.

        Args:
            pilot: flies the program; it is left as large and as dark as it was begun.
            name: what the pictures are of.
        """
        pilot.app.clear_notifications()
        for field in pilot.app.screen.query(Input):
            field.cursor_blink = False  # that of Textual's own palette does
        for theme, size in ((LIGHT, WIDE), (LIGHT, USUAL), (DARK, WIDE), (DARK, USUAL)):
            pilot.app.theme = theme
            await pilot.resize_terminal(*size)
            await until(pilot, partial(_is_as_large, pilot, size))
            await at_rest(pilot)
            picture, called = pilot.app.export_screenshot(), f"{name}-{theme}-{size[0]}x{size[1]}"
            if self._pictures(name=called) != picture:
                self.unlike.append(self._folder / f"{called}.svg")
                self.unlike[-1].write_text(picture)


def _is_as_large(pilot: Pilot[None], size: tuple[int, int]) -> bool:
    return pilot.app.screen.size == size


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
