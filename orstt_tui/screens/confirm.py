"""ConfirmScreen: a question that is answered by yes or no."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

from msgspec import Struct
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
    CRUMB = "Question"
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
    """Asks whether to end the transcription on the screen, and what is in line behind it, or to keep both as jobs.

    Args:
        question: names what is about to be done.
        details: what becomes of the work.
        keep: called when it is to be done and the work to go on without the program.
    """

    HELP = """\
# End the transcription?

**y** ends it, and forgets what is in line behind it. **k** keeps all of that as jobs. **n** or **Escape** leaves it as
it is.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "keep", "Keep it", id="quit.keep", tooltip="Keep the transcription and what is in line as jobs")
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


class Unfinished(Struct, frozen=True, kw_only=True):
    """What is under way when the program is to leave its backend.

    Attributes:
        own: the transcription on the screen; it ends.
        waiting: how many recordings are in line behind it, or without it; they are in no job.
        unsubmitted: how many jobs are still to be submitted in the background; they never are.
        jobs: how many others wait or run in this process; they are kept.
        measuring: a benchmark that ends.
    """

    own: bool = False
    waiting: int = 0
    unsubmitted: int = 0
    jobs: int = 0
    measuring: bool = False


def leaving_dialog(
    what: str, unfinished: Unfinished, *, goes_on: str, keep: Callable[[], object]
) -> ConfirmScreen | None:
    """Return what asks before the program leaves its backend; None: nothing is lost or interrupted.

    Args:
        what: is about to be done, such as `Quit`.
        unfinished: what that would end or interrupt.
        goes_on: when or where what is kept goes on.
        keep: keeps the transcription on the screen and the queue, and does what is about to be done.
    """
    question = leaving_question(what, unfinished, goes_on=goes_on)
    if question is None or not (unfinished.own or unfinished.waiting):
        return ConfirmScreen(*question) if question else None
    several = unfinished.own + unfinished.waiting > 1
    kept = f"k keeps them as jobs: they go on {goes_on}." if several else f"k keeps it as a job: it goes on {goes_on}."
    return LeavingScreen(question[0], f"{question[1]}\n{kept}", keep)


def closing_note(job: Job | None, waiting: int, location: str) -> str:
    """Return what to say, when the program has ended, of what was to be kept as jobs.

    Args:
        job: that of the transcription; None: none was under way.
        waiting: how many recordings were in line.
        location: where the jobs are.
    """
    place = "when OR-STT runs again" if location == "local" else f"at {location}"
    others = (
        f"{count(waiting, 'recording')} in line {'is a job' if waiting == 1 else 'are jobs'} now" if waiting else ""
    )
    if job is None:
        return f"{others}, which {'goes' if waiting == 1 else 'go'} on {place}: `orstt jobs list`"
    if job.state in ENDED:
        kept = f"the transcription ended first, as job {job.id}"
    else:
        kept = f"kept as job {job.id}, which goes on {place}"
    return f"{kept}: `orstt jobs show {job.id}`{f'; {others}' if others else ''}"


def leaving_question(what: str, unfinished: Unfinished, *, goes_on: str) -> tuple[str, str] | None:
    """Return what to ask, and its details, before the program leaves its backend; None: nothing is interrupted.

    Args:
        what: is about to be done, such as `Quit`.
        unfinished: what that would end or interrupt.
        goes_on: when jobs of this process go on.
    """
    if unfinished == Unfinished():
        return None
    waiting, unsubmitted, jobs = unfinished.waiting, unfinished.unsubmitted, unfinished.jobs
    said = ["It is cancelled; its text so far stays in its job."] if unfinished.own else []
    if waiting:
        said.append(f"{count(waiting, 'recording')} in line {'is' if waiting == 1 else 'are'} forgotten.")
    if unsubmitted:
        still = "is still" if unsubmitted == 1 else "are still"
        said.append(f"{count(unsubmitted, 'job')} {still} to be submitted and will not be; n lets that finish.")
    if unfinished.measuring:
        said.append("Measuring stops; what was found stays, and `orstt bench --resume` goes on with the rest.")
    if jobs:
        said.append(f"{count(jobs, 'job')} {'goes' if jobs == 1 else 'go'} on {goes_on}.")
    return f"{what} and end the transcription?" if unfinished.own else f"{what}?", " ".join(said)
