"""What is written in dialogs over jobs and Measure, in the palette and on letters to jump to can be read."""

from __future__ import annotations

import pytest
from benchmarked import measure, measure_days, statistics
from rich.color import ColorSystem
from scripted import ScriptedBackend
from scripted_experiments import experiment, pair
from tui.conftest import Open
from tui.piloting import screen_text, until
from tui.test_contrast import LIST, OWN, walk
from tui.test_experiments_screen import FOUND

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
DEPTH = ColorSystem.EIGHT_BIT
SECONDS = 500
"""More than any of these takes on a busy machine."""
OVER_MODELS = {
    ("colon",): "Configure another model",
    ("escape", "ctrl+o"): "",
    ("escape", "H"): "shows these lines again",
    ("escape", "j", "d"): "Delete small?",
    ("escape", "C", "n"): "New server",
    ("escape", "escape", "S", "enter"): "Written to",
    ("escape", "escape", "3", "F"): "Which jobs",
}
"""Keys one after the other, and words in what they open."""


async def test_what_opens_over_models_can_be_read_in_256_colours(open_app: Open) -> None:
    async with open_app(seconds=SECONDS) as pilot:
        await walk(pilot, LIST, (), (), DEPTH)
        await pilot.press("up")
        for keys, words in OVER_MODELS.items():
            await walk(pilot, keys, (), OWN, DEPTH)
            assert words in screen_text(pilot)


async def test_what_opens_over_measure_can_be_read_in_256_colours(open_app: Open, backend: ScriptedBackend) -> None:
    backend.statistics = statistics()
    measure_days(backend)
    await measure(backend)
    backend.trials["ward"] = experiment(result=FOUND)
    backend.pairs = [pair(1, "The knee is stable.", "The new is stable.")]
    async with open_app(seconds=SECONDS) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "18 of 18" in screen_text(pilot))
        for keys, words in (
            (("n",), "Measure models"),
            (("escape", "X"), "12.0 points"),
            (("n",), "New experiment"),
            (("escape", "v"), "0 judged"),
            (("escape", "escape", "shift+tab", "enter"), "on 40 days"),
        ):
            await walk(pilot, keys, (), OWN, DEPTH)
            assert words in screen_text(pilot)
