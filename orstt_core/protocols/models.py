"""ModelOperations: what is asked of the configured models."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from orstt_core.types import Change, Model, ModelDraft, ModelUpdate, TuningEvent, Validation


class ModelOperations(Protocol):
    """The configured models, of which exactly one is active. A model is named by its id or its name (`ref`)."""

    async def models(self) -> list[Model]:
        """Return the configured models in the order they were added."""
        ...

    async def model(self, ref: int | str) -> Model:
        """Return one model.

        Raises:
            ModelNotFound: no model has that id or name.
        """
        ...

    async def create_model(self, draft: ModelDraft) -> Change:
        """Validate and store a new model; it is neither active nor default.

        Raises:
            InvalidRequest: the name is blank, too long or not a name; the device or compute type is unknown.
            VocabularyNotFound: it is to have a list of words that there is not.
            EngineUnknown: the type is not registered.
            ModelExists: the name is taken.
        """
        ...

    async def validate_model(self, draft: ModelDraft) -> Validation:
        """Make the four checks; what fails is in the answer, never raised."""
        ...

    async def activate_model(self, ref: int | str) -> Change:
        """Make this the one active model, once it is loaded and has answered a one-second probe.

        If it cannot run here the old one stays active; what transcribes already goes on with the model it has.

        Raises:
            ModelNotFound: no model has that id or name.
            ModelNotUsable: it failed validation, loading or the probe; the message says which.
        """
        ...

    async def update_model(self, ref: int | str, update: ModelUpdate) -> Change:
        """Change a model, after the same checks as for a new one; jobs that wait keep it as it was.

        Where the active model would compute otherwise than now, it is loaded and probed first, as in
        `activate_model`.

        Raises:
            ModelNotFound: no model has that id or name.
            InvalidRequest, EngineUnknown: a value does not fit.
            ModelExists: the new name is taken.
            ModelNotUsable: it is the active one, and could not run as asked for.
        """
        ...

    def tune_model(self, ref: int | str, *, store: bool = True) -> AsyncGenerator[TuningEvent]:
        """Find the fastest setting of a model that hears as well as the one it has, on the machine that it runs on.

        Takes a minute or two, and says what is done; the last event tells what came of it. Closing the generator stops
        it, and then nothing is stored.

        Args:
            ref: the model.
            store: give the model that setting, and keep what was done; otherwise only measure.

        Raises:
            ModelNotFound: no model has that id or name.
            ModelNotUsable, DeviceUnavailable: it cannot run there, or not on its own device.
            Conflict: there is nothing to tune about it, it understands no English, or somebody changed it meanwhile.
            OrsttError: its engine fails.
        """
        ...

    async def undo_tuning(self, ref: int | str) -> Change:
        """Give a model the setting back that it had before it was tuned.

        Raises:
            ModelNotFound: no model has that id or name.
            Conflict: it was never tuned on that machine, that changed nothing, or somebody changed it since.
        """
        ...

    async def delete_model(self, ref: int | str) -> Model:
        """Remove a model and return it as it was. Its weights stay on disk.

        Raises:
            ModelNotFound: no model has that id or name.
            ModelInUse: it is the active or the default one.
        """
        ...
