"""EditModelScreen: the form of a new model, filled in with one that there is."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType

from orstt_core.types import Change, Model, ModelDraft, ModelUpdate
from orstt_core.types.options import OptionValue
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.screens.add_model import AddModelScreen


class EditModelScreen(AddModelScreen):
    """Gives the change that was made, or None.

    Args:
        model: the one to change.
        taken: names that other models have.
    """

    HEADING: ClassVar[str] = "Change a model"
    ACCEPT: ClassVar[str] = "Save"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "add", "Save", id="form.accept", tooltip="Go ahead with what the form says"),
    ]
    HELP = """\
# A model, changed

Everything but its engine can be changed. The fields after the words are options of the engine, if it has any; an
emptied one goes back to its default. Secrets do not belong there.

The active model is changed only to what can run here: it is loaded so, and answers a probe, before it is stored. Jobs
that wait keep it as it was.
"""

    def __init__(self, connection: BackendConnection, model: Model, taken: Collection[str]) -> None:
        super().__init__(connection, taken, msgspec.convert(model, ModelDraft, from_attributes=True))
        self._model = model

    async def save(self, draft: ModelDraft) -> Change:
        """Have the backend change what differs."""
        update = ModelUpdate(
            name=self._changed("name", draft.name),
            model=self._changed("model", draft.weights),
            device=self._changed("device", draft.device),
            compute_type=self._changed("compute_type", draft.compute_type),
            description=self._changed("description", draft.description),
            options={**self._emptied, **draft.options},
            vocabulary=draft.vocabulary if draft.vocabulary != self._model.vocabulary else None,
        )
        return await self.connection.backend.update_model(self._model.id, update)

    @property
    def _emptied(self) -> dict[str, OptionValue]:
        """What brings every option back to its default; of an engine that cannot be looked at they stay."""
        engine = self._engine
        known = engine is not None and (engine.available or engine.options)
        return dict.fromkeys(self._model.options) if known else {}

    def _changed(self, name: str, value: str) -> str | None:
        return value if value != getattr(self._model, name) else None
