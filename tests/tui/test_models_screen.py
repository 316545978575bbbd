"""The eight features of "STT Model Settings"."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest
from scripted import ScriptedBackend
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Static
from tui.conftest import Open
from tui.piloting import notices, program, screen_text, until

from orstt_core.errors import ModelInUse, ModelNotUsable, ServerUnreachable
from orstt_core.types import Change, Check, Model, ModelDraft, ModelsChanged, Validation
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.widgets.model_table import ModelTable

MISSING = Validation(
    valid=True,
    available=False,
    message="The files of large are not on this machine.",
    warnings=["large needs about 10 GB of memory; this machine has 4."],
    checks=[
        Check(name="type", outcome="passed", detail="whisper is registered"),
        Check(name="dependencies", outcome="passed", detail="faster-whisper is installed"),
        Check(name="device", outcome="passed", detail="cpu with int8"),
        Check(name="model", outcome="failed", detail="in no folder and no package", fix="bring its folder"),
    ],
)


def shows(pilot: Pilot[None], text: str) -> bool:
    """Whether the screen shows this."""
    return text in screen_text(pilot)


async def test_all_models_are_listed_and_the_active_one_is_marked_in_words(open_app: Open) -> None:
    async with open_app() as pilot:
        text = screen_text(pilot)
        for name in ("tiny", "base", "small", "medium", "large"):
            assert name in text
        line = next(line for line in text.splitlines() if "● " in line)
        assert "base" in line
        assert "active, default" in line


async def test_moving_the_cursor_shows_the_details_of_that_model(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("j")
        await until(pilot, lambda: "Better accuracy, slower" in screen_text(pilot))
        await pilot.press("k", "up")
        await until(pilot, lambda: "Fastest, lowest accuracy" in screen_text(pilot))
        assert "2026-01-02 03:04" in screen_text(pilot)


async def test_clicking_a_model_selects_it_and_the_button_activates_it(
    open_app: Open, backend: ScriptedBackend
) -> None:
    async with open_app() as pilot:
        await pilot.click(ModelTable, offset=(6, 3))
        await until(pilot, lambda: "Better accuracy, slower" in screen_text(pilot))
        await pilot.click("#activate")
        await until(pilot, lambda: "active: small" in screen_text(pilot))
        assert (await backend.info()).active_model == "small"


async def test_a_activates_and_everything_on_the_screen_follows(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("down", "a")
        await until(pilot, lambda: "active: small" in screen_text(pilot))
        line = next(line for line in screen_text(pilot).splitlines() if "● " in line)
        assert "small" in line
        await until(pilot, lambda: "Activated small" in notices(pilot))


async def test_enter_leads_to_the_button_and_enter_again_activates(open_app: Open) -> None:
    async with open_app() as pilot:
        await pilot.press("down", "enter", "enter")
        await until(pilot, lambda: "active: small" in screen_text(pilot))


async def test_a_refused_activation_says_why_and_changes_nothing(open_app: Open, backend: ScriptedBackend) -> None:
    async def refused(ref: int | str) -> Change:
        raise ModelNotUsable("small cannot be activated: its files are not here.", hint="base stays active.")

    backend.activate_model = refused  # the failure under test
    async with open_app() as pilot:
        await pilot.press("down", "a")
        await until(pilot, lambda: any("base stays active" in notice for notice in notices(pilot)))
        assert "active: base" in screen_text(pilot)


async def test_warnings_of_an_activation_are_shown(open_app: Open, backend: ScriptedBackend) -> None:
    backend.validation = msgspec.structs.replace(backend.validation, warnings=["No GPU here: it runs on the CPU."])
    async with open_app() as pilot:
        await pilot.press("down", "a")
        await until(pilot, lambda: "No GPU here: it runs on the CPU." in notices(pilot))


async def test_the_checks_of_the_selected_model_show_one_by_one(open_app: Open, backend: ScriptedBackend) -> None:
    backend.validation = MISSING
    async with open_app() as pilot:
        await until(pilot, lambda: "It would not run here: the model check failed." in screen_text(pilot))
        text = screen_text(pilot)
        assert "ok      dependencies" in text
        assert "FAILED  model" in text
        assert "Mend it: bring its folder" in text
        assert "Warning: large needs about 10 GB" in text


async def test_only_the_model_the_cursor_rests_on_is_checked(open_app: Open, backend: ScriptedBackend) -> None:
    checked: list[str] = []
    plain = backend.validate_model

    async def noted(draft: ModelDraft) -> Validation:
        checked.append(draft.name)
        return await plain(draft)

    backend.validate_model = noted  # the same, and noted
    async with open_app() as pilot:
        await until(pilot, lambda: checked == ["base"])
        for key in ("up", "down", "down", "down", "down"):  # in one piece, however slow the machine is
            pilot.app.post_message(events.Key(key, None))
        await until(pilot, lambda: checked[1:])
    assert checked == ["base", "large"]


async def test_a_check_that_cannot_be_made_says_why_in_its_place(open_app: Open, backend: ScriptedBackend) -> None:
    async def unreachable(draft: ModelDraft) -> Validation:
        raise ServerUnreachable("The server does not answer.", hint="Is it running?")

    backend.validate_model = unreachable  # the failure under test
    async with open_app() as pilot:
        await until(pilot, lambda: "The server does not answer. Is it running?" in screen_text(pilot))


async def test_delete_asks_and_the_cursor_goes_to_the_neighbour(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await pilot.press("down", "d")
        assert isinstance(pilot.app.screen, ConfirmScreen)
        await pilot.press("n")
        await until(pilot, lambda: not isinstance(pilot.app.screen, ConfirmScreen))
        assert 3 in backend.rows
        await pilot.press("d", "y")
        await until(pilot, lambda: len(program(pilot).models) == 4)
        assert 3 not in backend.rows
        await until(pilot, lambda: "High accuracy" in screen_text(pilot))


async def test_what_may_not_be_deleted_says_why(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        for active, word in (("base", "active"), ("small", "default")):
            await backend.activate_model(active)
            reason = f"The {word} model cannot be deleted."
            button = pilot.app.screen.query_one("#delete", Button)
            await until(pilot, partial(shows, pilot, reason))
            assert button.disabled
            assert reason in str(button.tooltip)
            await pilot.press("d")
            assert reason in notices(pilot)
            assert 2 in backend.rows


async def test_a_deletion_refused_by_the_backend_says_why(open_app: Open, backend: ScriptedBackend) -> None:
    async def refused(ref: int | str) -> Model:
        raise ModelInUse("small is the active model.", hint="Activate another one first.")

    backend.delete_model = refused  # someone else was faster
    async with open_app() as pilot:
        await pilot.press("down", "d", "y")
        await until(pilot, lambda: any("small is the active model." in notice for notice in notices(pilot)))
        assert len(program(pilot).models) == 5


async def test_what_someone_else_changes_shows_at_once(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await backend.activate_model("tiny")
        await until(pilot, lambda: "active: tiny" in screen_text(pilot))
        await until(pilot, lambda: "Activated tiny" in notices(pilot))


async def test_the_cursor_stays_on_its_model_when_the_list_changes(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await pilot.press("down", "down")
        await backend.delete_model("tiny")
        await until(pilot, lambda: len(program(pilot).models) == 4)
        assert "High accuracy" in screen_text(pilot)


async def test_a_name_with_brackets_is_shown_as_it_is(open_app: Open, backend: ScriptedBackend) -> None:
    backend.rows[1] = msgspec.structs.replace(backend.rows[1], name="[red]tiny[/]", description="[b]x[/b]")
    async with open_app() as pilot:
        await pilot.press("up")
        await until(pilot, lambda: "[b]x[/b]" in screen_text(pilot))
        assert "[red]tiny[/]" in screen_text(pilot)
        backend.emit(ModelsChanged(reason="activated [red]tiny[/]"))
        await until(pilot, lambda: "Activated [red]tiny[/]" in notices(pilot))


async def test_on_a_narrow_screen_the_details_stand_below_the_list(open_app: Open) -> None:
    async with open_app(size=(80, 24)) as pilot:
        table, detail = pilot.app.screen.query_one("#models-list"), pilot.app.screen.query_one("#models-detail")
        assert detail.region.y >= table.region.bottom
        assert "ok      model" in screen_text(pilot) or await _later(pilot)
        await pilot.resize_terminal(120, 30)
        await pilot.pause()
        assert detail.region.x >= table.region.right


async def _later(pilot: object) -> bool:
    await until(pilot, lambda: "ok      model" in screen_text(pilot))  # type: ignore[arg-type]  # the same pilot
    return True


async def test_two_hundred_models_scroll(open_app: Open, backend: ScriptedBackend) -> None:
    template = backend.rows[1]
    for number in range(10, 210):
        backend.rows[number] = msgspec.structs.replace(template, id=number, name=f"model-{number}")
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("G")
        await until(pilot, lambda: "model-209" in screen_text(pilot))
        assert pilot.app.screen.query_one("#models-detail").region.height > 5
        assert isinstance(pilot.app.screen.query_one("#detail-kept"), Static)


async def test_of_a_hundred_changes_in_a_row_the_last_is_said(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        for number in range(100):
            await backend.activate_model(("tiny", "small")[number % 2])
        await until(pilot, lambda: "Activated small" in notices(pilot))
        assert len(notices(pilot)) == 1


async def test_a_long_name_leaves_room_for_the_status(open_app: Open, backend: ScriptedBackend) -> None:
    name = "theatre-3-" * 9
    backend.rows[2] = msgspec.structs.replace(backend.rows[2], name=name)
    async with open_app(size=(80, 24)) as pilot:
        line = next(line for line in screen_text(pilot).splitlines() if "● " in line)
        assert "theatre-3-theatre-3-the… " in line
        assert "active" in line
        assert name in str(pilot.app.screen.query_one("#detail-facts").render())


async def test_without_colour_the_cursor_and_the_active_model_are_still_seen(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app() as pilot:
        assert pilot.app.no_color
        assert pilot.app.screen.query_one(ModelTable).get_component_rich_style("datatable--cursor").reverse
        assert any("●" in line and "active" in line for line in screen_text(pilot).splitlines())
