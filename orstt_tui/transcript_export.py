"""Export of a transcript: to the person's clipboard, or into a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.app import App

from orstt_core.transcript import join_text
from orstt_core.types import Segment
from orstt_tui.formatting import count
from orstt_tui.transcription_run import TranscriptionRun


def copy_text(app: App[None], text: str) -> None:
    """Copy a text to the clipboard of the terminal that the person sits at (OSC 52), and say so."""
    app.copy_to_clipboard(text)
    app.notify(f"Copied {count(len(text), 'character')}.")


def copy_transcript(app: App[None], run: TranscriptionRun, segments: Sequence[Segment] = ()) -> None:
    """Copy these segments of a transcription, or all text that there is so far where none are named."""
    chosen = join_text((segment.text for segment in segments), run.language)
    copy_text(app, chosen if segments else run.transcript.text)


def save_transcript(app: App[None], run: TranscriptionRun) -> None:
    """Ask where to and in which formats, then write the files and say so."""
    from orstt_tui.screens.save import SaveScreen

    def saved(paths: list[Path] | None) -> None:
        if paths:
            first, *others = paths
            names = "".join(f", {path.name}" for path in others)
            app.notify(f"Saved {first.absolute()}{names}.", markup=False)

    app.push_screen(SaveScreen(run.transcript, run.recording, run.format or "text"), saved)
