"""ImportModelScreen: which file to bring a model in from, and what to call it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from orstt_core.types.models import LONGEST_NAME
from orstt_tui.screens.dialog import Dialog
from orstt_tui.weights_text import SUFFIX
from orstt_tui.widgets.field import Field, FormProblem, labelled
from orstt_tui.widgets.path_input import Matches, PathInput

Archive = tuple[Path, str | None]
"""The file, and what to call the model; None: as it was called."""


class ImportModelScreen(Dialog[Archive | None]):
    """Gives the file and the name, or None."""

    HELP = """\
# Import a model

Name a file that **x** on the Models screen, or `orstt models export`, wrote. Each of its files is compared with its
digest; what is damaged leaves nothing behind. The model is added, neither active nor default.

The file is read on this machine, also when the models are on a server.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "bring", "Import", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def compose(self) -> ComposeResult:
        """The file, the name, what is wrong, the buttons."""
        with Vertical(classes="dialog", id="import-model"):
            yield Static("Import a model", classes="dialog-title")
            yield labelled("File", PathInput(id="file", suffixes={SUFFIX}, placeholder="path; Tab completes"))
            yield Matches(id="matches", markup=False)
            yield labelled("Name", Field(id="name", max_length=LONGEST_NAME, placeholder="as it was called"))
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Import (F5)", id="accept", variant="primary", compact=True, action="screen.bring")

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_bring(self) -> None:
        """Give what the form says."""
        field = self.query_one("#file", PathInput)
        if field.value.strip() and field.path.is_file():
            self.dismiss((field.path, self.query_one("#name", Input).value.strip() or None))
            return
        problem = f"There is no file {field.path}." if field.value.strip() else "Name a file."
        self.query_one(FormProblem).show(problem)
        field.focus()
