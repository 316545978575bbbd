"""LoadingModelsScreen: the commands that activate a model, bring it into memory, and give that back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from textual import work

from orstt_core.errors import OrsttError
from orstt_core.text import readable_bytes
from orstt_core.types import Model
from orstt_tui.model_facts import ModelFacts
from orstt_tui.notifications import notify_error, notify_warnings
from orstt_tui.screens.configuring import ConfiguringScreen
from orstt_tui.widgets.check_list import why_unusable
from orstt_tui.widgets.model_table import ModelTable

ACTIVATION = ""
"""Names the activation among what one waits for; the others are models being loaded, by name."""


class LoadingModelsScreen(ConfiguringScreen):
    """A screen with a `ModelTable`, which says what one waits for."""

    _facts: ModelFacts
    _waits: dict[str, str]

    def show_memory(self) -> None:
        """Show what the selected model takes in memory, and what one waits for."""
        raise NotImplementedError

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

    @work(group="change", exit_on_error=False)
    async def activate(self, model: Model) -> None:
        """Make this model the active one; what else changes on the screen comes as an event."""
        old = next((other.name for other in self.query_one(ModelTable).models if other.is_active), "")
        with self._waiting(ACTIVATION, f"Loading {model.name} to activate it… {old} serves until it is ready."):
            try:
                change = await self.connection.backend.activate_model(model.id)
            except OrsttError as error:
                known = self._facts.checked.get(model.id)
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
        self.show_memory()
        try:
            yield
        finally:
            del self._waits[what]
            self.show_memory()
