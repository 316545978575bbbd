"""What docs/design-terminal.md says of all screens: panes with titles, states by shape, nothing cut, and room used."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from scripted import ScriptedBackend
from textual.pilot import Pilot
from tui.conftest import Open
from tui.pictures import STORED
from tui.piloting import a_done_job, at_rest, screen_text, show_jobs, transcribe, until

from orstt_tui.job_states import LOOKS
from orstt_tui.marks import CURSOR_BAR
from orstt_tui.widgets.check_list import MARKS as OUTCOMES
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.loaded_models import MARKS as LOADED
from orstt_tui.widgets.model_detail import ModelDetail
from orstt_tui.widgets.pane import CLASS

MAIN = ("f2", "f3", "f4", "4")


@pytest.fixture
def backend(backend: ScriptedBackend) -> ScriptedBackend:
    """Of the models only base is here; one job is done."""
    backend.stored = STORED
    backend.put(a_done_job(1, "Hello there.", "General remarks."))
    return backend


def titles(pilot: Pilot[None]) -> list[str]:
    """The titles of the panes in sight; each has one, and stands in no other pane."""
    panes = [pane for pane in pilot.app.screen.query(f".{CLASS}") if pane.region]
    assert panes
    for pane in panes:
        assert pane.border_title, pane
        assert not any(above.has_class(CLASS) for above in pane.ancestors), pane
    return [str(pane.border_title) for pane in panes]


async def test_every_pane_has_a_title_and_what_has_the_room_is_shown(open_app: Open) -> None:
    async with open_app(size=(140, 40)) as pilot:
        await until(pilot, lambda: "model.bin" in screen_text(pilot) and "✓ ok" in screen_text(pilot))
        assert titles(pilot) == [
            "STT Model Settings: 5 models",
            "Files: 145 MB",
            "In memory",
            "base",
            "Engine: whisper",
        ]
        await transcribe(pilot, "talk.wav")
        await until(pilot, lambda: "Done:" in screen_text(pilot) and "Runs on" in screen_text(pilot))
        assert titles(pilot) == ["New transcription", "Text", "Details"]
        await show_jobs(pilot, "visit-1.wav")
        await until(pilot, lambda: "General remarks." in screen_text(pilot))
        assert titles(pilot)[0].startswith("Jobs: ")
        await pilot.press("enter")
        await until(pilot, lambda: "Text" in titles(pilot))


async def test_the_title_of_the_pane_with_the_focus_is_told_from_others_without_colour(open_app: Open) -> None:
    async with open_app() as pilot:
        await at_rest(pilot)
        screen = pilot.app.screen
        reversed_words = {
            segment.text.strip()
            for strip in screen._compositor.render_strips()[2:]
            for segment in strip
            if segment.style and segment.style.reverse
        }
        assert reversed_words == {"STT Model Settings: 5 models"}


@pytest.mark.parametrize(
    "shapes",
    [
        pytest.param([look.mark for look in LOOKS.values()], id="jobs"),
        pytest.param([look.typed for look in LOOKS.values()], id="jobs in ASCII"),
        pytest.param([mark for mark, _ in OUTCOMES.values()], id="checks"),
        pytest.param([mark for mark, _ in LOADED.values()], id="loaded models"),
    ],
)
def test_no_two_states_have_the_same_shape(shapes: Sequence[str]) -> None:
    assert len(set(shapes)) == len(shapes)


async def test_nothing_that_matters_is_cut_at_80_by_24_and_60_by_15_can_be_used(open_app: Open) -> None:
    for size, room in (((80, 24), 0), ((60, 15), 10)):
        async with open_app(size=size) as pilot:
            await until(pilot, lambda: "145 MB here" in screen_text(pilot))
            await at_rest(pilot)
            detail, table = pilot.app.screen.query_one(ModelDetail), pilot.app.screen.query_one(ListTable)
            assert detail.max_scroll_y <= room, "so many lines of the details are out of sight"
            assert {"Name", "Status"} <= {str(column.label) for column in table.columns.values()}
            assert sum(CURSOR_BAR in line for line in screen_text(pilot).splitlines()) == 1
            for key in MAIN:
                await pilot.press(key)
                await at_rest(pilot)
                assert all(title in screen_text(pilot) for title in titles(pilot))
