"""Export of a transcript: to the person's clipboard, or into a file."""

from __future__ import annotations

from pathlib import Path

from textual.app import App

from orstt_tui.formatting import count
from orstt_tui.transcription_run import TranscriptionRun


def copy_transcript(app: App[None], run: TranscriptionRun) -> None:
    """Copy all text that there is so far to the clipboard, and say so."""
    text = run.transcript.text
    app.copy_to_clipboard(text)
    app.notify(f"Copied {count(len(text), 'character')}.")


def save_transcript(app: App[None], run: TranscriptionRun) -> None:
    """Ask where to and in which format, then write the file and say so."""
    from orstt_tui.screens.save import SaveScreen

    def saved(path: Path | None) -> None:
        if path is not None:
            app.notify(f"Saved {path.absolute()}.", markup=False)

    app.push_screen(SaveScreen(run.transcript, run.recording), saved)
