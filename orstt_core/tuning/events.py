"""A tuning as a stream of events, for whoever follows it from afar."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from orstt_core.backend import Backend
from orstt_core.settings import Settings
from orstt_core.tuning import service
from orstt_core.types import Tuned, TuningEvent, TuningStatus, TuningTried


async def tuning_events(
    backend: Backend, settings: Settings, ref: int | str, *, store: bool
) -> AsyncGenerator[TuningEvent]:
    """Tune a model, and yield what is done, what was tried and at last what came of it; closing stops it.

    Args:
        backend: of this machine.
        settings: its.
        ref: name or id of the model.
        store: whether to change the model and to keep what was done.

    Raises:
        OrsttError: as `orstt_core.tuning.service.tune`.
    """
    events: asyncio.Queue[TuningEvent | None] = asyncio.Queue()

    async def tune() -> None:
        try:
            tuning = await service.tune(
                backend,
                settings,
                ref,
                store=store,
                report=lambda trial: events.put_nowait(TuningTried(trial=trial)),
                status=lambda text: events.put_nowait(TuningStatus(text=text)),
            )
            events.put_nowait(Tuned(tuning=tuning))
        finally:
            events.put_nowait(None)

    tuning = asyncio.create_task(tune())
    try:
        while (event := await events.get()) is not None:
            yield event
        await tuning
    finally:
        tuning.cancel()
        await asyncio.wait({tuning})
