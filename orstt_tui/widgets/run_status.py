"""RunStatus: one line that says what a piece of work is doing, and a bar when there is something to measure."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static

from orstt_tui.weights_run import WeightsRun


class RunStatus(Vertical):
    """Shows a state in words and how far it is.

    Args:
        percentage: whether the bar says it too; the words may.
        id: of the widget.
    """

    def __init__(self, *, percentage: bool = True, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._percentage = percentage
        self._shown = ("", "", "")
        self._progress: tuple[float, float] | None = None

    def compose(self) -> ComposeResult:
        """The words over the bar."""
        yield Static(id="run-text")
        yield ProgressBar(id="run-bar", show_eta=False, show_percentage=self._percentage)

    def on_mount(self) -> None:
        """Nothing runs yet: no bar."""
        self._bar.display = False

    @property
    def _bar(self) -> ProgressBar:
        return self.query_one("#run-bar", ProgressBar)

    def show(self, text: str, *, style: str = "", hint: str = "") -> None:
        """Show what is going on, and what to do about it."""
        # The screen calls ten times a second; laying it out anew is worth it only for a change.
        if (text, style, hint) != self._shown:
            self._shown = (text, style, hint)
            content = Content.assemble((text, style), (f"\n{hint}" if hint else "", "dim"))
            self.query_one("#run-text", Static).update(content)

    def show_progress(self, progress: tuple[float, float] | None) -> None:
        """Show a bar of so much, out of so much; None, or out of nothing, hides it: it cannot be measured."""
        if progress != self._progress:
            self._progress = progress
            done, total = progress or (0.0, 0.0)
            self._bar.display = total > 0
            if total:
                self._bar.update(total=total, progress=min(done, total))

    def follow(self, run: WeightsRun | None) -> None:
        """Show work on model files; where there is none, no room is taken."""
        self.display = run is not None
        if run is not None:
            self.show(run.sentence)
            self.show_progress(run.progress)
