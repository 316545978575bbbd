"""A model of each engine of this machine, with real weights, from the form to its text on the screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from engine_libraries import library
from engines.converted import converted
from engines.korean import korean_folder
from engines.test_conformance import LIBRARIES
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import can_add, name_a_model, notices, screen_text, transcribe, until

from orstt_core.local import LocalBackend
from orstt_core.settings import Settings

SECONDS = 300.0
"""How long an engine may take: some compute with large numbers, and others work beside them."""
HEARD = {"vosk": r"[\uac00-\ud7a3]{2}", "pocketsphinx": "leisure to consider"}
"""What of the sentence stands on the screen; Vosk's model takes it for Korean."""
pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.timeout(2 * SECONDS)]


@pytest.mark.parametrize(
    ("model_type", "model"),
    [pytest.param(*tried, marks=list(map(library, modules))) for tried, modules in LIBRARIES.items()],
)
async def test_an_engine_is_added_by_the_form_activated_and_transcribes(
    model_type: str, model: str, open_app: Open, austen: Path, tmp_path: Path, weights_cache: Path
) -> None:
    settings = Settings(data_dir=tmp_path, cache_dir=weights_cache)
    async with open_app(lambda: LocalBackend(settings), settings=settings, size=(140, 40), seconds=SECONDS) as pilot:
        await name_a_model(pilot, "ward", SECONDS)
        form = pilot.app.screen
        form.query_one("#type", Select).value = model_type
        form.query_one("#weights", Input).value = _weights(model_type, model, weights_cache)
        await until(pilot, lambda: can_add(pilot), SECONDS)
        await pilot.press("f5")
        await until(pilot, lambda: "Added ward" in notices(pilot))
        await until(pilot, lambda: f"{model_type} on cpu" in screen_text(pilot))
        await pilot.press("a")
        await until(pilot, lambda: "active: ward" in screen_text(pilot), SECONDS)

        await pilot.press("2")
        await until(pilot, lambda: pilot.app.screen.query("#option-language"))
        if model == "base":  # which knows many languages, and not every engine can tell them apart
            pilot.app.screen.query_one("#option-language", Input).value = "en"
        await transcribe(pilot, austen)
        await until(pilot, lambda: "Done:" in screen_text(pilot), SECONDS)
        assert re.search(HEARD.get(model_type, "Dashwood had then leisure"), screen_text(pilot)), screen_text(pilot)
        assert "ward on cpu" in screen_text(pilot)


def _weights(model_type: str, model: str, cache: Path) -> str:
    """Return what the form is given: a name, or where the weights are that are converted for the tests."""
    match model_type:
        case "whisper" | "pocketsphinx":
            return model
        case "vosk":
            return str(korean_folder())
    return str(converted(cache, model_type, model))
