"""SubmitAgainScreen: the recordings of several jobs transcribed once more, with one model for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Select, Static

from orstt_core.types import AUTO, Job, Model, StoredRecording, TranscribeRequest
from orstt_core.types.transcription import without_wishes
from orstt_tui.formatting import count
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Choice, labelled
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.request_form import ACTIVE, model_choices


class SubmitAgainScreen(Dialog[list[TranscribeRequest] | None]):
    """Gives what is to be submitted, a request for each job, or None.

    Args:
        jobs: whose recordings are there.
    """

    HELP = """\
# Transcribe again

Each recording becomes another job, with the model that you choose here and otherwise with the options it had. Nothing
is sent or stored a second time. They are submitted in the background; the title of the list says how far that is.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "submit", "Submit", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, jobs: Sequence[Job]) -> None:
        super().__init__()
        self._jobs = jobs

    def compose(self) -> ComposeResult:
        """What it is about, the model, the buttons."""
        with Pane(f"Transcribe {count(len(self._jobs), 'recording')} again", classes="dialog -small"):
            yield labelled("Model", Choice(model_choices([]), id="model", compact=True, allow_blank=False))
            yield Static("Each with the options it had.", classes="muted")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Submit (F5)", id="accept", variant="primary", compact=True, action="screen.submit")

    def on_mount(self) -> None:
        """Ready for a model."""
        self.watch(self.app, "models", self._offer)
        self.query_one("#model").focus()

    def _offer(self, models: tuple[Model, ...]) -> None:
        choice = self.query_one("#model", Select)
        chosen = choice.value
        choice.set_options(model_choices(models))
        choice.value = chosen if chosen in {AUTO, *(model.name for model in models)} else ACTIVE

    def action_submit(self) -> None:
        """Give the requests."""
        chosen = self.query_one("#model", Select).value
        model = chosen if isinstance(chosen, str) and chosen != ACTIVE else None
        self.dismiss(
            [
                TranscribeRequest(
                    audio=StoredRecording(id=job.recording),
                    model=model,
                    options=job.options if model == AUTO else without_wishes(job.options),
                )
                for job in self._jobs
            ]
        )
