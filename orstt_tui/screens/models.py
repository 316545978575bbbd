"""ModelsScreen: the seed's "STT Model Settings": see, check, activate, add and delete models, and bring their files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Static

from orstt_core.errors import OrsttError
from orstt_core.types import Job, LoadedModel, Model
from orstt_tui.backend_connection import BackendConnection, ConnectionState
from orstt_tui.engine_facts import engine_facts
from orstt_tui.formatting import count
from orstt_tui.model_facts import ModelFacts
from orstt_tui.notifications import error_text
from orstt_tui.screens.loading_models import LoadingModelsScreen
from orstt_tui.weights_text import why_not
from orstt_tui.weights_work import WeightsWork
from orstt_tui.widgets.check_list import CheckList
from orstt_tui.widgets.fact_list import FactList
from orstt_tui.widgets.loaded_models import LoadedModels
from orstt_tui.widgets.model_detail import ModelDetail
from orstt_tui.widgets.model_files import ModelFiles
from orstt_tui.widgets.model_table import ModelTable
from orstt_tui.widgets.pane import Pane, show_title
from orstt_tui.widgets.run_status import RunStatus

UPDATES = 10
"""Times a second that the screen follows work on model files at most."""
DEBOUNCE = 0.2
"""Seconds the cursor rests on a model before it is checked: scrolling past must not start a check each."""


class ModelsScreen(LoadingModelsScreen):
    """The models on the left, everything about the one under the cursor on the right, or below."""

    CSS_PATH = "models.tcss"
    MODE = "models"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "activate", "Activate", id="models.activate", tooltip="Transcribe with the selected model"),
        Binding("n", "add", "New", id="models.add", tooltip="Configure another model"),
        Binding("e", "edit", "Edit", show=False, id="models.edit", tooltip="Change the selected model"),
        Binding("p", "pull", "Pull", id="models.pull", tooltip="Bring the files of the selected model here"),
        Binding("escape", "cancel", "Cancel", id="models.cancel", tooltip="Stop what is under way with model files"),
        Binding("f", "files", "Files", show=False, id="models.files", tooltip="Show which model files are here"),
        Binding("v", "files('verify')", "Verify", show=False, id="models.verify", tooltip="Read and compare its files"),
        Binding("x", "files('export')", "Export", show=False, id="models.export", tooltip="Write it to one file"),
        Binding(
            "i", "files('bring')", "Import", show=False, id="models.import", tooltip="Bring in a model from a file"
        ),
        Binding(
            "P", "files('prune')", "Prune", show=False, id="models.prune", tooltip="Remove files that no model needs"
        ),
        Binding(
            "d", "delete", "Delete", show=False, id="models.delete", tooltip="Remove the selected model from the list"
        ),
        Binding("l", "load", "Load", show=False, id="models.load", tooltip="Load the selected model into memory"),
        Binding("u", "unload", "Unload", show=False, id="models.unload", tooltip="Give the model's memory back"),
        Binding("c", "check", "Check", show=False, id="models.check", tooltip="Check the selected model again"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._selected: Model | None = None
        self._loaded: dict[str, LoadedModel] = {}
        self._waits: dict[str, str] = {}
        self._facts = ModelFacts(connection)
        self._work = WeightsWork(self, self.action_check)

    def body(self) -> Iterable[Widget]:
        """Table and details, over what is under way with model files."""
        with Container(id="models-body"):
            with Vertical(id="models-left"):
                with Pane("STT Model Settings", id="models-list", classes="-above"):
                    yield ModelTable(id="models-table")
                    yield Static(id="models-none", classes="muted", markup=False)
                with Horizontal(id="models-more"):
                    yield ModelFiles(id="models-files")
                    yield LoadedModels(id="models-loaded")
            with Vertical(id="models-right"):
                yield ModelDetail(id="models-detail")
                yield FactList("Engine", id="models-engine")
        yield RunStatus(percentage=False, id="models-run")

    def on_mount(self) -> None:
        """Follow what is loaded, and what is under way."""
        self.watch(self.app, "loaded", self.show_loaded)
        self.watch(self.app, "job", self._note_job)
        self.set_interval(1, self.show_memory)
        self.set_interval(1 / UPDATES, self._follow_work)
        self._show_selected()
        self._follow_work()
        self.query_one(ModelTable).focus()

    def show_connection(self, state: ConnectionState) -> None:
        """Show the place; while nothing came from it yet, say why."""
        super().show_connection(state)
        words = "\n".join(error_text(state.problem)) if state.problem else "Opening…"
        self.query_one("#models-none", Static).update(words)
        self.query_one(ModelDetail).show_connected(connected=state.phase != "lost")

    def show_models(self, models: tuple[Model, ...]) -> None:
        """Show the configured models."""
        super().show_models(models)
        self.query_one(ModelTable).show(models)
        self.query_one("#models-none").display = not models
        total = f": {count(len(models), 'model')}" if models else ""
        show_title(self.query_one("#models-list"), f"STT Model Settings{total}")
        self.survey(models)

    def renew(self) -> None:
        """Check all models again."""
        self.survey(tuple(self.query_one(ModelTable).models))

    def show_loaded(self, loaded: tuple[LoadedModel, ...]) -> None:
        """Show which models are in memory."""
        self._loaded = {name: model for model in loaded for name in model.names}
        self.query_one(ModelTable).show_loaded(self._loaded)
        self.query_one(LoadedModels).show(loaded)
        self.show_memory()

    def show_memory(self) -> None:
        """Show what the selected model takes in memory, and what one waits for."""
        if self._selected is not None:
            loaded = self._loaded.get(self._selected.name)
            self.query_one(ModelDetail).show_loaded(loaded, "\n".join(self._waits.values()))

    def _follow_work(self) -> None:
        run = self._work.run_to_show(self._selected.name if self._selected else "")
        status = self.query_one(RunStatus)
        began_or_ended = status.display != (run is not None)
        status.follow(run)
        self.query_one(ModelTable).show_work({each.name: each.short for each in self._work.runs})
        if began_or_ended:
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense now."""
        return bool(self._work.runs) if action == "cancel" else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why the files of the selected model cannot be pulled; the rest says who configures models."""
        model = self._selected
        if action != "pull" or model is None:
            return super().why_not(action)
        if model.sends_sound:
            return f"{model.name} runs on a server: there is nothing to pull."
        return why_not(action, self._facts.stored.get(model.name), self._work.run_of(model.name))

    @on(ModelTable.Highlighted)
    def _select(self, event: ModelTable.Highlighted) -> None:
        if self._selected is not None and event.model is not None and event.model.id != self._selected.id:
            self.app.clear_notifications()  # they are about the model that was looked at before
        self._selected = event.model
        self._show_selected()
        self.show_memory()
        self._follow_work()
        if event.model is not None:
            self.validate(event.model)

    @on(ModelTable.Opened)
    def _enter(self) -> None:
        wanted = self.query_one("#activate", Button)
        (self.query_one(ModelDetail) if wanted.disabled else wanted).focus()

    def action_check(self) -> None:
        """Check the selected model again, e.g. after its files were brought."""
        if self._selected is not None:
            self.validate(self._selected)
            self.renew()

    def action_pull(self) -> None:
        """Bring the files of the selected model here."""
        if self._selected is not None:
            self._work.pull(self._selected.name)

    def action_cancel(self) -> None:
        """Stop what is under way with model files: what is shown of it."""
        if run := self._work.run_to_show(self._selected.name if self._selected else ""):
            self._work.cancel(run.name)

    def action_files(self, then: str = "") -> None:
        """Show which model files are here, from those of the selected model on, and begin with this action there."""
        from orstt_tui.screens.weights import WeightsScreen

        name = self._selected.name if self._selected else ""
        self.app.push_screen(WeightsScreen(self.connection, self._work, name, then))

    @work(exclusive=True, group="validation", exit_on_error=False)
    async def validate(self, model: Model) -> None:
        """Show whether the model would run here, first as it was last known; the latest call wins."""
        checks = self.query_one(CheckList)
        if (known := self._facts.checked.get(model.id)) is not None:
            checks.show(known)
        else:
            checks.wait()
        await asyncio.sleep(DEBOUNCE)
        try:
            checks.show(await self._facts.check(model))
        except OrsttError as error:
            checks.refuse(str(error))
        self._show_facts()

    @work(exclusive=True, group="survey", exit_on_error=False)
    async def survey(self, models: tuple[Model, ...]) -> None:
        """Learn which files are here, which models would not run, and what they speak; the latest call wins."""
        await asyncio.sleep(DEBOUNCE)
        with suppress(OrsttError):  # of the selected model it is said why it cannot be checked
            await self._facts.look_at_files()
            self._show_facts()
            for model in models:
                await self._facts.check(model)
            self._show_facts()
            await self._facts.look_at_engines()
            self._show_facts()
            await self._facts.look_at_figures()
        self._show_facts()

    def _note_job(self, job: Job | None) -> None:
        if job is not None and job.state == "done":
            self.look_at_figures()

    @work(exclusive=True, group="figures", exit_on_error=False)
    async def look_at_figures(self) -> None:
        """Show what transcriptions took, once none has ended for a moment; the latest call wins."""
        await asyncio.sleep(DEBOUNCE)
        with suppress(OrsttError):  # a key may be too small for it
            await self._facts.look_at_figures()
            self._show_selected()

    def _show_facts(self) -> None:
        self.query_one(ModelTable).show_facts(self._facts.unusable(), self._facts.stored)
        self._show_selected()

    def _show_selected(self) -> None:
        model, facts = self._selected, self._facts
        detail = self.query_one(ModelDetail)
        if model is None:
            detail.show_none()
        else:
            detail.show(model, facts.stored.get(model.name), facts.languages(model), facts.figures(model))
        self.query_one(ModelFiles).show(model, facts.stored.get(model.name) if model else None)
        engine, engine_pane = facts.engine(model) if model else None, self.query_one(FactList)
        engine_pane.show([("", engine_facts(engine, model.model))] if model and engine else [])
        show_title(engine_pane, f"Engine: {model.model_type}" if model else "Engine")
        self.refresh_bindings()
