"""Which language is spoken, heard by a model in memory: for the choice between models of one language and others."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple

from msgspec.structs import replace

from orstt_core.errors import OrsttError
from orstt_core.runtime.lease import Displaced
from orstt_core.runtime.model_spec import spec_of
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.probe import capabilities_of
from orstt_core.runtime.protocol import FromChild, SegmentMessage, SoundFile, Work
from orstt_core.settings import EngineSettings
from orstt_core.types import Model, Priority, TranscribeOptions
from orstt_core.units import SAMPLE_RATE

HEARD_SECONDS = 15
"""Sound from the beginning that is listened to: a sentence or two."""
LEAST_PROBABILITY = 0.8
"""Below it the language is not known."""


class HeardLanguage(NamedTuple):
    """A language, as an ISO code, and how sure the model is of it, 0 to 1."""

    code: str
    probability: float


async def hear_language(
    pool: EnginePool, model: Model, sound: SoundFile, settings: EngineSettings, priority: Priority
) -> HeardLanguage | None:
    """Return what is spoken at the beginning of a recording; None: nothing is, or the model is not sure.

    Args:
        pool: has the model in memory.
        model: detects languages.
        sound: the recording.
        settings: for its engine.
        priority: of the job that it is for.
    """
    options = TranscribeOptions()
    if {"beam_size", "temperature"} <= set(capabilities_of(model.model_type)):
        options = TranscribeOptions(beam_size=1, temperature=(0.0,))
    beginning = replace(sound, samples=min(sound.samples, HEARD_SECONDS * SAMPLE_RATE))
    spec = spec_of(model)
    work = Work(spec=spec, sound=beginning, options=options, settings=settings, name=model.name)
    try:
        async with pool.lease(spec, priority=priority) as lease, aclosing(lease.run(work)) as messages:
            return await _first_language(messages)
    except (OrsttError, Displaced):
        return None  # the choice is made without


async def _first_language(messages: AsyncGenerator[FromChild]) -> HeardLanguage | None:
    async for message in messages:
        if isinstance(message, SegmentMessage):
            segment = message.event.segment
            sure = segment.language_probability or 0.0
            return HeardLanguage(segment.language, sure) if segment.language and sure >= LEAST_PROBABILITY else None
    return None
