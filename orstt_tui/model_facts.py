"""ModelFacts: what was found out about the configured models: checks, files, languages, speed and memory."""

from __future__ import annotations

import msgspec

from orstt_core.types import EngineInfo, Model, ModelDraft, Stats, StatsQuery, StoredWeights, Validation
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.widgets.check_list import why_unusable


class ModelFacts:
    """Asks the backend, and keeps what it said last.

    Attributes:
        checked: id of a model -> what its checks found.
        stored: name of a model -> its files.
    """

    def __init__(self, connection: BackendConnection) -> None:
        self._connection = connection
        self._engines: dict[str, EngineInfo] = {}
        self.checked: dict[int, Validation] = {}
        self.stored: dict[str, StoredWeights] = {}
        self._figures: list[Stats] = []

    async def check(self, model: Model) -> Validation:
        """Return whether a model would run there now."""
        draft = msgspec.convert(model, ModelDraft, from_attributes=True)
        self.checked[model.id] = await self._connection.backend.validate_model(draft)
        return self.checked[model.id]

    async def look_at_files(self) -> None:
        """Learn which files are there."""
        found = await self._connection.backend.weights()
        self.stored = {name: stored for stored in found for name in stored.models}

    async def look_at_engines(self) -> None:
        """Learn what the engines can do; what they said once counts."""
        if not self._engines:
            listed = await self._connection.backend.engines()
            self._engines = {engine.model_type: engine for engine in listed.engines}

    async def look_at_figures(self) -> None:
        """Learn what transcriptions took there."""
        self._figures = await self._connection.backend.stats(StatsQuery(by="setup", here=True))

    def figures(self, model: Model) -> Stats | None:
        """Return what the latest transcriptions of a model took, with the weights that it has; None: there are none."""
        wanted = (model.name, model.model_type, model.model)
        measured = (each for each in self._figures if (each.model, each.setup.engine, each.setup.weights) == wanted)
        return max(measured, key=lambda each: each.last_day, default=None)

    def unusable(self) -> dict[int, str]:
        """Return which models would not run there, and why in a word, by their ids."""
        return {number: why_unusable(validation) for number, validation in self.checked.items()}

    def engine(self, model: Model) -> EngineInfo | None:
        """Return the engine of a model; None: the engines have not been looked at, or there is no such one."""
        return self._engines.get(model.model_type)

    def languages(self, model: Model) -> list[str] | None:
        """Return the languages that a model can be asked for; None: its engine has not said."""
        engine = self.engine(model)
        return engine.languages_of(model.model) if engine and engine.available else None
