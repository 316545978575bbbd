"""RequestForm: which recording to transcribe and how; part of the transcribe screen and of the form for a job."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import msgspec
from msgspec import json
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static

from orstt_core.conversion import convert
from orstt_core.errors import FileProblem, InvalidRequest
from orstt_core.languages import language_name, languages_in_words
from orstt_core.option_fields import AUTO, fields_of
from orstt_core.types import AUTO as AUTO_MODEL
from orstt_core.types import (
    EngineInfo,
    Job,
    Model,
    SampleFormat,
    StatedFormat,
    StoredRecording,
    TranscribeOptions,
    TranscribeRequest,
)
from orstt_core.types.options import OptionValue
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import SENDS_SOUND
from orstt_tui.presets import Preset, make_preset
from orstt_tui.widgets.field import Choice
from orstt_tui.widgets.option_form import OptionForm, control_id, fill_control, option_control, option_values
from orstt_tui.widgets.path_input import Matches, PathInput

STATED = frozenset(field.name for field in fields_of(StatedFormat))
"""What is said of a recording without a header."""
ACTIVE = ""
"""The choice of model that follows whichever is active."""
CHOSEN = "auto: best fitting"

REQUEST_COMMANDS = (
    Binding("ctrl+g", "options", "Options", id="request.options", tooltip="Show or hide the other options"),
    Binding("ctrl+t", "presets", "Presets", show=False, id="request.presets", tooltip="Choose a preset, or keep one"),
)
"""What works in the form, and on a screen that has one."""


class RequestForm(Vertical):
    """A path that completes itself, the model, and how to transcribe: what is common at once, the rest on demand.

    Args:
        connection: knows what engines can be asked for.
        beside: what stands beside the path, such as a button.
        again: a job whose recording it is instead, and whose options are the ones to begin with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*REQUEST_COMMANDS]

    def __init__(self, connection: BackendConnection, *beside: Widget, again: Job | None = None) -> None:
        super().__init__(id="request")
        self._connection = connection
        self._beside, self._again = beside, again
        self._models: list[Model] = []
        self._engines: dict[str, EngineInfo] = {}
        self._preset = ""
        self.format = ""
        """How the preset that was chosen last wants transcripts to be written."""
        fields = fields_of(TranscribeOptions)
        self._common = [field for field in fields if field.common]
        self._others = [field for field in fields if not field.common]
        if again is None:  # of a recording that is stored it is known
            self._others += fields_of(StatedFormat)

    def compose(self) -> ComposeResult:
        """The path over the options."""
        given = {} if self._again is None else json.decode(json.encode(self._again.options))
        with Horizontal(classes="field"):
            yield Label("Recording", classes="field-label")
            if self._again is None:
                yield PathInput(id="recording", placeholder="an audio file; Tab completes, Esc leaves")
                yield from self._beside
            else:
                yield Static(self._again.filename, markup=False)
        yield Matches(id="matches", markup=False)
        with Vertical(id="options"):
            yield _option("Model", Choice(model_choices([]), id="model", compact=True, allow_blank=False))
            for field in self._common:
                yield _option(field.title, option_control(field, given.get(field.name)))
        yield Static(id="model-note", markup=False)
        yield OptionForm(self._others if given else (), given)  # otherwise when they are asked for: they are many
        yield Static(id="options-set", classes="muted", markup=False)

    def on_mount(self) -> None:
        """Keep the other options out of the way until they are asked for."""
        self.hide_options()

    @property
    def field(self) -> PathInput:
        """The field for the recording."""
        return self.query_one(PathInput)

    def focus_first(self) -> None:
        """Go to the first field."""
        self.query("#recording, #model").first().focus()

    def offer(self, models: Iterable[Model]) -> None:
        """Offer these models; the choice stays where it can."""
        self._models = list(models)
        names = [model.name for model in self._models]
        choice = self.query_one("#model", Select)
        chosen = choice.value
        choice.set_options(model_choices(self._models))
        choice.value = chosen if chosen in {AUTO_MODEL, *names} else ACTIVE
        self._model_chosen()

    def request(self) -> TranscribeRequest:
        """Return what the form says; what is wrong has the focus then.

        Raises:
            FileProblem: no recording is named.
            InvalidRequest: an option does not fit.
        """
        return msgspec.structs.replace(self.request_without_recording(), audio=self._audio())

    def request_without_recording(self) -> TranscribeRequest:
        """Return what the form says of how; the recording is to be filled in.

        Raises:
            InvalidRequest: an option does not fit.
        """
        options = option_values(self, self._common)
        others, layout = self._other_options()
        model = self.query_one("#model", Select).value
        return TranscribeRequest(
            audio=Path(),
            model=model if isinstance(model, str) and model != ACTIVE else None,
            options=convert(options | others, TranscribeOptions),
            sample_format=layout,
        )

    # --- presets ----------------------------------------------------------------------------------

    def action_presets(self) -> None:
        """Let a preset be chosen, or what the form says be kept as one."""
        from orstt_tui.screens.presets import PresetsScreen

        self.app.push_screen(PresetsScreen(self.as_preset), self.apply)

    def as_preset(self, name: str) -> Preset:
        """Return what the form says of how, as a preset.

        Raises:
            InvalidRequest: an option does not fit, or the name is none.
        """
        asked = self.request_without_recording()
        return make_preset(name, asked.options, model=str(asked.model or ""), form=self.format)

    async def apply(self, preset: Preset | None) -> None:
        """Fill the form with a preset; a model that is not there any more is said."""
        if preset is None:
            return
        for field in self._common:
            fill_control(self.query_one(f"#{control_id(field)}", Widget), field, preset.options.get(field.name))
        form = self.query_one(OptionForm)
        shown = form.display
        await form.show(self._others, preset.options)
        form.display = shown
        self._preset, self.format = preset.name, preset.format
        if preset.model in {ACTIVE, AUTO_MODEL, *(model.name for model in self._models)}:
            self.query_one("#model", Select).value = preset.model
        else:
            self.notify(
                f"There is no model {preset.model}, which the preset asks for.", severity="warning", markup=False
            )
        self._summarize()
        self.focus_first()

    @on(events.DescendantFocus, "#option-language")
    def _ask_for_languages(self) -> None:
        if not self._engines:
            self.load_engines()

    @work(group="engines", exit_on_error=False)
    async def load_engines(self) -> None:
        """Learn which languages the models know, once somebody is about to name one."""
        self._engines = {engine.model_type: engine for engine in (await self._connection.backend.engines()).engines}
        self._suggest_languages()

    @on(Select.Changed, "#model")
    def _model_chosen(self) -> None:
        """Say whether the chosen model sends sound out, and which languages it knows."""
        model, note = self._chosen, self.query_one("#model-note", Static)
        note.display = model is not None and model.sends_sound
        note.update(f"{model.name} {SENDS_SOUND}." if model else "")
        self._suggest_languages()

    @property
    def _chosen(self) -> Model | None:
        chosen = self.query_one("#model", Select).value
        return next(
            (each for each in self._models if each.name == chosen or (chosen == ACTIVE and each.is_active)), None
        )

    def _suggest_languages(self) -> None:
        """Complete the names of languages that the chosen model knows."""
        model = self._chosen
        engine = self._engines.get(model.model_type) if model else None
        known = engine.languages_of(model.model) if model and engine else []
        language = self.query_one("#option-language", Input)
        language.suggester = SuggestFromList(map(language_name, known), case_sensitive=False)
        language.placeholder = f"{AUTO}; it knows {languages_in_words(known)}" if known else AUTO

    async def action_options(self) -> None:
        """Show the other options, or hide them and say which are set."""
        form = self.query_one(OptionForm)
        if form.query("Input, Select"):
            form.display = not form.display
        else:
            await form.show(self._others)
        self._summarize()
        if form.display:
            form.query("Input, Select").first().focus()
        else:
            self.focus_first()

    def hide_options(self) -> None:
        """Give the room of the other options back; which are set is said."""
        self.query_one(OptionForm).display = False
        self._summarize()

    def _summarize(self) -> None:
        form, summary = self.query_one(OptionForm), self.query_one("#options-set", Static)
        differing = form.differing
        said = [f"Preset {self._preset}"] if self._preset else []
        said += [f"Options set: {', '.join(differing)}"] if differing else []
        summary.update(" · ".join(said))
        summary.display = bool(said) and not form.display

    def _audio(self) -> Path | StoredRecording:
        if self._again is not None:
            return StoredRecording(id=self._again.recording)
        if not self.field.value.strip():
            self.field.focus()
            raise FileProblem("Name a recording first.")
        return self.field.path

    def _other_options(self) -> tuple[dict[str, OptionValue], SampleFormat | None]:
        form = self.query_one(OptionForm)
        try:
            values = form.values()
            stated = {name: values.pop(name) for name in STATED if name in values}
            return values, convert(stated, StatedFormat).sample_format
        except InvalidRequest as error:
            form.display = True  # what is wrong must be seen
            if error.field in STATED:
                form.query_one(f"#option-{error.field}").focus()
            raise

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)


def model_choices(models: Iterable[Model]) -> list[tuple[str, str]]:
    """Return what a list of models offers: whichever is active, one that is chosen, then each by its name."""
    return [("the active one", ACTIVE), (CHOSEN, AUTO_MODEL), *((_model_title(model), model.name) for model in models)]


def _model_title(model: Model) -> str:
    return f"{model.name}: {SENDS_SOUND}" if model.sends_sound else model.name


def _option(label: str, field: Widget) -> Horizontal:
    return Horizontal(Label(label), field, classes="option")
