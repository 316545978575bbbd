"""FileDialog: a form that asks for a file, and what becomes of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input

from orstt_tui.screens.dialog import Dialog, Result
from orstt_tui.weights_text import SUFFIX
from orstt_tui.widgets.field import FormProblem, labelled
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.path_input import Matches, PathInput


def accepting(word: str) -> Binding:
    """Return the key that goes ahead, called as the button is."""
    return Binding("f5", "accept", word, id="form.accept", tooltip="Go ahead with what the form says")


class FileDialog(Dialog[Result]):
    """Gives what `action_accept` makes of the form, or None.

    Args:
        title: stands above.
        accept: what its button says.
        file: stands in the field at first.
        problem: what is wrong, until something else is typed; empty: nothing is.
        suffix: what the names of such files end in; that of a model.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        accepting("Accept"),
    ]

    def __init__(self, title: str, accept: str, *, file: str = "", problem: str = "", suffix: str = SUFFIX) -> None:
        super().__init__()
        self._title, self._accept, self._given, self._given_problem = title, accept, file, problem
        self._suffix = suffix
        self._refused: list[str] = []

    def compose(self) -> ComposeResult:
        """The file, the other fields, what is wrong, the buttons."""
        with Pane(self._title, classes="dialog"):
            file = PathInput(self._given, id="file", suffixes={self._suffix}, placeholder="path; Tab completes")
            yield labelled("File", file)
            yield Matches(id="matches", markup=False)
            yield from self.other_fields()
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button(
                    f"{self._accept} (F5)", id="accept", variant="primary", compact=True, action="screen.accept"
                )

    def other_fields(self) -> Iterable[Widget]:
        """Return what is asked beside the file."""
        return ()

    def on_mount(self) -> None:
        """Say what is wrong with what was given."""
        if self._given_problem:
            self.refuse(self._given_problem)

    @property
    def field(self) -> PathInput:
        """The field for the file."""
        return self.query_one(PathInput)

    def refuse(self, problem: str) -> None:
        """Say what is wrong, until the form says something else."""
        self._refused = self._typed
        self.query_one(FormProblem).show(problem)

    @property
    def _typed(self) -> list[str]:
        return [field.value for field in self.query(Input)]

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        if self._typed != self._refused:
            self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def _submit(self) -> None:
        self.action_accept()

    @abstractmethod
    def action_accept(self) -> None:
        """Give what the form says, or refuse it."""
