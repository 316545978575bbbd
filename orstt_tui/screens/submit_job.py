"""SubmitJobScreen: the form for a job that is worked on in the background."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from orstt_core.errors import OrsttError
from orstt_core.types import Job, Model
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import FormProblem
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.request_form import RequestForm


class SubmitJobScreen(Dialog[Job | None]):
    """Gives the job that was submitted, or None.

    Args:
        connection: where to.
        again: a job whose recording is transcribed again, with what its options were to begin with.
    """

    HELP = """\
# A new job

Name a recording; it is transcribed in the background, after those submitted before it. The job is kept when the
program ends, and goes on when it runs again.

- **Model**: the active one unless you choose another; this does not activate it.
- **Language**: a code or a name, such as `de` or `German`; empty finds out.
- **Task**: *translate* gives English text whatever is spoken.
- **Ctrl+G** shows the other options, such as a prompt, hotwords and word times.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "submit", "Submit", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, again: Job | None = None) -> None:
        super().__init__()
        self.connection = connection
        self._again = again

    def compose(self) -> ComposeResult:
        """The form, what is wrong with it, the buttons."""
        with Pane("Transcribe again" if self._again else "New job", classes="dialog", id="submit-job"):
            yield RequestForm(self.connection, again=self._again)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Options (^g)", id="more", compact=True)
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Submit (F5)", id="accept", variant="primary", compact=True, action="screen.submit")

    def on_mount(self) -> None:
        """Ready for a path, or for another model."""
        self.watch(self.app, "models", self._offer)
        self.query_one(RequestForm).focus_first()

    def _offer(self, models: tuple[Model, ...]) -> None:
        self.query_one(RequestForm).offer(models)

    @on(Button.Pressed, "#more")
    async def _options(self) -> None:
        await self.query_one(RequestForm).action_options()

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_submit(self) -> None:
        """Submit the recording, once: it may take a while to reach a server."""
        button = self.query_one("#accept", Button)
        if not button.disabled:
            button.disabled = True
            self.submit()

    @work(exclusive=True, group="submit", exit_on_error=False)
    async def submit(self) -> None:
        """Have the backend store the job; what it refuses is said in the form, which stays."""
        try:
            self.dismiss(await self.connection.backend.submit_job(self.query_one(RequestForm).request()))
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
        finally:
            self.query_one("#accept", Button).disabled = False
