"""PresetsScreen: named sets of options: one is chosen for the form behind, or what that says is kept as one."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from orstt_core.errors import OrsttError
from orstt_tui.formatting import home_path
from orstt_tui.presets import LONGEST_NAME, Preset, delete_preset, presets_file, read_presets, save_preset
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList, ListNote
from orstt_tui.widgets.field import Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane, show_title

COLUMNS = Columns(
    names=("Name", "Options"),
    cut={"Name": Share(least=12), "Options": Share(least=20, weight=3)},
    prose=frozenset({"Options"}),
)
NONE = "No preset is kept yet: n gives what the form says a name."


class PresetsScreen(Dialog[Preset | None]):
    """Gives the preset that was chosen, or None.

    Args:
        make: returns what the form says as a preset of a name.
    """

    HELP = """\
# Presets

A preset is a set of options under a name: model, language, task, vocabularies and all others. **Enter** fills the form
with one, **n** keeps what the form says as one, **d** removes one. Commands take them too: `--preset NAME`.

They are kept in `presets.toml` beside the settings file. A preset with which something is wrong is named with its line.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", id="presets.choose", tooltip="Fill the form with the selected preset"),
        Binding("n", "name", "Save as", id="presets.save", tooltip="Keep what the form says as a preset"),
        Binding("d", "delete", "Delete", id="presets.delete", tooltip="Remove the selected preset"),
        Binding("escape", "dismiss(None)", "Close", id="presets.close"),
    ]

    def __init__(self, make: Callable[[str], Preset]) -> None:
        super().__init__()
        self._make = make
        self._presets: list[Preset] = []

    def compose(self) -> ComposeResult:
        """The list, the name to save under, what is wrong."""
        with Pane("Presets", classes="dialog -list"):
            yield ListNote()
            yield DetailedList(COLUMNS)
            yield labelled("Save as", Field(id="preset-name", max_length=LONGEST_NAME, placeholder="a name"))
            yield FormProblem()

    def on_mount(self) -> None:
        """Show what is kept."""
        self.query_one(DetailedList).table.focus()
        self._read()

    def _read(self) -> None:
        presets, problems = read_presets()
        self._presets = sorted(presets.values(), key=lambda preset: preset.name.casefold())
        self.query_one(DetailedList).show(
            [{"Name": preset.name, "Options": preset.words or "the defaults"} for preset in self._presets]
        )
        total = f": {len(self._presets)}" if self._presets else ""
        show_title(self.query_one(Pane), f"Presets{total}", f"kept in {home_path(presets_file())}")
        self.query_one(ListNote).show("" if self._presets else NONE)
        self.query_one(FormProblem).show("\n".join(problems))
        self.refresh_bindings()

    @property
    def _selected(self) -> Preset | None:
        row = self.query_one(DetailedList).table.cursor_row
        return self._presets[row] if 0 <= row < len(self._presets) else None

    def why_not(self, action: str) -> str:
        """Return why nothing can be done with the selected preset: there is none."""
        if action not in ("choose", "delete") or not self.is_mounted or self._selected is not None:
            return ""
        return "There is no preset."

    def on_data_table_row_selected(self) -> None:
        """Enter, or a second click, chooses."""
        self.action_choose()

    def action_choose(self) -> None:
        """Give the selected one."""
        self.dismiss(self._selected)

    def action_name(self) -> None:
        """Ask for the name."""
        self.set_focus(self.query_one("#preset-name"))

    @on(Input.Submitted)
    def _save(self, event: Input.Submitted) -> None:
        try:
            save_preset(self._make(event.value))
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
            return
        self.app.notify(f"Saved the preset {event.value.strip()}.", markup=False)
        event.input.value = ""
        self._read()
        self.query_one(DetailedList).table.focus()

    def action_delete(self) -> None:
        """Ask, then remove the selected one."""
        if (preset := self._selected) is None:
            return

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self._delete(preset)

        self.app.push_screen(ConfirmScreen(f"Delete the preset {preset.name}?", preset.words), answered)

    def _delete(self, preset: Preset) -> None:
        try:
            delete_preset(preset.name)
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
        else:
            self._read()
