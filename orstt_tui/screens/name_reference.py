"""NameReferenceScreen: which file holds what was really said."""

from __future__ import annotations

import asyncio
from typing import ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from orstt_core.errors import OrsttError
from orstt_tui.file_parts import read_text
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import FormProblem, labelled
from orstt_tui.widgets.path_input import Matches, PathInput

SUFFIX = ".txt"


class NamedReference(NamedTuple):
    """What was said, and the name of the file that says so; both empty: no file does."""

    text: str
    name: str


class NameReferenceScreen(Dialog[NamedReference | None]):
    """Gives the text of a file, or None.

    Args:
        suggested: the path that stands there first.
    """

    HELP = """\
# A reference

A text file of what was really said in the recording. The errors of both transcripts are counted against it, after
case, punctuation and spellings are made alike. Without a name, against what a person corrected of one of the two.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "take", "Take", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, suggested: str = "") -> None:
        super().__init__()
        self._suggested = suggested

    def compose(self) -> ComposeResult:
        """The file, what is wrong, the buttons."""
        with Vertical(classes="dialog", id="name-reference"):
            yield Static("What was really said", classes="dialog-title")
            yield labelled("Text file", PathInput(self._suggested, id="file", suffixes={SUFFIX}))
            yield Matches(id="matches", markup=False)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Take (F5)", id="accept", variant="primary", compact=True, action="screen.take")

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_take(self) -> None:
        """Read the file, if one is named."""
        if not self.query_one("#file", PathInput).value.strip():
            self.dismiss(NamedReference("", ""))
            return
        self.read()

    @work(exclusive=True, group="reference", exit_on_error=False)
    async def read(self) -> None:
        """Give the text of the file; what is wrong with it is said in the form, which stays."""
        path = self.query_one("#file", PathInput).path
        try:
            text = await asyncio.to_thread(read_text, path)
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
            return
        if text.strip():
            self.dismiss(NamedReference(text, str(path)))
        else:
            self.query_one(FormProblem).show(f"{path.name} is empty.")
