"""EngineOperations: what is asked of engines, and of the models that are loaded in them."""

from __future__ import annotations

from typing import Protocol

from orstt_core.types import EngineList, LoadedModel


class EngineOperations(Protocol):
    """The engines that there are, and the models loaded in the process that serves."""

    async def engines(self) -> EngineList:
        """Return every registered engine; a broken one with its reason, never an error."""
        ...

    async def load_model(self, ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        """Load a model now, so that the next request need not wait for it.

        Args:
            ref: the model's id or name.
            keep_alive: seconds it stays when idle, 0 to unload it at once, -1 for ever; None is the setting's.

        Raises:
            InvalidRequest: it is to stay for less than -1 seconds.
            ModelNotFound: no model has that id or name.
            ModelSuspended, WeightsError, DeviceUnavailable, EngineUnavailable, EngineFailed: it cannot be loaded.
        """
        ...

    async def unload_model(self, ref: int | str) -> LoadedModel:
        """Unload a model, giving its memory back to the system, and return it as it was.

        Raises:
            ModelNotFound: no model has that id or name, or it is not loaded.
            ModelInUse: it serves a request.
        """
        ...

    async def loaded_models(self) -> list[LoadedModel]:
        """Return what is loaded in the process that serves, or suspended there, the most recently used first."""
        ...
