"""ConfirmScreen: a question that is answered by yes or no."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Static

from orstt_core.types import ENDED, Job
from orstt_tui.formatting import count
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.pane import Pane


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
        with Pane("Question", classes="dialog -small"):
            yield Static(self._question, classes="question", markup=False)
            if self._details:
                yield Static(self._details, markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield from self.buttons()

    def buttons(self) -> Iterable[Button]:
        """Yield a button for each answer, the harmless one first."""
        yield Button("No (n)", id="no", compact=True, action="screen.answer(False)")
        yield Button("Yes (y)", id="yes", variant="warning", compact=True, action="screen.answer(True)")

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001 - how actions pass it
        """Give the answer."""
        self.dismiss(yes)


class LeavingScreen(ConfirmScreen):
    """Asks whether to end the transcription on the screen with what is about to be done, or to keep it as a job.

    Args:
        question: names what is about to be done.
        details: what becomes of the work.
        keep: called when it is to be done and the transcription to go on without the program.
    """

    HELP = (
        "# End the transcription?\n\n**y** ends it, **k** keeps it as a job; **n** or **Escape** leaves all as it is."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "keep", "Keep it", id="quit.keep", tooltip="Keep the transcription as a job, and go on")
    ]

    def __init__(self, question: str, details: str, keep: Callable[[], object]) -> None:
        super().__init__(question, details)
        self._keep = keep

    def buttons(self) -> Iterable[Button]:
        """Yield the answers of any question and the third."""
        no, yes = super().buttons()
        return no, Button("Keep it (k)", id="keep", compact=True, action="screen.keep"), yes

    def action_keep(self) -> None:
        """Go on without the transcription."""
        self._keep()
        self.dismiss(False)


def leaving_dialog(what: str, *, jobs: int, goes_on: str, keep: Callable[[], object] | None) -> ConfirmScreen | None:
    """Return what asks before the program leaves its backend; None: nothing is lost or interrupted.

    Args:
        what: is about to be done, such as `Quit`.
        jobs: as for `leaving_question`.
        goes_on: when or where what is kept goes on.
        keep: keeps the transcription on the screen and does what is about to be done; None: none is under way.
    """
    question = leaving_question(what, own=keep is not None, jobs=jobs, goes_on=goes_on)
    if question is None or keep is None:
        return ConfirmScreen(*question) if question else None
    return LeavingScreen(question[0], f"{question[1]}\nk keeps it as a job: it goes on {goes_on}.", keep)


def closing_note(job: Job, location: str) -> str:
    """Return what to say of a transcription that was to be kept as a job when the program has ended."""
    if job.state in ENDED:
        kept = f"the transcription ended first, as job {job.id}"
    else:
        place = "when OR-STT runs again" if location == "local" else f"at {location}"
        kept = f"kept as job {job.id}, which goes on {place}"
    return f"{kept}: `orstt jobs show {job.id}`"


def leaving_question(what: str, *, own: bool, jobs: int, goes_on: str) -> tuple[str, str] | None:
    """Return what to ask, and its details, before the program leaves its backend; None: nothing is interrupted.

    Args:
        what: is about to be done, such as `Quit`.
        own: the transcription on the screen is under way; it ends.
        jobs: how many others wait or run in this process; they are kept.
        goes_on: when these go on.
    """
    go_on = f"{count(jobs, 'job')} {'goes' if jobs == 1 else 'go'} on {goes_on}." if jobs else ""
    if own:
        return (
            f"{what} and end the transcription?",
            f"It is cancelled; its text so far stays in its job. {go_on}".strip(),
        )
    return (f"{what}?", go_on) if jobs else None
