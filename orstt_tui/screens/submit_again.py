"""SubmitAgainScreen: the recordings of several jobs transcribed once more, with one model for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Select, Static

from orstt_core.errors import OrsttError
from orstt_core.types import Job, Model, StoredRecording, TranscribeRequest
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Choice, FormProblem, labelled
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.request_form import ACTIVE, model_choices


class SubmitAgainScreen(Dialog[list[Job] | None]):
    """Gives the jobs that were submitted, or None.

    Args:
        connection: where the jobs are.
        jobs: whose recordings are there.
    """

    HELP = """\
# Transcribe again

Each recording becomes another job, with the model that you choose here and otherwise with the options it had. Nothing
is sent or stored a second time.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "submit", "Submit", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, jobs: Sequence[Job]) -> None:
        super().__init__()
        self.connection = connection
        self._jobs = jobs

    def compose(self) -> ComposeResult:
        """What it is about, the model, the buttons."""
        with Pane(f"Transcribe {count(len(self._jobs), 'recording')} again", classes="dialog -small"):
            yield labelled("Model", Choice(model_choices([]), id="model", compact=True, allow_blank=False))
            yield Static("Each with the options it had.", classes="muted")
            yield FormProblem()
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
        choice.value = chosen if chosen in {model.name for model in models} else ACTIVE

    def action_submit(self) -> None:
        """Submit, once."""
        button = self.query_one("#accept", Button)
        if not button.disabled:
            button.disabled = True
            self.submit()

    @work(exclusive=True, group="submit", exit_on_error=False)
    async def submit(self) -> None:
        """Have the backend store the jobs; what it refuses is said in the form, which stays for those that are left."""
        chosen = self.query_one("#model", Select).value
        model = chosen if isinstance(chosen, str) and chosen != ACTIVE else None
        submitted: list[Job] = []
        try:
            for job in self._jobs:
                again = TranscribeRequest(audio=StoredRecording(id=job.recording), model=model, options=job.options)
                submitted.append(await self.connection.backend.submit_job(again))
        except OrsttError as error:
            self._jobs = self._jobs[len(submitted) :]
            done = f"{count(len(submitted), 'job')} submitted, {len(self._jobs)} left. " if submitted else ""
            self.query_one(FormProblem).show(f"{done}{error}")
        else:
            self.dismiss(submitted)
        finally:
            self.query_one("#accept", Button).disabled = False
