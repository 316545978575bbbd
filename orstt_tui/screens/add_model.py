"""AddModelScreen: the form for a new model, checked as one types."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import ClassVar

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from orstt_core.errors import OrsttError
from orstt_core.types import Change, EngineInfo, EngineList, ModelDraft, Validation
from orstt_core.types.models import DEVICES, LONGEST_NAME
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import SENDS_SOUND
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.check_list import CheckList
from orstt_tui.widgets.field import Choice, Field, FormProblem, labelled
from orstt_tui.widgets.option_form import OptionForm
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.path_input import PathField

DEBOUNCE = 0.3
"""Seconds without a change before the form is checked."""
UNNAMED = "unnamed"
USUAL_COMPUTE_TYPES = ("int8", "float16", "float32")
"""Offered where the engine names none: for a device that is not in this machine, or an engine that takes any."""


class AddModelScreen(Dialog[Change | None]):
    """Seven fields and the engine's options over four checks. Gives the change that was made, or None.

    Args:
        taken: names that other models have.
        given: what stands in the form at first; its engine stays. None: a model that is yet to be described.
    """

    HEADING: ClassVar[str] = "New model"
    ACCEPT: ClassVar[str] = "Add"

    HELP = """\
# A new model

- **Name**: how it is called in lists and requests; each only once.
- **Weights**: a size such as `small`, a hub repository `owner/name` or a folder; left empty, the name.
- **Type**, **Device**, **Compute**: the engine and how it computes. `int8` is fastest on a CPU.
- **Words**: vocabularies (**V**) that it is to expect, separated by commas.
- The fields after these are options of the engine, if it has any. Secrets do not belong there.

The checks below follow what you type. A model whose files are not here yet can be added all the same; it
cannot be activated before they are.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "add", "Add", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, taken: Collection[str], given: ModelDraft | None = None) -> None:
        super().__init__()
        self.connection = connection
        self._taken = frozenset(taken)
        self._given = given
        self._engines: dict[str, EngineInfo] = {}
        self._checked: tuple[ModelDraft, Validation] | None = None

    def compose(self) -> ComposeResult:
        """The fields, the checks, the buttons."""
        given = self._given or ModelDraft(name="")
        with Pane(self.HEADING, classes="dialog", id="add-model"):
            with VerticalScroll(can_focus=False):
                yield labelled("Name", Field(given.name, id="name", max_length=LONGEST_NAME))
                yield labelled("Type", Choice([], id="type", compact=True, prompt="…", disabled=bool(self._given)))
                yield labelled("Weights", PathField(given.model, id="weights", placeholder="as the name"))
                yield labelled("Device", _choice("device", DEVICES, given.device))
                yield labelled(
                    "Compute", _choice("compute", USUAL_COMPUTE_TYPES, given.compute_type or USUAL_COMPUTE_TYPES[0])
                )
                yield labelled("Note", Field(given.description, id="description", placeholder="what it is good for"))
                words = Field(", ".join(given.vocabulary), id="vocabulary", placeholder="names of vocabularies, if any")
                yield labelled("Words", words)
                yield OptionForm()
                yield FormProblem()
                yield CheckList()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button(f"{self.ACCEPT} (F5)", id="accept", variant="primary", compact=True, action="screen.add")

    def on_mount(self) -> None:
        """Ask which engines there are; the form can be filled in meanwhile."""
        self.query_one("#accept", Button).disabled = True
        self.query_one(CheckList).refuse("Nothing to check yet.")
        self.query_one(OptionForm).display = False
        self.load_engines()

    @work(group="engines", exit_on_error=False)
    async def load_engines(self) -> None:
        """Fill the lists of types and compute types."""
        self._offer(await self.connection.backend.engines())

    def _offer(self, engines: EngineList) -> None:
        self._engines = {engine.model_type: engine for engine in engines.engines}
        types = self.query_one("#type", Select)
        types.set_options([(_title(engine), engine.model_type) for engine in engines.engines])
        wanted = self._given.model_type if self._given else engines.default_type
        if wanted in self._engines:
            types.value = wanted

    @on(Select.Changed, "#type")
    async def _show_options(self) -> None:
        options = self._engine.options if self._engine else ()
        await self.query_one(OptionForm).show(options, self._given.options if self._given else None)

    @on(Select.Changed, "#type")
    @on(Select.Changed, "#device")
    def _renew_choices(self) -> None:
        engine, device = self._engine, self._value("device")
        compute = self.query_one("#compute", Select)
        before = compute.value
        offered = [*((engine.compute_types.get(device) if engine else None) or USUAL_COMPUTE_TYPES)]
        if self._given and device == self._given.device and self._given.compute_type not in offered:
            offered.append(self._given.compute_type)
        compute.set_options([(name, name) for name in offered])
        compute.value = before if before in offered else offered[0]
        weights = self.query_one("#weights", Input)
        weights.suggester = SuggestFromList(engine.models) if engine and engine.models else None
        known = ", ".join(engine.models) if engine else ""
        weights.placeholder = f"as the name; known: {known}" if known else "as the name"

    @on(Input.Changed)
    @on(Select.Changed)
    def _renew(self) -> None:
        self._checked = None
        self.query_one("#accept", Button).disabled = True
        draft = self.draft
        self.query_one(FormProblem).show(self._problem(draft.name))
        if draft.weights and draft.model_type:
            self.validate(draft)
        else:
            self.workers.cancel_group(self, "validation")
            self.query_one(CheckList).refuse("Nothing to check yet.")

    @work(exclusive=True, group="validation", exit_on_error=False)
    async def validate(self, draft: ModelDraft) -> None:
        """Check the form as it stands; the latest call wins."""
        checks = self.query_one(CheckList)
        checks.wait()
        await asyncio.sleep(DEBOUNCE)
        try:
            # A name that is still to come is no reason not to look at the rest.
            named = draft if draft.name else replace(draft, name=UNNAMED, model=draft.weights)
            validation = await self.connection.backend.validate_model(named)
        except OrsttError as error:
            checks.refuse(str(error))
            return
        checks.show(validation)
        self.query_one(FormProblem).show(self._problem(draft.name))
        self._checked = (draft, validation)
        self.query_one("#accept", Button).disabled = not self._sound

    @on(Input.Submitted)
    def action_add(self) -> None:
        """Add the model, if nothing is wrong with it."""
        if self._sound:
            self.add(self.draft)
        else:
            self.query_one(FormProblem).show(self._problem(self.draft.name) or "The checks below have not passed yet.")

    @work(exclusive=True, group="change", exit_on_error=False)
    async def add(self, draft: ModelDraft) -> None:
        """Have it saved; what is refused is said beside the form, which stays."""
        accept = self.query_one("#accept", Button)
        accept.disabled = True  # the active model is tried out first, which takes its time
        try:
            self.dismiss(await self.save(draft))
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))
            accept.disabled = not self._sound

    async def save(self, draft: ModelDraft) -> Change:
        """Have the backend store what the form says."""
        return await self.connection.backend.create_model(draft)

    @property
    def draft(self) -> ModelDraft:
        """What the form says."""
        return ModelDraft(
            name=self._value("name"),
            model_type=self._value("type"),
            model=self._value("weights"),
            device=self._value("device"),
            compute_type=self._value("compute"),
            description=self._value("description"),
            options=self.query_one(OptionForm).entered,
            vocabulary=[name for name in map(str.strip, self._value("vocabulary").split(",")) if name],
        )

    @property
    def _engine(self) -> EngineInfo | None:
        return self._engines.get(self._value("type"))

    @property
    def _sound(self) -> bool:
        return (
            self._checked is not None
            and self._checked[0] == self.draft
            and self._checked[1].valid
            and not self._problem(self.draft.name)
        )

    def _problem(self, name: str) -> str:
        if not name:
            return "Give it a name."
        if name in self._taken:
            return f"There is a model called {name} already. Choose another name."
        return ""

    def _value(self, field: str) -> str:
        widget = self.query_one(f"#{field}", Widget)
        value = widget.value if isinstance(widget, Input | Select) else ""
        return value.strip() if isinstance(value, str) else ""


def _choice(field: str, names: tuple[str, ...], chosen: str) -> Select[str]:
    offered = dict.fromkeys((*names, chosen))
    return Choice([(name, name) for name in offered], value=chosen, id=field, compact=True, allow_blank=False)


def _title(engine: EngineInfo) -> str:
    notes = [SENDS_SOUND] * engine.sends_sound
    notes += [] if engine.available else ["off"] if engine.sends_sound else ["not installed"]
    return f"{engine.model_type} ({engine.title})" + (f": {', '.join(notes)}" if notes else "")
