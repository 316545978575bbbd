"""FormatChoice: which formats to write, one or several; and how subtitles among them are laid out."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Select

from orstt_core.conversion import convert
from orstt_core.formats import SUBTITLES
from orstt_core.option_fields import fields_of
from orstt_core.types import SubtitleOptions
from orstt_tui.widgets.field import Choice, labelled
from orstt_tui.widgets.option_form import option_control, option_values

LABELS = {"text": "text", "srt": "srt", "vtt": "vtt", "tsv": "tsv", "json": "json", "verbose_json": "verbose"}
"""Format -> what its button says."""
ON, OFF = "[x]", "[ ]"
"""What stands before a format that is written, or is not: told by a letter, not by a colour."""
CUES = [("a segment each", False), ("divided and wrapped to be read", True)]
"""How subtitles are laid out: what a person calls it, and whether `SubtitleOptions` say so."""


class FormatChoice(Vertical):
    """A button for each format; below, while subtitles are among those chosen, what a cue may hold.

    Args:
        language: of the text: what is usual in it stands in the fields (ISO code).
        chosen: the formats that are chosen at first.
    """

    class Changed(Message):
        """Others are chosen, or cues are laid out otherwise.

        Attributes:
            form: the format that was chosen or given up just now; empty: none.
        """

        def __init__(self, form: str = "") -> None:
            super().__init__()
            self.form = form

    def __init__(self, language: str | None, chosen: Iterable[str]) -> None:
        super().__init__()
        self._usual = SubtitleOptions().limits(language)
        self._chosen = list(chosen)

    def compose(self) -> ComposeResult:
        """Formats, cues."""
        with Horizontal(id="formats"):
            for form in LABELS:
                yield Button(_label(form, on=form in self._chosen), id=f"format-{form}", compact=True)
        with Vertical(id="cue-options"):
            yield labelled("Cues", Choice(CUES, value=False, id="cues", compact=True, allow_blank=False))
            with Horizontal(id="cue-limits"):
                for field in fields_of(SubtitleOptions):
                    yield labelled(field.title, option_control(field))

    def on_mount(self) -> None:
        """Show what is usual, and only what there is to choose."""
        self.query_one("#option-line_length", Input).placeholder = str(self._usual.line_length)
        self.query_one("#option-reading_speed", Input).placeholder = f"{self._usual.reading_speed:g}"
        self._show_options()

    @property
    def chosen(self) -> list[str]:
        """The formats chosen, in the order of their buttons."""
        return [form for form in LABELS if form in self._chosen]

    def choose(self, *forms: str) -> None:
        """Choose these formats and no others."""
        self._chosen = list(forms)
        for form in LABELS:
            self.query_one(f"#format-{form}", Button).label = _label(form, on=form in self._chosen)
        self._show_options()

    def subtitles(self) -> SubtitleOptions | None:
        """Return how cues are laid out; None: a segment each.

        Raises:
            InvalidRequest: a limit does not fit; it has the focus then.
        """
        if self.query_one("#cues", Select).value is not True:
            return None
        fields = fields_of(SubtitleOptions)
        return convert(option_values(self, fields), SubtitleOptions)

    @on(Button.Pressed)
    def _toggle(self, event: Button.Pressed) -> None:
        event.stop()
        form = (event.button.id or "").removeprefix("format-")
        others = [each for each in self._chosen if each != form]
        self.choose(*(others if form in self._chosen else [*others, form]))
        self.post_message(self.Changed(form))

    @on(Select.Changed)
    @on(Input.Changed)
    def _lay_out(self, event: Message) -> None:
        event.stop()
        self._show_options()
        self.post_message(self.Changed())

    def _show_options(self) -> None:
        self.query_one("#cue-options").display = bool(SUBTITLES.intersection(self._chosen))
        self.query_one("#cue-limits").display = self.query_one("#cues", Select).value is True


def _label(form: str, *, on: bool) -> Content:
    return Content(f"{ON if on else OFF} {LABELS[form]}")  # brackets, not markup
