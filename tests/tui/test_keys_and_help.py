"""Help on what is focused, a palette with every command, few keys below, and keys of one's own."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from pathlib import Path

import pytest
from scripted import ScriptedBackend, whisper
from textual import events
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.pilot import Pilot
from textual.widgets import Footer, Input, Markdown
from textual.widgets._footer import FooterKey
from tui.conftest import Open
from tui.piloting import notices, program, screen_text, type_ahead, until

from orstt_core.types import EngineList
from orstt_core.types.options import OptionField
from orstt_tui.app import OrsttApp
from orstt_tui.keymap import command_owners, commands, is_key, keys_file, read_keymap
from orstt_tui.screens.audit import AuditScreen
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.create_key import SecretScreen
from orstt_tui.screens.help import HelpScreen
from orstt_tui.widgets.path_input import PathInput
from orstt_tui.widgets.reader import Reader

DOCS = Path(__file__).parents[2] / "docs" / "keys.md"
TAKEN_BY_TERMINALS = {"ctrl+b", "ctrl+s", "ctrl+q", "ctrl+a", "ctrl+j"}


def write_keys(text: str) -> None:
    """Write the file with one's own keys."""
    keys_file().parent.mkdir(parents=True, exist_ok=True)
    keys_file().write_text(text)


def shows(pilot: Pilot[None], words: str) -> bool:
    """Whether the screen shows this."""
    return words in screen_text(pilot)


async def palette(pilot: Pilot[None], words: str) -> None:
    """Choose a command by its name."""
    await pilot.press("ctrl+p")
    await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
    await pilot.press(*words)
    commands = pilot.app.screen.query_one(CommandList)
    await until(pilot, lambda: commands.option_count == 1)
    await pilot.press("enter")


@pytest.mark.slow
async def test_f1_explains_the_focused_widget_and_its_keys_also_in_a_dialog(open_app: Open) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("f1")
        await until(pilot, lambda: "Every configured model." in screen_text(pilot))
        while "Transcribe with the selected model" not in screen_text(pilot):
            await pilot.press("pagedown")
        help_box = pilot.app.screen.query_one("#help")
        await until(pilot, lambda: help_box.virtual_size.height > help_box.size.height)
        await pilot.press("end")
        await until(pilot, lambda: "docs/keys.md" in screen_text(pilot))
        assert pilot.app.screen.query_one(Markdown).region.width <= 78
        await pilot.press("f1")
        await until(pilot, lambda: not isinstance(pilot.app.screen, HelpScreen))
        await pilot.press("n", "f1")
        await until(pilot, lambda: "The checks below follow what you type." in screen_text(pilot))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1)
        await pilot.press("f3", "f1")
        await until(pilot, lambda: "takes the completion" in screen_text(pilot))


async def test_keys_typed_ahead_do_what_they_would_do_one_by_one(open_app: Open, backend: ScriptedBackend) -> None:
    # A field that appears once the engines are known has no place on the screen at first: Tab must not go there.
    threads = OptionField(name="threads", kind="integer", title="Threads", optional=True)
    backend.engine_list = EngineList(engines=[whisper(options=[threads])])
    async with open_app() as pilot:
        type_ahead(pilot, "n", *"thx", "tab", "tab", *"base", "f1")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        form = pilot.app.screen_stack[-2]
        assert [form.query_one(field, Input).value for field in ("#name", "#weights")] == ["thx", "base"]

        type_ahead(pilot, "escape", "escape", "down", "f11", "n", *"ward", "tab", "down", "down", "enter", "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, SecretScreen))
        assert [(key.name, key.scope) for key in await backend.keys()] == [("ward", "manage")]

        type_ahead(pilot, "escape", "escape", "f4", "slash", *"qqq", "escape", "f3", *"no such.wav", "tab", *"!", "f5")
        await until(pilot, lambda: isinstance(pilot.app.focused, Reader))
        assert pilot.app.screen.query_one(PathInput).value == "no such.wav"
        assert [request.audio for request in backend.requests] == [Path("no such.wav")]
        type_ahead(pilot, "o")
        pilot.app.post_message(events.Paste("x/y.wav"))
        await until(pilot, lambda: pilot.app.screen.query_one(PathInput).value == "x/y.wav")


async def test_every_command_is_in_the_palette_which_runs_it_even_while_one_types(
    open_app: Open, backend: ScriptedBackend
) -> None:
    async with open_app() as pilot:
        names = {offer.name for offer in program(pilot).offers(pilot.app.screen)}
        assert {"Activate", "New", "Delete", "Check", "Models", "Transcribe", "Help", "Quit", "Audit"} <= names
        assert {"Light or dark", "API on or off", "Requests", "Theme", "Renew"} <= names
        await pilot.press("down")
        await palette(pilot, "Activate")
        await until(pilot, lambda: "active: small" in screen_text(pilot))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(pilot.app.focused, PathInput))
        await pilot.press("1", "q")
        # A figure typed into a field is a figure.
        await until(pilot, lambda: pilot.app.screen.query_one(PathInput).value == "1q")
        await palette(pilot, "Models")
        await until(pilot, lambda: "[1 Models]" in screen_text(pilot))


async def test_the_tabs_can_be_clicked_and_the_footer_shows_at_most_six_keys_at_80_by_24(open_app: Open) -> None:
    async with open_app(size=(80, 24)) as pilot:
        for place, tab in ((22, "[2 Transcribe]"), (37, "[3 Jobs]"), (10, "[1 Models]")):
            await pilot.click("StatusBar", offset=(place, 0))
            await until(pilot, partial(shows, pilot, tab))
            await until(pilot, lambda: 0 < len(pilot.app.screen.query_one(Footer).query(FooterKey)) <= 6)


async def test_f6_changes_between_light_and_dark_and_ctrl_c_says_how_to_quit(open_app: Open) -> None:
    async with open_app() as pilot:
        themes = [pilot.app.theme]
        for _ in range(2):
            await pilot.press("f6")
            themes.append(pilot.app.theme)
        assert themes == ["orstt-dark", "orstt-light", "orstt-dark"]
        await pilot.press("ctrl+c")
        await until(pilot, lambda: any("to quit" in notice for notice in notices(pilot)))
        pilot.app.push_screen(ConfirmScreen("Delete small?"))
        pilot.app.notify("about what was before")  # still on its way when the dialog is up
        await until(pilot, lambda: "Delete small?" in screen_text(pilot))
        assert notices(pilot) == []
        racks = [rack for screen in pilot.app.screen_stack for rack in screen.query("ToastRack")]
        assert not any(rack.display for rack in racks), "none is shown behind the dialog either"
        pilot.app.notify("about the dialog")
        await until(pilot, lambda: notices(pilot) == ["about the dialog"])
        assert pilot.app.is_running


def all_bindings() -> list[Binding]:
    """Every binding that a class of ours declares."""
    return [
        binding
        for owner in command_owners(OrsttApp)
        for binding in Binding.make_bindings(owner.__dict__.get("BINDINGS", ()))
    ]


def test_every_command_has_an_id_and_can_be_given_another_key() -> None:
    moving = {"app.focus_previous", "app.focus_next", "help_quit"}  # inside a question, and Ctrl+C
    assert [binding for binding in all_bindings() if not binding.id and binding.action not in moving] == []


def test_no_key_collides_with_terminals_and_multiplexers() -> None:
    assert {binding.key for binding in all_bindings()}.isdisjoint(TAKEN_BY_TERMINALS)


def test_no_two_commands_of_a_place_share_a_key() -> None:
    for owner in command_owners(OrsttApp):
        bindings = Binding.make_bindings(owner.__dict__.get("BINDINGS", ()))
        keys = [binding.key for binding in bindings]
        assert len(keys) == len(set(keys)), owner


def test_the_documentation_lists_exactly_the_commands_there_are() -> None:
    rows = re.findall(r"^\| `([a-z.]+)` \| (.+?) \| (.+?) \|$", DOCS.read_text(), re.MULTILINE)
    documented = {name: (keys.replace("`", "").replace(" ", ""), what) for name, keys, what in rows}
    actual = {
        name: (binding.key, binding.tooltip or binding.description) for name, binding in commands(OrsttApp).items()
    }
    assert documented == actual


async def test_keys_of_ones_own_are_in_force_and_one_taken_from_another_command_is_said(open_app: Open) -> None:
    write_keys('models.activate = "d"\n"app.quit" = "ctrl+x,f10"\n"app.audit" = "n"\n"jobs.copy" = "w"\n')
    async with open_app() as pilot:
        said = "models.activate takes the key d from models.delete."
        await until(pilot, lambda: any(said in notice for notice in notices(pilot)))
        assert any(
            "app.audit takes the key n from models.add, measure.new, jobs.submit." in notice
            for notice in notices(pilot)
        )
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AuditScreen))
        await pilot.press("escape", "down", "a")
        await pilot.pause()
        assert "active: base" in screen_text(pilot)
        await pilot.press("d")
        await until(pilot, lambda: "active: small" in screen_text(pilot))
        await until(pilot, lambda: "d Activate" in screen_text(pilot))
        assert not isinstance(pilot.app.screen, ConfirmScreen)

        await until(pilot, lambda: "Activated small" in notices(pilot))
        pilot.app.clear_notifications()
        await pilot.press("f4", "y")
        assert notices(pilot) == [], "that key is no command any more"
        await pilot.press("w")
        await until(pilot, lambda: notices(pilot) == ["There is no job under the cursor."])


EFFECTS: dict[str, tuple[str, str]] = {
    "models.activate": ("f2", "active: small"),
    "transcribe.start": ("f3", "Name a recording first."),
    "app.quit": ("f3", ""),
}
"""Command of an example -> a key to press before, and what shows when it was run; nothing: the program has ended."""


async def test_every_example_of_the_documentation_does_what_it_says_wherever_the_focus_is(open_app: Open) -> None:
    examples = re.findall(r"^```toml\n(.+?)```", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    assert examples
    for example in examples:
        write_keys(example)
        async with open_app() as pilot:
            await pilot.press("down")
            for name, keys in tomllib.loads(example).items():
                before, words = EFFECTS[name]
                for key in reversed(keys.split(",")):
                    await pilot.press(before, key.strip())
                    await until(pilot, partial(shows, pilot, words) if words else lambda: not pilot.app.is_running)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('"models.activat" = "x"', "there is no command 'models.activat'"),
        ('"models.activate" = 5', "needs its keys as text"),
        ('"models.activate" = "f5, ctlr+y"', "'ctlr+y' is not a key"),
        ("models.activate = ", "cannot be read"),
    ],
)
def test_a_bad_line_changes_no_key(line: str, complaint: str) -> None:
    write_keys(f"{line}\n")
    keymap, [problem] = read_keymap(OrsttApp)
    assert keymap == {}
    assert complaint in problem


async def test_a_bad_line_is_said_and_the_defaults_stay(open_app: Open) -> None:
    write_keys('"models.activat" = "x"\n')
    async with open_app() as pilot:
        assert any("there is no command 'models.activat'" in notice for notice in notices(pilot))
        await pilot.press("down", "a")
        await until(pilot, lambda: "active: small" in screen_text(pilot))


def test_without_a_file_there_is_nothing_to_say() -> None:
    assert read_keymap(OrsttApp) == ({}, [])


@pytest.mark.parametrize("key", ["a", "?", "question_mark", "f12", "ctrl+shift+left", "ctrl+y", "space", "plus", "+"])
def test_names_of_keys_are_known(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize("key", ["", "f99", "ctlr+y", "enterr", "a b"])
def test_names_that_are_no_keys_are_refused(key: str) -> None:
    assert not is_key(key)
