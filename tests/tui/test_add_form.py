"""The form for a new model: choices from the engines, checks as one types, refusals that keep the form."""

from __future__ import annotations

import asyncio

import msgspec
from scripted import ScriptedBackend, whisper
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select
from tui.conftest import Open
from tui.piloting import notices, program, screen_text, until

from orstt_core.errors import InvalidRequest, ServerUnreachable
from orstt_core.types import Change, Check, EngineList, ModelDraft, ModelUpdate, Validation
from orstt_core.types.options import OptionField
from orstt_tui.screens.add_model import AddModelScreen
from orstt_tui.screens.edit_model import EditModelScreen
from orstt_tui.widgets.model_table import ModelTable
from orstt_tui.widgets.option_form import OptionForm


async def fill(pilot: Pilot[None], name: str) -> None:
    """Open the form and type a name."""
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, AddModelScreen))
    await until(pilot, lambda: pilot.app.screen.query_one("#type", Select).value == "whisper")
    await pilot.press(*name)


def can_add(pilot: Pilot[None]) -> bool:
    """Whether the form lets one add."""
    return not pilot.app.screen.query_one("#accept", Button).disabled


def offered(pilot: Pilot[None], field: str) -> list[object]:
    """What a list offers."""
    return [value for _, value in pilot.app.screen.query_one(field, Select)._options if isinstance(value, str)]


async def test_a_name_is_enough_and_the_cursor_goes_to_the_new_model(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await fill(pilot, "distil-small")
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: len(program(pilot).models) == 6)
        assert backend.rows[6].name == "distil-small"
        assert backend.rows[6].model == "distil-small"
        await until(pilot, lambda: "Added distil-small" in notices(pilot))
        await until(pilot, lambda: "whisper on cpu, int8" in screen_text(pilot))
        facts = str(pilot.app.screen.query_one("#detail-facts").render())
        assert facts.startswith("distil-small")


async def test_every_field_reaches_the_backend(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await fill(pilot, "mine")
        form = pilot.app.screen
        form.query_one("#type", Select).value = "faster-whisper"
        form.query_one("#weights", Input).value = "owner/name"
        await pilot.pause()
        form.query_one("#compute", Select).value = "float32"
        form.query_one("#description", Input).value = "for theatre 3"
        await until(pilot, lambda: can_add(pilot))
        await pilot.click("#accept")
        await until(pilot, lambda: 6 in backend.rows)
    row = backend.rows[6]
    assert (row.model_type, row.model, row.device) == ("faster-whisper", "owner/name", "cpu")
    assert (row.compute_type, row.description) == ("float32", "for theatre 3")


async def test_options_are_those_of_the_engine_and_checked_with_the_rest(
    open_app: Open, backend: ScriptedBackend
) -> None:
    options = [OptionField(name="beams", kind="integer", title="Beams", description="How many.", default=2)]
    options += [OptionField(name="loud", kind="flag", title="Loud", default=False)]
    backend.engine_list = EngineList(engines=[whisper(), whisper(model_type="other", options=options)])
    async with open_app(size=(80, 24)) as pilot:
        await fill(pilot, "mine")
        form = pilot.app.screen
        assert not form.query_one(OptionForm).display
        form.query_one("#type", Select).value = "other"
        await until(pilot, lambda: "Beams" in screen_text(pilot))
        form.query_one("#option-beams", Input).focus()
        await pilot.press("4")
        form.query_one("#option-loud", Select).value = True
        await until(pilot, lambda: "How many. Default: 2." in screen_text(pilot))
        await until(pilot, lambda: can_add(pilot))
        await pilot.click("#accept")
        await until(pilot, lambda: 6 in backend.rows)
        assert backend.rows[6].options == {"beams": "4", "loud": True}
        await until(pilot, lambda: "beams 4, loud yes" in screen_text(pilot))


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


async def test_types_come_from_the_engines_and_a_broken_one_says_so(open_app: Open, backend: ScriptedBackend) -> None:
    backend.engine_list = EngineList(engines=[whisper(), whisper(model_type="vosk", title="Vosk", available=False)])
    async with open_app() as pilot:
        await fill(pilot, "x")
        assert offered(pilot, "#type") == ["whisper", "vosk"]
        labels = [str(label) for label, _ in pilot.app.screen.query_one("#type", Select)._options]
        assert "vosk (Vosk): not installed" in labels


async def test_compute_types_are_those_of_the_device(open_app: Open, backend: ScriptedBackend) -> None:
    backend.engine_list = EngineList(
        engines=[whisper(compute_types={"cpu": ["int8", "float32"], "cuda": ["float16", "int8_float16"]})]
    )
    async with open_app() as pilot:
        await fill(pilot, "x")
        await until(pilot, lambda: offered(pilot, "#compute") == ["int8", "float32"])
        pilot.app.screen.query_one("#device", Select).value = "cuda"
        await until(pilot, lambda: offered(pilot, "#compute") == ["float16", "int8_float16"])
        assert pilot.app.screen.query_one("#compute", Select).value == "float16"


async def test_weights_are_suggested_from_what_the_engine_knows(open_app: Open) -> None:
    async with open_app() as pilot:
        await fill(pilot, "x")
        weights = pilot.app.screen.query_one("#weights", Input)
        assert "medium" in weights.placeholder
        weights.focus()
        await pilot.press("m", "e")
        await until(pilot, lambda: weights._suggestion == "medium")
        await pilot.press("right")
        assert weights.value == "medium"


async def test_a_name_that_is_taken_is_said_while_typing(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await fill(pilot, "base")
        await until(pilot, lambda: "There is a model called base already." in screen_text(pilot))
        await until(pilot, lambda: backend.validation.message in screen_text(pilot))
        assert not can_add(pilot)
        await pilot.press("2")
        await until(pilot, lambda: can_add(pilot))
        assert "already" not in screen_text(pilot)


async def test_nothing_is_added_without_a_name(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await fill(pilot, "x")
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("backspace")
        await until(pilot, lambda: "Give it a name." in screen_text(pilot))
        await pilot.press("f5", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, AddModelScreen)
        assert len(backend.rows) == 5


async def test_what_is_wrong_shows_check_by_check_and_cannot_be_added(open_app: Open, backend: ScriptedBackend) -> None:
    backend.validation = Validation(
        valid=False,
        available=False,
        message="The engine is not installed.",
        checks=[
            Check(name="type", outcome="passed", detail="whisper is registered"),
            Check(name="dependencies", outcome="failed", detail="no faster_whisper", fix="pip install faster-whisper"),
            Check(name="device", outcome="skipped", detail=""),
            Check(name="model", outcome="skipped", detail=""),
        ],
    )
    async with open_app(size=(80, 24)) as pilot:
        await fill(pilot, "x")
        await until(pilot, lambda: "Mend it: pip install faster-whisper" in screen_text(pilot))
        assert "skipped model" in screen_text(pilot)
        assert not can_add(pilot)


async def test_a_model_whose_files_are_missing_can_be_added_and_warns(open_app: Open, backend: ScriptedBackend) -> None:
    backend.validation = Validation(
        valid=True, available=False, message="Its files are not here.", warnings=["large needs 10 GB."]
    )
    async with open_app() as pilot:
        await fill(pilot, "x")
        await until(pilot, lambda: "Warning: large needs 10 GB." in screen_text(pilot))
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: "large needs 10 GB." in notices(pilot))


async def test_only_the_last_of_many_keystrokes_is_checked(open_app: Open, backend: ScriptedBackend) -> None:
    checked: list[str] = []
    given_up: list[str] = []

    async def endless_for_short_names(draft: ModelDraft) -> Validation:
        checked.append(draft.name)
        try:
            await asyncio.sleep(600 if len(draft.name) < 3 else 0)
        except asyncio.CancelledError:
            given_up.append(draft.name)
            raise
        return msgspec.structs.replace(backend.validation, message=f"checked {draft.name}")

    backend.validate_model = endless_for_short_names  # the same, slow and noted
    async with open_app() as pilot:
        await fill(pilot, "ab")
        await until(pilot, lambda: "ab" in checked)
        name = pilot.app.screen.query_one("#name", Input)
        for typed in ("abc", "abcd", "abcde"):  # in one piece, however slow the machine is
            name.value = typed
        await until(pilot, lambda: "checked abcde" in screen_text(pilot))
    assert checked[-2:] == ["ab", "abcde"]
    assert given_up[-1] == "ab"


async def test_a_refusal_by_the_backend_is_said_in_the_form_which_stays(
    open_app: Open, backend: ScriptedBackend
) -> None:
    async def refused(draft: ModelDraft) -> Change:
        raise InvalidRequest("There is no compute type int7.", hint="Choose int8.")

    backend.create_model = refused  # the failure under test
    async with open_app() as pilot:
        await fill(pilot, "x")
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: "There is no compute type int7. Choose int8." in screen_text(pilot))
        assert pilot.app.screen.query_one("#name", Input).value == "x"


async def test_cancel_leaves_everything_as_it_was(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await fill(pilot, "x")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, AddModelScreen))
        await fill(pilot, "x")
        await pilot.click("#cancel")
        await until(pilot, lambda: not isinstance(pilot.app.screen, AddModelScreen))
    assert len(backend.rows) == 5


async def test_without_a_server_the_form_says_so(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        backend.failure = ServerUnreachable("The server does not answer.")
        await pilot.press("n")
        await until(pilot, lambda: any("does not answer" in notice for notice in notices(pilot)))
        assert isinstance(pilot.app.screen, AddModelScreen)


async def test_keys_that_arrive_in_one_piece_go_where_tab_leads(open_app: Open) -> None:
    async with open_app() as pilot:
        await fill(pilot, "")
        for key, character in [("x", "x"), ("tab", "\t"), ("tab", "\t"), ("b", "b")]:
            pilot.app.post_message(events.Key(key, character))
        await until(pilot, lambda: pilot.app.screen.query_one("#weights", Input).value == "b")
        assert pilot.app.screen.query_one("#name", Input).value == "x"
