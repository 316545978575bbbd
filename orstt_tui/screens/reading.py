"""ReadingScreen: what the screens share on which a text is read: it grows, with facts beside it; copy and save."""

from __future__ import annotations

from collections.abc import Iterable

from textual.binding import Binding
from textual.containers import Horizontal
from textual.widget import Widget

from orstt_core.types import Job, LoadedModel
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.screens.base import MainScreen
from orstt_tui.transcript_export import copy_transcript, save_transcript
from orstt_tui.transcript_facts import transcript_facts
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.widgets.fact_list import FactList
from orstt_tui.widgets.reader import Reader
from orstt_tui.widgets.reader_pane import ReaderPane

FACTS = 1.0
"""Seconds between two looks at what else is known of a text that grows."""
TEXT_COMMANDS = (
    Binding("y", "copy", "Copy", id="transcribe.copy", tooltip="Copy what is selected, or all text"),
    Binding("s,f7", "save", "Save", id="transcribe.save", tooltip="Save as text, subtitles or JSON"),
)


class ReadingScreen(MainScreen):
    """Shows the text of a run; a screen of its own says which one that is, and what stands above the text."""

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._loaded: tuple[LoadedModel, ...] = ()
        self._facts_of: object = None

    @property
    def run(self) -> TranscriptionRun | None:
        """What is read."""
        raise NotImplementedError

    @property
    def read_job(self) -> Job | None:
        """The job that it is, where it is looked at as one."""
        return None

    @property
    def reader(self) -> Reader:
        """The text."""
        return self.query_one(ReaderPane).reader

    def text_body(self) -> Iterable[Widget]:
        """Yield the text, and the facts that stand beside it where there is room."""
        with Horizontal(classes="transcript-body"):
            yield ReaderPane()
            yield FactList("Details")

    def on_mount(self) -> None:
        """Look from time to time at what else is known."""
        self.watch(self.app, "loaded", self._note_loaded)
        self.set_interval(FACTS, self._show_facts)

    def show_text(self, *, growing: bool) -> None:
        """Show what became of the run since the last call, and whether more may come."""
        reader = self.reader
        if self.run is not None and reader.show_run(self.run):
            self.refresh_bindings()
        reader.set_growing(growing)

    def _note_loaded(self, loaded: tuple[LoadedModel, ...]) -> None:
        self._loaded = loaded

    def _show_facts(self) -> None:
        run, facts = self.run, self.query_one(FactList)
        state = (run, run and run.phase, run and len(run.segments), self._loaded, self.read_job)
        if run is not None and facts.display and state != self._facts_of:
            self._facts_of = state
            facts.show(transcript_facts(run, self.read_job, self._loaded))

    def action_copy(self) -> None:
        """Copy what is selected, or all text so far, to the person's clipboard."""
        if self.run is not None:
            copy_transcript(self.app, self.run, self.reader.selected_segments if self.reader.selecting else ())

    def action_save(self) -> None:
        """Ask where to and in which format, then write the file."""
        if self.run is not None:
            save_transcript(self.app, self.run)
