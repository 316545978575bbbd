"""ConfirmScreen: a question that is answered by yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from orstt_tui.formatting import count
from orstt_tui.screens.dialog import Dialog


class ConfirmScreen(Dialog[bool]):
    """Asks; gives True for yes. *No* has the focus, so that Enter alone harms nothing."""

    HELP = "# A question\n\n**y** or **n**; **Escape** is no."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape", "answer(False)", "No", id="confirm.no"),
        Binding("left,h", "app.focus_previous", "Previous", show=False),
        Binding("right,l", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, question: str, details: str = "") -> None:
        super().__init__()
        self._question = question
        self._details = details

    def compose(self) -> ComposeResult:
        """The question over its two answers."""
        with Vertical(classes="dialog -small"):
            yield Static(self._question, classes="dialog-title", markup=False)
            if self._details:
                yield Static(self._details, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("No (n)", id="no", compact=True, action="screen.answer(False)")
                yield Button("Yes (y)", id="yes", variant="warning", compact=True, action="screen.answer(True)")

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001 - how actions pass it
        """Give the answer."""
        self.dismiss(yes)


def quit_question(*, own: bool, jobs: int) -> tuple[str, str] | None:
    """Return what to ask, and its details, before the program ends; None: nothing is lost or interrupted.

    Args:
        own: the transcription on the screen is under way; it ends with the program.
        jobs: how many others wait or run in this process; they are kept.
    """
    go_on = f"{count(jobs, 'job')} {'goes' if jobs == 1 else 'go'} on when OR-STT runs again." if jobs else ""
    if own:
        return "Quit and end the transcription?", f"It is cancelled; its text so far stays in its job. {go_on}".strip()
    return ("Quit?", go_on) if jobs else None
