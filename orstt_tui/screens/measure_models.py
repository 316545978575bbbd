"""MeasureModelsScreen: the form that asks for recordings with their texts, and which models are to hear them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input

from orstt_core.errors import OrsttError
from orstt_core.languages import normalize_language
from orstt_core.types import BenchmarkDraft, Model, TranscribeOptions
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import SENDS_SOUND
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.field import Field, FormProblem, labelled
from orstt_tui.widgets.format_choice import OFF, ON
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.path_input import Matches, PathInput

if TYPE_CHECKING:
    from orstt_core.benchmarks.reference_set import Reference

COLUMNS = Columns(
    names=("", "Model", "Note"), cut={"Model": Share(least=8, weight=2), "Note": Share(least=8)}, expendable=("Note",)
)
NO_FILES = "its files are not here"


class ModelsToMeasure(NamedTuple):
    """The recordings with their texts, and the benchmark that is to begin."""

    references: list[Reference]
    draft: BenchmarkDraft


class MeasureModelsScreen(Dialog[ModelsToMeasure | None]):
    """Gives what is to be measured, or None.

    Args:
        connection: where the models are.
    """

    HELP = """\
# Measure models

Name a folder on this machine in which each recording has a text of the same name with what was said (`call.wav`,
`call.txt`), or one with a `manifest.jsonl`; name none to measure on the transcripts that people corrected.
**Space** chooses a model or leaves it out; at first those are chosen whose files are here. Each model transcribes each
recording; the results come one by one, and stay when it is stopped.

A **language** spares the models from detecting it, which they do badly where recordings are short.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("space", "choose", "Choose", id="measure.choose", tooltip="Choose the model, or leave it out"),
        Binding("f5", "accept", "Measure", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection
        self._models: list[Model] = []
        self._chosen: set[str] = set()
        self._installed: set[str] = set()

    def compose(self) -> ComposeResult:
        """Folder, language, models, what is wrong, buttons."""
        with Pane("Measure models", classes="dialog -list", id="measure-form"):
            hint = "recordings with their texts; empty: what was corrected here"
            yield labelled("Folder", PathInput(id="folder", suffixes=(), placeholder=hint))
            yield Matches(id="matches", markup=False)
            yield labelled("Language", Field(id="language", placeholder="as detected"))
            yield ListTable(COLUMNS)
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Measure (F5)", id="accept", variant="primary", compact=True, action="screen.accept")

    def on_mount(self) -> None:
        """Look which models there are."""
        self.query_one("#folder").focus()
        self.read()

    @work(exclusive=True, group="models", exit_on_error=False)
    async def read(self) -> None:
        """Show the models, and choose those whose files are here."""
        from orstt_core.benchmarks.run import installed_models

        try:
            self._models = await self.connection.backend.models()
            self._installed = set(await installed_models(self.connection.backend))
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
            return
        self._models.sort(key=lambda model: model.name not in self._installed)
        self._chosen = set(self._installed)
        self._show_models()

    def _show_models(self) -> None:
        self.query_one(ListTable).show_rows(
            [
                {"": ON if model.name in self._chosen else OFF, "Model": model.name, "Note": self._note(model)}
                for model in self._models
            ]
        )

    def _note(self, model: Model) -> str:
        if model.sends_sound:
            return SENDS_SOUND
        return model.description if model.name in self._installed else NO_FILES

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    def on_data_table_row_selected(self) -> None:
        """Enter, or a second click, does what Space does."""
        self.action_choose()

    def action_choose(self) -> None:
        """Choose the model under the cursor, or leave it out."""
        row = self.query_one(ListTable).cursor_row
        if 0 <= row < len(self._models):
            self._chosen ^= {self._models[row].name}
            self._show_models()

    @on(Input.Submitted)
    def action_accept(self) -> None:
        """Give what the form says, if there are such recordings."""
        self.look_at_set()

    @work(exclusive=True, group="set", exit_on_error=False)
    async def look_at_set(self) -> None:
        """Read the texts, and give what is to be measured; what is wrong is said in the form."""
        from orstt_core.benchmarks.reference_set import CORRECTED, references_in

        field, problem = self.query_one("#folder", PathInput), self.query_one(FormProblem)
        models = [model.name for model in self._models if model.name in self._chosen]
        if not models:
            problem.show("Choose a model.")
            return
        try:
            language = self.query_one("#language", Input).value.strip()
            options = TranscribeOptions(language=normalize_language(language) if language else None)
            folder = field.path.absolute() if field.value.strip() else None
            references = await references_in(self.connection.backend, folder, options.language)
            draft = BenchmarkDraft(
                set=str(folder or CORRECTED), models=tuple(models), recordings=len(references), options=options
            )
        except OrsttError as error:
            problem.show(str(error))
            return
        self.dismiss(ModelsToMeasure(references, draft))
