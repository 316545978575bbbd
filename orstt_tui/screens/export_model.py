"""ExportModelScreen: where to write a model with its weights."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.weights_text import SUFFIX
from orstt_tui.widgets.field import FormProblem, labelled
from orstt_tui.widgets.path_input import Matches, PathInput


class ExportModelScreen(Dialog[Path | None]):
    """Gives the file to write, or None.

    Args:
        model: its name; the suggested file is called so.
    """

    HELP = """\
# Export a model

One file takes the weights, their digests and the configuration of the model into a network without a hub: **i** on the
Models screen there, or `orstt models import`, reads it. A name without a folder is a file where the program was
started, on this machine also when the model is on a server. The weights are verified first.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "export", "Export", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model = model

    def compose(self) -> ComposeResult:
        """The file, what is wrong, the buttons."""
        with Vertical(classes="dialog", id="export-model"):
            yield Static(f"Export {self._model}", classes="dialog-title", markup=False)
            suggested = f"{self._model.replace('/', '-')}{SUFFIX}"
            yield labelled("File", PathInput(suggested, id="file", suffixes={SUFFIX}))
            yield Matches(id="matches", markup=False)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Export (F5)", id="accept", variant="primary", compact=True, action="screen.export")

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_export(self) -> None:
        """Give the file; ask first when that would replace one."""
        field = self.query_one("#file", PathInput)
        path, problem = field.path, self.query_one(FormProblem)
        if not field.value.strip():
            problem.show("Name a file.")
        elif path.is_dir():
            problem.show(f"{path} is a folder. Name a file in it.")
        elif not path.absolute().parent.is_dir():
            problem.show(f"There is no folder {path.absolute().parent}.")
        elif path.exists():
            self._ask(path)
        else:
            self.dismiss(path)

    def _ask(self, path: Path) -> None:
        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.dismiss(path)

        self.app.push_screen(ConfirmScreen(f"Replace {path.name}?", f"{path} exists already."), answered)
