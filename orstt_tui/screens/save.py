"""SaveScreen: in which formats and where to save a transcript, with a look at it before it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from msgspec import json
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from orstt_core.errors import InvalidRequest, OrsttError
from orstt_core.types import SubtitleOptions, Transcript
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.transcript_file import SUFFIXES, files_of, format_of, render_as, suggested_file, write_transcript
from orstt_tui.widgets.field import FormProblem, labelled
from orstt_tui.widgets.format_choice import FormatChoice
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.path_input import Matches, PathInput

DEBOUNCE = 0.1
"""Seconds without another change before the preview is made again."""
JSON_FORMS = frozenset({"json", "verbose_json"})
SHOWN = 1500
"""Characters of a preview: more than its lines hold."""


class SaveScreen(Dialog[list[Path] | None]):
    """Writes the files, each whole or not at all, and gives their paths; None when nothing was saved.

    Args:
        transcript: what to save.
        recording: the file it came from; the suggested name stands beside it.
        form: the format that is chosen to begin with.
    """

    HELP = """\
# Save the transcript

Choose one format or several, and name a file; its ending chooses the format (`.txt`, `.srt`, `.vtt`, `.tsv`, `.json`),
and a format chosen changes the ending. Several formats are files beside each other, each with its own ending. A name
without a folder is a file where the program was started; the suggestion stands beside the recording, or there. A file
that exists is replaced only after you said so.

**Cues** of subtitles are a segment each, or divided and wrapped so that they can be read: at most so many characters a
line, lines, and seconds; a cue that is short for its text stays until the next one begins. Segments are divided where
the times of words were measured (the option *Word times*). What is left empty is what is usual in the language.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "save", "Save", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, transcript: Transcript, recording: Path, form: str = "text") -> None:
        super().__init__()
        self._transcript = transcript
        self._recording = recording
        self._previewed = form

    def compose(self) -> ComposeResult:
        """Formats, file, what is wrong, what it will look like, buttons."""
        language = "en" if self._transcript.task == "translate" else self._transcript.language
        with Pane("Save the transcript", classes="dialog", id="save"):
            yield FormatChoice(language, [self._previewed])
            suggested = str(suggested_file(self._recording, self._previewed))
            yield labelled("File", PathInput(suggested, id="file", suffixes=SUFFIXES.values()))
            yield Matches(id="matches", markup=False)
            yield FormProblem()
            yield Static(id="preview-of", classes="muted", markup=False)
            yield Static(id="preview", markup=False)
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
        self.preview()

    @property
    def formats(self) -> FormatChoice:
        """Which formats are written."""
        return self.query_one(FormatChoice)

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _choose_format(self) -> None:
        self.query_one(FormProblem).show("")
        self._follow_name()
        self.preview()

    def _follow_name(self) -> None:
        """Choose the format that the file's name asks for, as in a command; among several chosen, it asks for none."""
        chosen = self.formats.chosen
        if len(chosen) == 1:
            asked = format_of(self.query_one("#file", PathInput).path.name, chosen[0])
            if asked not in {None, chosen[0]}:
                self.formats.choose(str(asked))

    @on(FormatChoice.Changed)
    def _chosen(self, event: FormatChoice.Changed) -> None:
        self.query_one(FormProblem).show("")
        chosen, field = self.formats.chosen, self.query_one("#file", PathInput)
        self._previewed = event.form if event.form in chosen else self._previewed
        # A name of the person's own keeps its stem; only the ending follows the format.
        if len(chosen) == 1 and format_of(field.value, chosen[0]) not in {None, chosen[0]}:
            field.value = str(Path(field.value).with_suffix(SUFFIXES[chosen[0]]))
        self.preview()

    # --- how it looks -----------------------------------------------------------------------------

    @work(exclusive=True, group="preview", exit_on_error=False)
    async def preview(self) -> None:
        """Show the beginning of the file of the format that was chosen last, and what the files are called."""
        await asyncio.sleep(DEBOUNCE)
        chosen, path = self.formats.chosen, self.query_one("#file", PathInput).path
        form = self._previewed if self._previewed in chosen else next(iter(chosen), "")
        names = ", ".join(target.name for target in files_of(path, chosen).values()) if chosen else "nothing"
        try:
            cues = self.formats.subtitles() if form else None
            text = await asyncio.to_thread(render_as, self._transcript, form, cues) if form else ""
        except OrsttError as error:
            text = str(error)
        self.query_one("#preview-of", Static).update(f"Preview of {form or 'nothing'} · writes {names}")
        # Their files are a single line each.
        shown = json.format(text) if form in JSON_FORMS and text.startswith("{") else text
        self.query_one("#preview", Static).update(shown[:SHOWN])

    # --- writing ----------------------------------------------------------------------------------

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Write the files; ask first when that would replace one."""
        self._follow_name()  # keys may be faster than what follows them
        field, problem = self.query_one("#file", PathInput), self.query_one(FormProblem)
        try:
            cues = self.formats.subtitles()
        except InvalidRequest as error:
            problem.show(str(error))
            return
        if not self.formats.chosen:
            problem.show("Choose a format.")
        elif not field.value.strip() or field.path.is_dir():
            problem.show(f"{field.path} is a folder. Name a file in it." if field.value.strip() else "Name a file.")
        else:
            self._save(files_of(field.path, self.formats.chosen), cues)

    def _save(self, targets: Mapping[str, Path], cues: SubtitleOptions | None) -> None:
        there = [path for path in targets.values() if path.exists()]

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.write(targets, cues)

        if there:
            names = " and ".join(path.name for path in there)
            details = f"{there[0]} exists already." if len(there) == 1 else "They exist already."
            self.app.push_screen(ConfirmScreen(f"Replace {names}?", details), answered)
        else:
            self.write(targets, cues)

    @work(exclusive=True, group="save", exit_on_error=False)
    async def write(self, targets: Mapping[str, Path], cues: SubtitleOptions | None) -> None:
        """Write the files, each whole or not at all, and none if the text cannot be had in one of the formats."""
        try:
            await asyncio.to_thread(write_transcript, self._transcript, targets, cues)
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
        else:
            self.dismiss(list(targets.values()))
