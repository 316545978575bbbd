"""SaveManyScreen: the transcripts of several jobs into a folder, in one format or several."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from orstt_core.errors import OrsttError
from orstt_core.types import Job, SubtitleOptions
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count
from orstt_tui.job_text import transcript_of
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.transcript_file import SUFFIXES, UNNAMED, file_name, files_of, write_transcript
from orstt_tui.widgets.field import FormProblem, labelled
from orstt_tui.widgets.format_choice import FormatChoice
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.path_input import Matches, PathInput


class SaveManyScreen(Dialog[None]):
    """Writes a file for each job and format, each whole or not at all.

    Args:
        connection: where the jobs are.
        jobs: that have ended with a text.
    """

    HELP = """\
# Save transcripts

Each is a file of its own in the folder that you name, called as its recording is; of two with the same name the second
has its job's id too. The folder is made if it is not there. Files that exist are replaced only after you said so.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "save", "Save", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, jobs: Sequence[Job]) -> None:
        super().__init__()
        self.connection = connection
        self._jobs = jobs

    def compose(self) -> ComposeResult:
        """Formats, folder, what is wrong, buttons."""
        with Pane(f"Save {count(len(self._jobs), 'transcript')}", classes="dialog", id="save"):
            yield FormatChoice(None, ["text"])
            yield labelled("Folder", PathInput("transcripts", id="file", suffixes=()))
            yield Matches(id="matches", markup=False)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Save (F5)", id="accept", variant="primary", compact=True, action="screen.save")

    def on_mount(self) -> None:
        """Ready for a folder."""
        field = self.query_one("#file", PathInput)
        field.focus()
        field.select_all()

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_save(self) -> None:
        """Write the files; ask first when that would replace some."""
        formats, folder = self.query_one(FormatChoice), self.query_one("#file", PathInput).path
        try:
            cues = formats.subtitles()
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
            return
        if not formats.chosen:
            self.query_one(FormProblem).show("Choose a format.")
            return
        targets = {job.id: files_of(path, formats.chosen) for job, path in self._paths(folder, formats.chosen[0])}
        there = [path for files in targets.values() for path in files.values() if path.exists()]

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.write(targets, cues)

        if there:
            self.app.push_screen(
                ConfirmScreen(f"Replace {count(len(there), 'file')}?", f"{there[0]} exists."), answered
            )
        else:
            self.write(targets, cues)

    def _paths(self, folder: Path, form: str) -> list[tuple[Job, Path]]:
        taken: set[str] = set()
        paths = []
        for job in self._jobs:
            stem = Path(job.filename).stem or UNNAMED
            stem = f"{stem}-{job.id[:8]}" if stem in taken else stem
            taken.add(stem)
            paths.append((job, folder / file_name(folder, stem, SUFFIXES[form])))
        return paths

    @work(exclusive=True, group="save", exit_on_error=False)
    async def write(self, targets: dict[str, dict[str, Path]], cues: SubtitleOptions | None) -> None:
        """Fetch each transcript and write it; what prevents that is said in the form, which stays."""
        written = 0
        try:
            for name, files in targets.items():
                transcript = transcript_of(await self.connection.backend.job(name))
                await asyncio.to_thread(write_transcript, transcript, files, cues)
                written += len(files)
        except OrsttError as error:
            self.query_one(FormProblem).show(f"{count(written, 'file')} written. {error}")
        else:
            folder = next(iter(next(iter(targets.values())).values())).parent
            self.app.notify(f"Saved {count(written, 'file')} in {folder.absolute()}.", markup=False)
            self.dismiss()
