"""EditSettingScreen: the form for one setting; what does not fit is said while it is typed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Select, Static

from orstt_core.errors import OrsttError, SettingsError
from orstt_core.settings import config_file
from orstt_core.settings.listing import Setting
from orstt_core.settings.writing import file_value, set_setting
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Choice, Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane


class EditSettingScreen(Dialog[bool]):
    """Gives True once it is written.

    Args:
        setting: the one to change.
    """

    HELP = """\
# A setting

It is written to the settings file, whose comments and order stay. Several values are separated by commas, pairs are
written `name=value`.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "accept", "Save", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._setting = setting

    def compose(self) -> ComposeResult:
        """What it is for, its value, what is wrong with it, the buttons."""
        setting = self._setting
        with Pane(setting.name, classes="dialog -small", id="edit-setting"):
            yield Static(setting.description, markup=False, id="setting-what")
            if setting.choices:
                options = [(choice, choice) for choice in setting.choices]
                yield labelled(
                    "Value", Choice(options, value=setting.text, id="choice", compact=True, allow_blank=False)
                )
            else:
                yield labelled("Value", Field(setting.text, id="value"))
            if setting.source == "environment":
                note = f"Set by {setting.variable}: while it is, the file's value does not count."
                yield Static(note, classes="muted", markup=False)
            yield Static(f"Written to {config_file()}.", classes="muted", markup=False)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(False)")
                yield Button("Save (F5)", id="accept", variant="primary", compact=True, action="screen.accept")

    @on(Input.Changed)
    def _check(self) -> None:
        try:
            file_value(self._setting.name, self._text)
        except SettingsError as error:
            self._show_problem(str(error))
        else:
            self._show_problem("")

    def _show_problem(self, problem: str) -> None:
        self.query_one(FormProblem).show(problem)
        self.query_one("#accept", Button).disabled = bool(problem)

    @on(Input.Submitted)
    def action_accept(self) -> None:
        """Write it, if it fits."""
        try:
            set_setting(self._setting.name, self._text)
        except OrsttError as error:
            self._show_problem(str(error))
        else:
            self.dismiss(True)

    @property
    def _text(self) -> str:
        if self._setting.choices:
            return str(self.query_one("#choice", Select).value)
        return self.query_one("#value", Input).value
