"""Getting about: commands, models and jobs found by name, letters to jump to, where one is and back, the first tour."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import ScriptedBackend
from textual import events
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Footer, Label
from textual.widgets._footer import FooterKey
from tui.conftest import Open
from tui.piloting import a_done_job, program, screen_text, type_ahead, until

from orstt_core.settings import Settings
from orstt_tui.app import OrsttApp
from orstt_tui.screens.add_model import AddModelScreen
from orstt_tui.screens.edit_segment import EditSegmentScreen
from orstt_tui.screens.help import HelpScreen
from orstt_tui.screens.jobs import JobsScreen
from orstt_tui.screens.jump import JumpScreen
from orstt_tui.screens.models import ModelsScreen
from orstt_tui.screens.transcript import TranscriptScreen
from orstt_tui.widgets.model_table import ModelTable
from orstt_tui.widgets.reader import Reader
from orstt_tui.widgets.status_bar import StatusBar
from orstt_tui.widgets.tour import Tour


def header(pilot: Pilot[None]) -> str:
    """The second line of the screen at the bottom, or of the one that is above it without being a dialog."""
    behind = next(screen for screen in reversed(pilot.app.screen_stack) if not screen.is_modal)
    return str(behind.query_one(StatusBar).render()).splitlines()[1]


async def find(pilot: Pilot[None], words: str, shown: str) -> None:
    """Open the palette by the colon, and choose what is found by these words alone."""
    await pilot.press("colon")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await pilot.press(*words)
    found = pilot.app.screen.query_one(CommandList)
    await until(pilot, lambda: found.option_count == 1 and shown in screen_text(pilot))
    await pilot.press("enter")


async def test_a_colon_finds_commands_with_their_keys_models_and_jobs_and_the_header_leads_back(
    open_app: Open, backend: ScriptedBackend
) -> None:
    backend.put(a_done_job(1, "It is a truth", "universally acknowledged"))
    async with open_app(size=(100, 30)) as pilot:
        await find(pilot, "medium", "medium  model")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        table = pilot.app.screen.query_one(ModelTable)
        await until(pilot, lambda: table.models[table.cursor_row].name == "medium")
        await find(pilot, "Vocab", "Vocabularies  V")
        await until(pilot, lambda: header(pilot).startswith("Models > Vocabularies "))
        await pilot.press("colon")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
        await pilot.press("escape", "backspace")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))

        for words in ("visit", "1111", "universally"):
            await find(pilot, words, "visit-1.wav  job")
            await until(pilot, lambda: isinstance(pilot.app.screen, TranscriptScreen))
            await until(pilot, lambda: header(pilot).startswith("Jobs > visit-1.wav "))
            await until(pilot, lambda: "universally acknowledged" in screen_text(pilot))
            await pilot.press("backspace")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))

        await until(pilot, lambda: "1 job" in screen_text(pilot))
        await pilot.press("enter", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditSegmentScreen))
        await until(pilot, lambda: header(pilot).startswith("Jobs > visit-1.wav > Correct "))
        await pilot.click(offset=(2, 1))  # over the dialog, on the name of the screen at the bottom
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await until(pilot, lambda: "Jobs > " not in header(pilot))


async def test_a_letter_goes_to_what_it_stands_at_and_to_what_is_typed_ahead(open_app: Open) -> None:
    async def letters(pilot: Pilot[None]) -> dict[str, str]:
        """What stands behind each letter, by the letter."""
        screen = pilot.app.screen
        assert isinstance(screen, JumpScreen)
        places = {str(label.render()).strip(): label.styles.offset for label in screen.query(Label)}
        under = pilot.app.screen_stack[-2]
        return {
            letter: str(under.get_widget_at(int(place.x.value), int(place.y.value))[0].id)
            for letter, place in places.items()
        }

    async with open_app() as pilot:
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, JumpScreen))
        stands = await letters(pilot)
        assert {"models-table", "files"} <= set(stands.values())
        await pilot.press(next(letter for letter, widget in stands.items() if widget == "models-table"))
        await until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == "models-table")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AddModelScreen))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, JumpScreen))
        stands = await letters(pilot)
        await pilot.press(next(letter for letter, widget in stands.items() if widget == "weights"))
        await until(pilot, lambda: pilot.app.focused is not None and pilot.app.focused.id == "weights")
        await pilot.press("escape")

        # The other tabs come first, in reading order; a letter right behind the key is one.
        type_ahead(pilot, "ctrl+o", "s")
        await until(pilot, lambda: "[3 Jobs]" in screen_text(pilot))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, JumpScreen))
        await pilot.press("ctrl+o")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


async def test_the_keys_of_vi_move_in_lists_and_texts(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_done_job(1, *(f"part {number}" for number in range(100))))
    async with open_app() as pilot:
        table = pilot.app.screen.query_one(ModelTable)
        for keys, row in (("G", 4), ("k", 3), ("g", 0), ("j", 1), ("ctrl+d", 4), ("ctrl+u", 0)):
            await pilot.press(keys)
            await until(pilot, lambda row=row: table.cursor_row == row)  # type: ignore[misc]  # bound now
        await pilot.press("f4")
        await until(pilot, lambda: "1 job" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "part 5" in screen_text(pilot))
        reader = pilot.app.screen.query_one(Reader)
        await pilot.press("g", "ctrl+d")
        await until(pilot, lambda: (reader.cursor or 0) > 5)
        await pilot.press("ctrl+u")
        await until(pilot, lambda: reader.cursor == 0)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        pane = pilot.app.screen.query_one("#help")
        await until(pilot, lambda: pane.max_scroll_y > 0)
        await pilot.press("G")
        await until(pilot, lambda: pane.scroll_y == pane.max_scroll_y)
        await pilot.press("k", "ctrl+u", "g")
        await until(pilot, lambda: pane.scroll_y == 0)


@pytest.mark.parametrize("width", [60, 80])
async def test_no_key_in_the_footer_is_cut_and_help_is_always_there(open_app: Open, width: int) -> None:
    async with open_app(size=(width, 24)) as pilot:
        for key in ("f4", "f3", "f2", "n"):
            await pilot.press(key)
            await until(pilot, lambda: len(pilot.app.screen.query_one(Footer).query(FooterKey)) > 0)
            await until(
                pilot,
                lambda: all(key.region.right <= width for key in pilot.app.screen.query_one(Footer).query(FooterKey)),
            )
            assert "Help" in screen_text(pilot).splitlines()[-1]


async def test_the_tour_is_shown_once_and_to_nobody_who_types(backend: ScriptedBackend, tmp_path: Path) -> None:
    shown = tmp_path / "new" / "tour-shown"

    def app(tour: Path | None) -> OrsttApp:
        return OrsttApp(lambda _: backend, settings=Settings(), tour=tour)

    async with app(shown).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(pilot.app.screen.query(Tour)) == 1)
        await until(pilot, lambda: "go to Models, Transcribe, Jobs and Measure" in screen_text(pilot))
        assert shown.exists()
        await pilot.press("n")  # it does what it always does
        await until(pilot, lambda: isinstance(pilot.app.screen, AddModelScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        assert not pilot.app.screen.query(Tour)
        await pilot.press("H")
        await until(pilot, lambda: len(pilot.app.screen.query(Tour)) == 1)
    async with app(shown).run_test() as pilot:
        await until(pilot, lambda: bool(program(pilot).models))
        assert not pilot.app.screen.query(Tour)
    other = tmp_path / "other"
    async with app(tmp_path / "small").run_test(size=(60, 15)) as pilot:
        await until(pilot, lambda: "H shows these lines again" in screen_text(pilot))
        await until(pilot, lambda: "default" in screen_text(pilot))  # the row under the cursor stays in sight
    async with app(other).run_test() as pilot:
        pilot.app.post_message(events.Key("j", "j"))
        await until(pilot, lambda: bool(program(pilot).models))
        assert not pilot.app.screen.query(Tour)
