"""SaveScreen: in which format and where to save a transcript."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Select, Static

from orstt_core.errors import OrsttError
from orstt_core.types import Transcript
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.transcript_file import SUFFIXES, format_of, suggested_file, write_whole
from orstt_tui.widgets.field import Choice, FormProblem, labelled
from orstt_tui.widgets.path_input import Matches, PathInput

FORMATS = {
    "text": "plain text",
    "srt": "SubRip subtitles",
    "vtt": "WebVTT subtitles",
    "json": "JSON, the text only",
    "verbose_json": "JSON, with segments and times",
    "tsv": "a table, tab-separated",
}
"""Format -> what a person calls it."""


class SaveScreen(Dialog[Path | None]):
    """Writes the file, whole or not at all, and gives its path; None when nothing was saved.

    Args:
        transcript: what to save.
        recording: the file it came from; the suggested name stands beside it.
    """

    HELP = """\
# Save the transcript

Name a file; its ending chooses the format (`.txt`, `.srt`, `.vtt`, `.tsv`, `.json`), and a format chosen changes the
ending. A name without a folder is a file where the program was started; the suggestion stands beside the recording,
or there. A file that exists is replaced only after you said so.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "save", "Save", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, transcript: Transcript, recording: Path) -> None:
        super().__init__()
        self._transcript = transcript
        self._recording = recording

    def compose(self) -> ComposeResult:
        """Format, file, what is wrong, buttons."""
        with Vertical(classes="dialog", id="save"):
            yield Static("Save the transcript", classes="dialog-title")
            yield labelled(
                "Format",
                Choice(
                    [(f"{name}: {what}", name) for name, what in FORMATS.items()],
                    id="format",
                    compact=True,
                    allow_blank=False,
                ),
            )
            yield labelled(
                "File", PathInput(str(suggested_file(self._recording)), id="file", suffixes=SUFFIXES.values())
            )
            yield Matches(id="matches", markup=False)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Save (F5)", id="accept", variant="primary", compact=True, action="screen.save")

    def on_mount(self) -> None:
        """Nothing is wrong yet."""
        self.query_one(FormProblem).show("")
        field = self.query_one("#file", PathInput)
        field.focus()
        # The name matters more than the folders before it; a field scrolls only when its cursor moves.
        self.call_after_refresh(field.action_home)
        self.call_after_refresh(field.action_end)

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _choose_format(self) -> None:
        self.query_one(FormProblem).show("")
        self.query_one("#format", Select).value = self._format

    @on(Select.Changed)
    def _rename(self) -> None:
        # A name of the person's own keeps its stem; only the suffix follows the format.
        field, chosen = self.query_one("#file", PathInput), self._chosen
        if format_of(field.value, chosen) not in {None, chosen}:
            field.value = str(Path(field.value).with_suffix(SUFFIXES[chosen]))

    @property
    def _chosen(self) -> str:
        chosen = self.query_one("#format", Select).value
        return chosen if isinstance(chosen, str) else "text"

    @property
    def _format(self) -> str:
        """The format that the file's name asks for, as in a command; the chosen one where it asks for none."""
        return format_of(self.query_one("#file", PathInput).path.name, self._chosen) or self._chosen

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Write the file; ask first when that would replace one."""
        field = self.query_one("#file", PathInput)
        if not field.value.strip() or field.path.is_dir():
            named = bool(field.value.strip())
            self.query_one(FormProblem).show(
                f"{field.path} is a folder. Name a file in it." if named else "Name a file."
            )
        elif field.path.exists():
            self._ask(field.path, self._format)
        else:
            self.write(field.path, self._format)

    def _ask(self, path: Path, form: str) -> None:
        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.write(path, form)

        self.app.push_screen(ConfirmScreen(f"Replace {path.name}?", f"{path} exists already."), answered)

    @work(exclusive=True, group="save", exit_on_error=False)
    async def write(self, path: Path, form: str) -> None:
        """Write the file, whole or not at all."""
        try:
            await asyncio.to_thread(_write, path, self._transcript, form)
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
        else:
            self.dismiss(path)


def _write(path: Path, transcript: Transcript, form: str) -> None:
    from orstt_core.formats import render

    write_whole(path, render(transcript, form))
