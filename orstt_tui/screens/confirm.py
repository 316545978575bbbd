"""ConfirmScreen: a question that is answered by yes or no."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from orstt_core.types import ENDED, Job
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
                yield from self.buttons()

    def buttons(self) -> Iterable[Button]:
        """Yield a button for each answer, the harmless one first."""
        yield Button("No (n)", id="no", compact=True, action="screen.answer(False)")
        yield Button("Yes (y)", id="yes", variant="warning", compact=True, action="screen.answer(True)")

    def action_answer(self, yes: bool) -> None:  # noqa: FBT001 - how actions pass it
        """Give the answer."""
        self.dismiss(yes)


class QuitScreen(ConfirmScreen):
    """Asks whether to end the program and the transcription on the screen, which can also be kept as a job.

    Args:
        details: what becomes of the work.
        keep: called when the program is to end and the transcription to go on without it.
    """

    HELP = "# End the program?\n\n**y** ends the transcription too, **k** keeps it as a job; **n** or **Escape** is no."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "keep", "Keep it", id="quit.keep", tooltip="End the program and keep the transcription as a job")
    ]

    def __init__(self, details: str, keep: Callable[[], object]) -> None:
        super().__init__("Quit and end the transcription?", details)
        self._keep = keep

    def buttons(self) -> Iterable[Button]:
        """Yield the answers of any question and the third."""
        no, yes = super().buttons()
        return no, Button("Keep it (k)", id="keep", compact=True, action="screen.keep"), yes

    def action_keep(self) -> None:
        """End the program without the transcription."""
        self.dismiss(False)
        self._keep()


def quit_dialog(*, jobs: int, location: str, keep: Callable[[], object] | None) -> ConfirmScreen | None:
    """Return what asks before the program ends; None: nothing is lost or interrupted.

    Args:
        jobs: as for `quit_question`.
        location: where the work is done.
        keep: keeps the transcription on the screen and ends the program; None: none is under way.
    """
    question = quit_question(own=keep is not None, jobs=jobs)
    if question is None or keep is None:
        return ConfirmScreen(*question) if question else None
    return QuitScreen(f"{question[1]}\nk keeps it as a job: it goes on {_place(location)}.", keep)


def closing_note(job: Job, location: str) -> str:
    """Return what to say of a transcription that was to be kept as a job when the program has ended."""
    if job.state in ENDED:
        kept = f"the transcription ended first, as job {job.id}"
    else:
        kept = f"kept as job {job.id}, which goes on {_place(location)}"
    return f"{kept}: `orstt jobs show {job.id}`"


def _place(location: str) -> str:
    return "when OR-STT runs again" if location == "local" else f"at {location}"


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
