"""RequestForm: which recording to transcribe and how; part of the transcribe screen and of the form for a job."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input, Label, Select

from orstt_core.errors import FileProblem, LanguageUnknown
from orstt_core.languages import normalize_language
from orstt_core.types import Model, Task, TranscribeOptions, TranscribeRequest
from orstt_tui.widgets.field import Field
from orstt_tui.widgets.path_input import Matches, PathInput

ACTIVE = ""
"""The choice of model that follows whichever is active."""


class RequestForm(Vertical):
    """A path that completes itself, the model, the language and the task.

    Args:
        beside: what stands beside the path, such as a button.
    """

    def __init__(self, *beside: Widget) -> None:
        super().__init__(id="request")
        self._beside = beside

    def compose(self) -> ComposeResult:
        """The path over the options."""
        with Horizontal(classes="field"):
            yield Label("Recording", classes="field-label")
            yield PathInput(id="recording", placeholder="path of an audio file; Tab completes")
            yield from self._beside
        yield Matches(id="matches", markup=False)
        with Vertical(id="options"):
            yield _option("Model", Select([("the active one", ACTIVE)], id="model", compact=True, allow_blank=False))
            yield _option("Language", Field(id="language", placeholder="auto", max_length=20))
            tasks = [(task, task) for task in ("transcribe", "translate")]
            yield _option("Task", Select(tasks, id="task", compact=True, allow_blank=False))

    @property
    def field(self) -> PathInput:
        """The field for the recording."""
        return self.query_one(PathInput)

    def offer(self, models: Iterable[Model]) -> None:
        """Offer these models; the choice stays where it can."""
        names = [model.name for model in models]
        choice = self.query_one("#model", Select)
        chosen = choice.value
        choice.set_options([("the active one", ACTIVE), *((name, name) for name in names)])
        choice.value = chosen if chosen in names else ACTIVE

    def request(self) -> TranscribeRequest:
        """Return what the form says; what is wrong has the focus then.

        Raises:
            FileProblem: no recording is named.
            LanguageUnknown: no language is known by that name.
        """
        if not self.field.value.strip():
            self.field.focus()
            raise FileProblem("Name a recording first.")
        language = self.query_one("#language", Input)
        try:
            named = language.value.strip()
            code = None if named in ("", "auto") else normalize_language(named)
        except LanguageUnknown:
            language.focus()
            raise
        task: Task = "translate" if self.query_one("#task", Select).value == "translate" else "transcribe"
        model = self.query_one("#model", Select).value
        return TranscribeRequest(
            audio=self.field.path,
            model=model if isinstance(model, str) and model != ACTIVE else None,
            options=TranscribeOptions(language=code, task=task),
        )

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)


def _option(label: str, field: Widget) -> Horizontal:
    return Horizontal(Label(label), field, classes="option")
