"""Backend: the one Protocol that the terminal and the HTTP layer talk to.

`LocalBackend` (orstt_core.local) does the work in this process; `RemoteBackend` (orstt_api.client) asks a
server to. Both give the same types and raise the same errors: one contract suite runs against both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from orstt_core.types import (
    BackendEvent,
    BackendInfo,
    Change,
    Diagnosis,
    EngineList,
    Model,
    ModelDraft,
    TranscribeEvent,
    TranscribeRequest,
    Validation,
)


@runtime_checkable
class Backend(Protocol):
    """Everything that can be asked of OR-STT. Every method may raise an `OrsttError`.

    Use it as an async context manager: entering opens the database or the connection, leaving stops what
    still runs. A model is named by its id or its name (`ref`).
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def info(self) -> BackendInfo:
        """Say where this is and which model is active."""
        ...

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
            EngineUnknown: the type is not registered.
            ModelExists: the name is taken.
        """
        ...

    async def validate_model(self, draft: ModelDraft) -> Validation:
        """Make the four checks; what fails is in the answer, never raised."""
        ...

    async def activate_model(self, ref: int | str) -> Change:
        """Make this the one active model. If it cannot run here the old one stays.

        Raises:
            ModelNotFound: no model has that id or name.
            ModelNotUsable: it failed validation; the message says which check.
        """
        ...

    async def delete_model(self, ref: int | str) -> Model:
        """Remove a model and return it as it was. Its weights stay on disk.

        Raises:
            ModelNotFound: no model has that id or name.
            ModelInUse: it is the active or the default one.
        """
        ...

    async def engines(self) -> EngineList:
        """Return every registered engine; a broken one with its reason, never an error."""
        ...

    def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        """Transcribe, yielding events as things happen; the last one is `Done`.

        Closing the generator (`contextlib.aclosing`) or cancelling the task that reads it cancels the work.

        Raises:
            ModelNotFound, EngineUnavailable, WeightsError, AudioError, TooLarge, FileProblem,
            LanguageUnknown, OptionUnsupported, EngineFailed: while iterating.
        """
        ...

    def events(self) -> AsyncGenerator[BackendEvent]:
        """Yield what changes from now on, whoever changes it, until closed."""
        ...

    async def diagnose(self) -> Diagnosis:
        """Look at everything that could be missing here; takes a second or two."""
        ...
