"""LocalBackend: the Backend that does the work in this process. The only module that wires the rooms together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import Self

import msgspec

from orstt_core import __version__
from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.errors import EngineUnknown, InvalidRequest, ModelNotUsable
from orstt_core.events import Broadcast
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import EngineSpec, Work
from orstt_core.runtime.recording import recording_file
from orstt_core.runtime.transcription import Transcription
from orstt_core.settings import Settings, load_settings, without_secrets
from orstt_core.types import (
    Accepted,
    BackendEvent,
    BackendInfo,
    Change,
    Diagnosis,
    EngineList,
    Model,
    ModelDraft,
    ModelsChanged,
    TranscribeEvent,
    TranscribeRequest,
    Validation,
)


class LocalBackend:
    """Models in a database of this machine's, engines in child processes of this process's.

    Args:
        settings: default: the environment's.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings()
        self._database = Database(self._settings.database)
        self._store = ModelStore(self._database)
        self._pool = EnginePool(max_loaded=self._settings.max_loaded, keep_alive=self._settings.keep_alive)
        self._broadcast: Broadcast[BackendEvent] = Broadcast()

    async def __aenter__(self) -> Self:
        await self._database.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.close()
        await self._database.close()

    async def info(self) -> BackendInfo:
        """See `Backend.info`."""
        active = await self._store.active()
        return BackendInfo(
            location="local", version=__version__, database=self._database.kind, active_model=active.name
        )

    async def models(self) -> list[Model]:
        """See `Backend.models`."""
        return await self._store.list()

    async def model(self, ref: int | str) -> Model:
        """See `Backend.model`."""
        return await self._store.get(ref)

    async def create_model(self, draft: ModelDraft) -> Change:
        """See `Backend.create_model`."""
        from orstt_core.validation import validate_draft

        draft = validate_draft(draft)
        validation = await self.validate_model(draft)
        if not validation.valid:
            _refuse(validation)
        model = await self._store.add(draft)
        self._broadcast.send(ModelsChanged(reason=f"added {model.name}"))
        return Change(model=model, warnings=_advice(validation))

    async def validate_model(self, draft: ModelDraft) -> Validation:
        """See `Backend.validate_model`."""
        from orstt_core.validation import validate

        return await asyncio.to_thread(validate, draft, self._settings)

    async def activate_model(self, ref: int | str) -> Change:
        """See `Backend.activate_model`."""
        model = await self._store.get(ref)
        validation = await self.validate_model(_draft_of(model))
        if not (validation.valid and validation.available):
            active = await self._store.active()
            raise ModelNotUsable(
                f"{model.name} cannot be activated: {validation.message}", hint=f"{active.name} stays active."
            )
        model = await self._store.activate(model.id)
        self._broadcast.send(ModelsChanged(reason=f"activated {model.name}"))
        return Change(model=model, warnings=validation.warnings)

    async def delete_model(self, ref: int | str) -> Model:
        """See `Backend.delete_model`."""
        model = await self._store.delete((await self._store.get(ref)).id)
        self._broadcast.send(ModelsChanged(reason=f"removed {model.name}"))
        return model

    async def engines(self) -> EngineList:
        """See `Backend.engines`."""
        from orstt_core.runtime.probe import describe_engines

        return await asyncio.to_thread(describe_engines)

    async def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        """See `Backend.transcribe`."""
        from orstt_core.factory import STTFactory

        model = await (self._store.active() if request.model is None else self._store.get(request.model))
        spec = EngineSpec(
            model_type=model.model_type,
            engine=STTFactory.location(model.model_type),
            model=model.model,
            device=model.device,
            compute_type=model.compute_type,
        )
        transcription = Transcription(model, request.options)
        async with recording_file(request) as recording:
            yield Accepted(model=model.name, ahead=self._pool.queued)
            work = Work(
                spec=spec, recording=recording, options=request.options, settings=without_secrets(self._settings)
            )
            async with self._pool.lease(spec) as process, aclosing(process.run(work)) as messages:
                async for message in messages:
                    for event in transcription.events(message):
                        yield event

    def events(self) -> AsyncGenerator[BackendEvent]:
        """See `Backend.events`."""
        return self._broadcast.listen()

    async def diagnose(self) -> Diagnosis:
        """See `Backend.diagnose`."""
        from orstt_core.doctor import diagnose

        return await diagnose(self._settings, self.models)


def _draft_of(model: Model) -> ModelDraft:
    return msgspec.convert(model, ModelDraft, from_attributes=True)


def _refuse(validation: Validation) -> None:
    failed = next((check for check in validation.checks if check.outcome == "failed"), None)
    kind = EngineUnknown if failed and failed.name == "type" else InvalidRequest
    raise kind(validation.message)


def _advice(validation: Validation) -> list[str]:
    # A model that cannot run yet may still be configured: its weights can be brought later.
    return validation.warnings if validation.available else [*validation.warnings, validation.message]
