"""The eight features of "STT Model Settings"."""

from __future__ import annotations

from functools import partial

import msgspec
import pytest
from scripted import ScriptedBackend
from scripted_jobs import a_job
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button
from tui.conftest import Open
from tui.piloting import line, notices, program, screen_text, until

from orstt_core.errors import ModelInUse, ModelNotUsable, OrsttError, ServerUnreachable
from orstt_core.types import Change, Check, Model, ModelDraft, ModelsChanged, RequestServed, Validation
from orstt_tui.embedded import ApiState
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


async def test_models_are_listed_chosen_and_activated_by_key_button_or_mouse(
    open_app: Open, backend: ScriptedBackend
) -> None:
    async with open_app() as pilot:
        for name in ("tiny", "base", "small", "medium", "large"):
            assert name in screen_text(pilot)
        assert "base" in line(pilot, "● ")
        assert "active, default" in line(pilot, "● ")

        await pilot.press("j")
        await until(pilot, lambda: "Better accuracy, slower" in screen_text(pilot))
        await pilot.press("k", "up")
        await until(pilot, lambda: "Fastest, lowest accuracy" in screen_text(pilot))
        assert "2026-01-02 03:04" in screen_text(pilot)

        backend.validation = msgspec.structs.replace(backend.validation, warnings=["No GPU here: it runs on the CPU."])
        await pilot.press("a")
        await until(pilot, lambda: "active: tiny" in screen_text(pilot))
        await until(pilot, lambda: "tiny" in line(pilot, "● "))
        await until(pilot, lambda: {"Activated tiny", "No GPU here: it runs on the CPU."} <= set(notices(pilot)))

        await pilot.press("down", "enter", "enter")
        await until(pilot, lambda: "active: base" in screen_text(pilot))

        pilot.app.clear_notifications()
        await pilot.click(ModelTable, offset=(6, 3))
        await until(pilot, lambda: "Better accuracy, slower" in screen_text(pilot))
        await pilot.click("#activate")
        await until(pilot, lambda: "active: small" in screen_text(pilot))
        assert (await backend.info()).active_model == "small"


async def test_the_checks_of_the_model_on_which_the_cursor_rests_show_one_by_one(
    open_app: Open, backend: ScriptedBackend
) -> None:
    checked: list[str] = []
    backend.validation = MISSING
    plain = backend.validate_model

    async def noted(draft: ModelDraft) -> Validation:
        checked.append(draft.name)
        return await plain(draft)

    async def unreachable(draft: ModelDraft) -> Validation:
        raise ServerUnreachable("The server does not answer.", hint="Is it running?")

    backend.validate_model = noted  # the same, and noted
    async with open_app() as pilot:
        await until(pilot, lambda: "It would not run here: the model check failed." in screen_text(pilot))
        text = screen_text(pilot)
        assert "✓ ok      dependencies" in text
        assert "✗ FAILED  model" in text
        assert "Mend it: bring its folder" in text
        assert "Warning: large needs about 10 GB" in text
        await until(pilot, lambda: len(checked) == 6)
        assert sorted(checked) == ["base", *sorted(model.name for model in backend.rows.values())]
        await until(pilot, lambda: screen_text(pilot).count("no weights") == 5)
        assert "active, default, no weights" in line(pilot, "● ")

        for key in ("up", "down", "down", "down", "down"):  # those that it only passes may be checked on a slow machine
            pilot.app.post_message(events.Key(key, None))
        await until(pilot, lambda: checked[-1] == "large")

        backend.validate_model = unreachable  # a check that cannot be made says why in its place
        await pilot.press("up")
        await until(pilot, lambda: "The server does not answer. Is it running?" in screen_text(pilot))


async def refuse(error: OrsttError, _ref: int | str) -> Change:
    raise error


async def test_what_the_backend_refuses_says_why_and_changes_nothing(
    open_app: Open, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
) -> None:
    not_usable = ModelNotUsable("small cannot be activated: its files are not here.", hint="base stays active.")

    async def in_use(ref: int | str) -> Model:
        raise ModelInUse("small is the active model.", hint="Activate another one first.")

    activate = backend.activate_model
    backend.activate_model = partial(refuse, not_usable)
    backend.delete_model = in_use  # someone else was faster
    async with open_app() as pilot:
        await pilot.press("down", "a")
        await until(pilot, lambda: any("base stays active" in notice for notice in notices(pilot)))
        assert "active: base" in screen_text(pilot)
        why = "The model check failed: the files of small are not here. " + "Bring them in one of many ways. " * 20
        backend.activate_model = partial(refuse, ModelNotUsable(f"small cannot be activated. {why}"))
        pilot.app.clear_notifications()
        await pilot.press("a")
        await until(pilot, lambda: any("All of it: " in notice for notice in notices(pilot)))
        assert all(notice.startswith("small cannot be activated. The model") for notice in notices(pilot))
        assert all(len(notice) < 400 for notice in notices(pilot)), "a notice hides no screen"
        assert why.strip() in caplog.text
        await pilot.press("d", "y")
        await until(pilot, lambda: any("small is the active model." in notice for notice in notices(pilot)))
        assert len(program(pilot).models) == 5

        backend.activate_model = activate
        await pilot.press("up")
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


async def test_what_someone_else_changes_shows_at_once_and_the_last_of_a_hundred_changes_is_said(
    open_app: Open, backend: ScriptedBackend
) -> None:
    async with open_app() as pilot:
        await pilot.press("down", "down")
        for number in range(100):
            await backend.activate_model(("tiny", "small")[number % 2])
        await until(pilot, lambda: "active: small" in screen_text(pilot))
        await until(pilot, lambda: "Activated small" in notices(pilot))
        assert len(notices(pilot)) == 1

        await backend.delete_model("tiny")
        await until(pilot, lambda: len(program(pilot).models) == 4)
        assert "High accuracy" in screen_text(pilot), "the cursor stays on its model"


async def test_two_hundred_models_and_names_of_any_kind_are_shown_as_they_are(
    open_app: Open, backend: ScriptedBackend
) -> None:
    name = "theatre-3-" * 9
    template = backend.rows[1]
    backend.rows[1] = msgspec.structs.replace(template, name="[red]tiny[/]", description="[b]x[/b]")
    backend.rows[2] = msgspec.structs.replace(backend.rows[2], name=name)
    for number in range(10, 210):
        backend.rows[number] = msgspec.structs.replace(template, id=number, name=f"model-{number}")
    async with open_app(size=(80, 24)) as pilot:
        assert "theatre…re-3-theatre-3- " in line(pilot, "● ")
        assert "active" in line(pilot, "● ")
        assert pilot.app.screen.query_one("#models-detail").border_title == name

        await pilot.press("up")
        await until(pilot, lambda: "[b]x[/b]" in screen_text(pilot))
        assert "[red]tiny[/]" in screen_text(pilot)
        backend.emit(ModelsChanged(reason="activated [red]tiny[/]"))
        await until(pilot, lambda: "Activated [red]tiny[/]" in notices(pilot))

        await pilot.press("G")
        await until(pilot, lambda: "model-209" in screen_text(pilot))
        table, detail = pilot.app.screen.query_one("#models-list"), pilot.app.screen.query_one("#models-detail")
        assert detail.region.height > 5
        assert detail.region.y >= table.region.bottom, "on a narrow screen they stand below the list"
        await pilot.resize_terminal(120, 30)
        await until(pilot, lambda: detail.region.x >= table.region.right)


async def test_without_colour_the_cursor_and_the_active_model_are_still_seen(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app() as pilot:
        assert pilot.app.no_color
        assert pilot.app.screen.query_one(ModelTable).get_component_rich_style("datatable--cursor").reverse
        assert "active" in line(pilot, "●")
        drawn = [span for strip in pilot.app.screen._compositor.render_strips() for span in strip]
        for line_filter in pilot.app._filters:
            drawn = line_filter.apply(drawn, pilot.app.screen.background_colors[1])
        colours = {colour for span in drawn if span.style for colour in (span.style.color, span.style.bgcolor)}
        assert drawn
        assert all(colour is None or colour.is_default for colour in colours), "the terminal's own"


@pytest.mark.slow
async def test_tabs_and_names_are_told_apart_at_every_size_and_a_larger_screen_shows_no_less(
    open_app: Open, backend: ScriptedBackend
) -> None:
    models = [f"Systran/faster-distil-whisper-large-v{number}" for number in (2, 3)]
    files = [f"theatre 3, morning round, patient 4711, part {number} of 2.wav" for number in (1, 2)]
    for number in (3, 4, 5):  # so that all fit on the smallest
        del backend.rows[number]
    for model, number in zip(models, (1, 2), strict=True):
        await backend.create_model(ModelDraft(name=model, model_type="whisper"))
        backend.put(msgspec.structs.replace(a_job(number), filename=files[number - 1]))
    request = RequestServed(method="GET", path=f"/api/v1/models/{models[0]}", status=200, seconds=0.1, client="")
    async with open_app() as pilot:
        program(pilot).api = ApiState(address="http://127.0.0.1:8000", requests=(request,))
        for key, names in (("f2", models), ("f4", files)):
            await pilot.press(key)
            shown: list[str] = []
            for size in ((60, 20), (80, 24), (100, 30), (140, 40), (200, 50)):
                await pilot.resize_terminal(*size)
                for name in names:
                    await until(pilot, partial(shown_cell, pilot, name[-11:]))
                shown.append(shown_cell(pilot, names[0][-11:]))
                tabs, served = screen_text(pilot).splitlines()[:2]
                assert "3 Jobs" in tabs
                assert "local · ready" in tabs
                assert "http://127.0.0.1:8000" in served
                assert served.rstrip().endswith("200")
                assert key == "f4" or "active, default" in screen_text(pilot)
            assert shown[1:] == sorted(shown[1:], key=len)
            assert shown[-1] == names[0]


def shown_cell(pilot: Pilot[None], end: str) -> str:
    """What a table shows of a name that ends so."""
    rows = screen_text(pilot).splitlines()[2:]
    return next((cell for row in rows for cell in map(str.strip, row.split("  ")) if cell.endswith(end)), "")
