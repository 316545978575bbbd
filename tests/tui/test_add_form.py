"""The form for a new model, and for one that is changed: what the engines offer, and what reaches the backend."""

from __future__ import annotations

import msgspec
import pytest
from scripted import ScriptedBackend, whisper
from textual import events
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import can_add, name_a_model, notices, offered, program, screen_text, until

from orstt_core.types import EngineList, ModelUpdate
from orstt_core.types.options import OptionField
from orstt_tui.screens.edit_model import EditModelScreen
from orstt_tui.widgets.model_table import ModelTable
from orstt_tui.widgets.option_form import OptionForm


async def test_a_name_is_enough_and_the_cursor_goes_to_the_new_model(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await name_a_model(pilot, "")
        keys = [("x", "x"), ("2", "2"), ("tab", "\t"), ("tab", "\t"), ("b", "b")]
        for key, character in keys:  # in one piece they go where Tab leads
            pilot.app.post_message(events.Key(key, character))
        weights = pilot.app.screen.query_one("#weights", Input)
        await until(pilot, lambda: weights.value == "b")
        assert pilot.app.screen.query_one("#name", Input).value == "x2"
        weights.value = ""
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: len(program(pilot).models) == 6)
        assert (backend.rows[6].name, backend.rows[6].model) == ("x2", "x2")
        await until(pilot, lambda: "Added x2" in notices(pilot))
        await until(pilot, lambda: "whisper on cpu, int8" in screen_text(pilot))
        assert pilot.app.screen.query_one("#models-detail").border_title == "x2"


@pytest.mark.slow
async def test_what_is_offered_comes_from_the_engines_and_every_field_reaches_the_backend(
    open_app: Open, backend: ScriptedBackend
) -> None:
    options = [OptionField(name="beams", kind="integer", title="Beams", description="How many.", default=2)]
    options += [OptionField(name="loud", kind="flag", title="Loud", default=False)]
    types = {"cpu": ["int8", "float32"], "cuda": ["float16", "int8_float16"]}
    backend.engine_list = EngineList(
        engines=[
            whisper(),
            whisper(model_type="other", options=options, compute_types=types),
            whisper(model_type="vosk", title="Vosk", available=False),
        ]
    )
    async with open_app(size=(80, 24)) as pilot:
        await name_a_model(pilot, "mine")
        form = pilot.app.screen
        assert offered(pilot, "#type") == ["whisper", "other", "vosk"]
        labels = [str(label) for label, _ in form.query_one("#type", Select)._options]
        assert "vosk (Vosk): not installed" in labels
        assert not form.query_one(OptionForm).display

        weights = form.query_one("#weights", Input)
        assert "medium" in weights.placeholder
        weights.focus()
        await pilot.press("m", "e")
        await until(pilot, lambda: weights._suggestion == "medium")
        await pilot.press("right")
        assert weights.value == "medium"

        form.query_one("#type", Select).value = "other"
        await until(pilot, lambda: "Beams" in screen_text(pilot))
        await until(pilot, lambda: offered(pilot, "#compute") == ["int8", "float32"])
        form.query_one("#device", Select).value = "cuda"
        await until(pilot, lambda: offered(pilot, "#compute") == ["float16", "int8_float16"])
        assert form.query_one("#compute", Select).value == "float16"

        form.query_one("#compute", Select).value = "int8_float16"
        form.query_one("#description", Input).value = "for theatre 3"
        form.query_one("#option-loud", Select).value = True
        form.query_one("#option-beams", Input).focus()
        await pilot.press("4")
        await until(pilot, lambda: "How many. Default: 2." in screen_text(pilot))
        await until(pilot, lambda: can_add(pilot))
        await pilot.click("#accept")
        await until(pilot, lambda: 6 in backend.rows)
        await until(pilot, lambda: "beams 4, loud yes" in screen_text(pilot))
    row = backend.rows[6]
    assert (row.name, row.model_type, row.model, row.device) == ("mine", "other", "medium", "cuda")
    assert (row.compute_type, row.description) == ("int8_float16", "for theatre 3")
    assert row.options == {"beams": "4", "loud": True}


async def test_a_model_is_changed_in_the_same_form(open_app: Open, backend: ScriptedBackend) -> None:
    options = [OptionField(name=name, kind="integer", title=name.title(), optional=True) for name in ("beams", "pace")]
    backend.engine_list = EngineList(engines=[whisper(options=options)])
    model = msgspec.structs.replace(backend.rows[1], options={"beams": 4, "pace": 2}, compute_type="int8_float32")
    backend.rows[1] = model
    async with open_app(size=(80, 24)) as pilot:
        pilot.app.screen.query_one(ModelTable).go_to(model)
        await until(pilot, lambda: "beams 4, pace 2" in screen_text(pilot))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditModelScreen) and can_add(pilot))
        form = pilot.app.screen
        assert form.query_one("#option-beams", Input).value == "4"
        form.query_one("#option-beams", Input).value = ""
        form.query_one("#option-pace", Input).value = "3"
        form.query_one("#name", Input).value = "ward"
        await pilot.pause()
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: backend.rows[1].name == "ward")
    assert backend.updates == [ModelUpdate(name="ward", options={"beams": None, "pace": "3"})]
