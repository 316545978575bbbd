"""ModelsScreen: the seed's "STT Model Settings": see, check, activate, add and delete models."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import ClassVar

import msgspec
from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Static

from orstt_core.errors import OrsttError
from orstt_core.text import readable_bytes
from orstt_core.types import Change, LoadedModel, Model, ModelDraft, Validation
from orstt_tui.backend_connection import ConnectionState
from orstt_tui.formatting import count
from orstt_tui.notifications import error_text, notify_error, notify_warnings
from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.widgets.check_list import CheckList, why_unusable
from orstt_tui.widgets.model_detail import ModelDetail, why_undeletable
from orstt_tui.widgets.model_table import ModelTable

DEBOUNCE = 0.2
"""Seconds the cursor rests on a model before it is checked: scrolling past must not start a check each."""

ACTIVATION = ""
"""Names the activation among what one waits for; the others are models being loaded, by name."""


class ModelsScreen(MainScreen):
    """The models on the left, everything about the one under the cursor on the right, or below."""

    CSS_PATH = "models.tcss"
    MODE = "models"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "activate", "Activate", id="models.activate", tooltip="Transcribe with the selected model"),
        Binding("n", "add", "New", id="models.add", tooltip="Configure another model"),
        Binding("e", "edit", "Edit", show=False, id="models.edit", tooltip="Change the selected model"),
        Binding("d", "delete", "Delete", id="models.delete", tooltip="Remove the selected model from the list"),
        Binding("l", "load", "Load", show=False, id="models.load", tooltip="Load the selected model into memory"),
        Binding("u", "unload", "Unload", show=False, id="models.unload", tooltip="Give the model's memory back"),
        Binding("c", "check", "Check", show=False, id="models.check", tooltip="Check the selected model again"),
    ]

    def body(self) -> Iterable[Widget]:
        """Table and details."""
        with Container(id="models-body"):
            with Vertical(id="models-list"):
                with Horizontal(id="models-title"):
                    yield Static("STT Model Settings", id="models-heading", classes="heading")
                    yield Button("New…", id="add", compact=True, action="screen.add")
                yield ModelTable(id="models-table")
                yield Static(id="models-none", classes="muted", markup=False)
            yield ModelDetail(id="models-detail")

    def on_mount(self) -> None:
        """Nothing is selected before the models are there."""
        self._selected: Model | None = None
        self._loaded: dict[str, LoadedModel] = {}
        self._waits: dict[str, str] = {}
        self._checked: dict[int, Validation] = {}
        """Id of a model -> what its checks found last."""
        self.watch(self.app, "loaded", self.show_loaded)
        self.set_interval(1, self._show_memory)
        self.query_one(ModelDetail).show(None)
        self.query_one(ModelTable).focus()

    def show_connection(self, state: ConnectionState) -> None:
        """Show the place; while nothing came from it yet, say why."""
        super().show_connection(state)
        words = "\n".join(error_text(state.problem)) if state.problem else "Opening…"
        self.query_one("#models-none", Static).update(words)

    def show_models(self, models: tuple[Model, ...]) -> None:
        """Show the configured models."""
        super().show_models(models)
        self.query_one(ModelTable).show(models)
        self.query_one("#models-none").display = not models
        total = f": {count(len(models), 'model')}" if models else ""
        self.query_one("#models-heading", Static).update(f"STT Model Settings{total}")
        self.survey(models)

    def renew(self) -> None:
        """Check all models again."""
        self.survey(tuple(self.query_one(ModelTable).models))

    def show_loaded(self, loaded: tuple[LoadedModel, ...]) -> None:
        """Show which models are in memory."""
        self._loaded = {name: model for model in loaded for name in model.names}
        self.query_one(ModelTable).show_loaded(self._loaded)
        self._show_memory()

    def _show_memory(self) -> None:
        if self._selected is not None:
            loaded = self._loaded.get(self._selected.name)
            self.query_one(ModelDetail).show_loaded(loaded, "\n".join(self._waits.values()))

    @on(ModelTable.Highlighted)
    def _select(self, event: ModelTable.Highlighted) -> None:
        if self._selected is not None and event.model is not None and event.model.id != self._selected.id:
            self.app.clear_notifications()  # they are about the model that was looked at before
        self._selected = event.model
        self.query_one(ModelDetail).show(event.model)
        self._show_memory()
        if event.model is not None:
            self.validate(event.model)

    @on(ModelTable.Opened)
    def _enter(self) -> None:
        wanted = self.query_one("#activate", Button)
        (self.query_one(ModelDetail) if wanted.disabled else wanted).focus()

    def action_activate(self) -> None:
        """Make the selected model the active one."""
        if self._selected is None:
            return
        if self._selected.is_active:
            self.app.notify(f"{self._selected.name} is active already.", markup=False)
        elif ACTIVATION in self._waits:
            self.app.notify(f"Wait: {self._waits[ACTIVATION]}", severity="warning", markup=False)
        else:
            self.activate(self._selected)

    def action_load(self) -> None:
        """Load the selected model into memory."""
        if (model := self._selected) is not None and model.name not in self._waits:
            self.load(model)

    def action_unload(self) -> None:
        """Unload the selected model."""
        if self._selected is not None:
            self.unload(self._selected)

    def action_check(self) -> None:
        """Check the selected model again, e.g. after its files were brought."""
        if self._selected is not None:
            self.validate(self._selected)
            self.renew()

    def action_add(self) -> None:
        """Open the form for a new model."""
        from orstt_tui.screens.add_model import AddModelScreen

        taken = [model.name for model in self.query_one(ModelTable).models]
        self.app.push_screen(AddModelScreen(self.connection, taken), self._added)

    def action_edit(self) -> None:
        """Open the form for changing the selected model."""
        from orstt_tui.screens.edit_model import EditModelScreen

        if (model := self._selected) is not None:
            taken = [other.name for other in self.query_one(ModelTable).models if other.id != model.id]
            self.app.push_screen(EditModelScreen(self.connection, model, taken), self._added)

    def action_delete(self) -> None:
        """Ask, then remove the selected model; say why where that is not possible."""
        model = self._selected
        if model is None:
            return
        if reason := why_undeletable(model):
            self.app.notify(reason, severity="warning", markup=False)
            return

        def confirmed(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.delete(model)

        self.app.push_screen(ConfirmScreen(f"Delete {model.name}?", "Its weights stay on the disk."), confirmed)

    def _added(self, change: Change | None) -> None:
        if change is not None:
            notify_warnings(self.app, change.warnings)
            self.query_one(ModelTable).go_to(change.model)

    @work(exclusive=True, group="validation", exit_on_error=False)
    async def validate(self, model: Model) -> None:
        """Show whether the model would run here, first as it was last known; the latest call wins."""
        checks = self.query_one(CheckList)
        if (known := self._checked.get(model.id)) is not None:
            checks.show(known)
        else:
            checks.wait()
        await asyncio.sleep(DEBOUNCE)
        try:
            checks.show(await self._validated(model))
        except OrsttError as error:
            checks.refuse(str(error))
        self._show_unusable()

    @work(exclusive=True, group="survey", exit_on_error=False)
    async def survey(self, models: tuple[Model, ...]) -> None:
        """Learn which models would not run here; the latest call wins."""
        await asyncio.sleep(DEBOUNCE)
        with suppress(OrsttError):  # of the selected model it is said why it cannot be checked
            for model in models:
                await self._validated(model)
        self._show_unusable()

    async def _validated(self, model: Model) -> Validation:
        validation = await self.connection.backend.validate_model(_draft(model))
        self._checked[model.id] = validation
        return validation

    def _show_unusable(self) -> None:
        reasons = {number: why_unusable(validation) for number, validation in self._checked.items()}
        self.query_one(ModelTable).show_unusable(reasons)

    @work(group="change", exit_on_error=False)
    async def activate(self, model: Model) -> None:
        """Make this model the active one; what else changes on the screen comes as an event."""
        old = next((other.name for other in self.query_one(ModelTable).models if other.is_active), "")
        with self._waiting(ACTIVATION, f"Loading {model.name} to activate it… {old} serves until it is ready."):
            try:
                change = await self.connection.backend.activate_model(model.id)
            except OrsttError as error:
                known = self._checked.get(model.id)
                whole = f"The checks of {model.name} say more." if known and why_unusable(known) else ""
                notify_error(self.app, error, title=f"{old} stays active", whole=whole)
                return
        notify_warnings(self.app, change.warnings)

    @work(group="change", exit_on_error=False)
    async def load(self, model: Model) -> None:
        """Load this model; what it uses then comes as an event."""
        with self._waiting(model.name, f"Loading {model.name}…"):
            await self.connection.backend.load_model(model.id)

    @work(group="change", exit_on_error=False)
    async def unload(self, model: Model) -> None:
        """Unload this model."""
        unloaded = await self.connection.backend.unload_model(model.id)
        self.app.notify(f"Unloaded {model.name}: {readable_bytes(unloaded.memory)} given back.", markup=False)

    @contextmanager
    def _waiting(self, what: str, words: str) -> Iterator[None]:
        self._waits[what] = words
        self._show_memory()
        try:
            yield
        finally:
            del self._waits[what]
            self._show_memory()

    @work(group="change", exit_on_error=False)
    async def delete(self, model: Model) -> None:
        """Remove this model."""
        await self.connection.backend.delete_model(model.id)


def _draft(model: Model) -> ModelDraft:
    return msgspec.convert(model, ModelDraft, from_attributes=True)
