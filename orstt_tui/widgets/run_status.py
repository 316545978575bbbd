"""RunStatus: one line that says what a transcription is doing, and a bar when there is something to measure."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import ProgressBar, Static


class RunStatus(Vertical):
    """Shows a state in words and how far it is."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._shown = ("", "", "")
        self._measured: tuple[float | None, float | None] | None = None

    def compose(self) -> ComposeResult:
        """The words over the bar."""
        yield Static(id="run-words")
        yield ProgressBar(id="run-bar", show_eta=False, show_percentage=True)

    def on_mount(self) -> None:
        """Nothing runs yet: no bar."""
        self._bar.display = False

    @property
    def _bar(self) -> ProgressBar:
        return self.query_one("#run-bar", ProgressBar)

    def show(self, words: str, *, style: str = "", hint: str = "") -> None:
        """Show what is going on, and what to do about it."""
        # The screen calls ten times a second; laying it out anew is worth it only for news.
        if (words, style, hint) != self._shown:
            self._shown = (words, style, hint)
            text = Content.assemble((words, style), (f"\n{hint}" if hint else "", "dim"))
            self.query_one("#run-words", Static).update(text)

    def measure(self, done: float | None, total: float | None = None) -> None:
        """Show a bar of `done` out of `total`; None hides it: nothing can be measured."""
        if (done, total) != self._measured:
            self._measured = (done, total)
            self._bar.display = done is not None and bool(total)
            if done is not None and total:
                self._bar.update(total=total, progress=min(done, total))
