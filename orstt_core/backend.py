"""Backend: the one Protocol that the terminal and the HTTP layer talk to.

`LocalBackend` (orstt_core.local) does the work in this process; `RemoteBackend` (orstt_api.client) asks a
server to. Both give the same types and raise the same errors: one contract suite runs against both.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Protocol, Self, Unpack, runtime_checkable

from msgspec.structs import replace

from orstt_core.errors import EngineFailed
from orstt_core.protocols.benchmarks import BenchmarkOperations
from orstt_core.protocols.corrections import CorrectionOperations
from orstt_core.protocols.engines import EngineOperations
from orstt_core.protocols.experiments import ExperimentOperations
from orstt_core.protocols.jobs import JobOperations
from orstt_core.protocols.keys import KeyOperations
from orstt_core.protocols.models import ModelOperations
from orstt_core.protocols.service import ServiceOperations
from orstt_core.protocols.vocabularies import VocabularyOperations
from orstt_core.protocols.weights import WeightsOperations
from orstt_core.request import Audio, make_request
from orstt_core.types import AUTO, Done, Model, TranscribeEvent, TranscribeKeywords, Transcript
from orstt_core.types.options import Capability

MAKE_REQUEST = "`orstt_core.make_request` makes one of a path, an open file, bytes or samples."
"""What to say to whoever gives a backend something else than a request."""


@runtime_checkable
class Backend(
    ModelOperations,
    WeightsOperations,
    EngineOperations,
    JobOperations,
    CorrectionOperations,
    KeyOperations,
    VocabularyOperations,
    BenchmarkOperations,
    ExperimentOperations,
    ServiceOperations,
    Protocol,
):
    """Everything that can be asked of OR-STT, each subject in a Protocol of its own.

    Every method may raise an `OrsttError`. Use it as an async context manager: entering opens the database or the
    connection, leaving stops what still runs.
    """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def transcript(
        self, audio: Audio, model: str | int | None = None, **options: Unpack[TranscribeKeywords]
    ) -> Transcript:
        """Transcribe a recording and return the whole transcript.

        The times of words are measured where the engine can, unless `word_timestamps=False`; of the model `auto` where
        those of all models can. Cancelling the task that waits cancels the job.

        Args:
            audio: a path, an open binary file, bytes, or `(rate in Hz, samples)`; see `make_request`.
            model: name or id of a configured model; None is the active one.
            options: those of `TranscribeOptions`, by name; the language is detected unless it is given.

        Raises:
            OrsttError: as `make_request` and `transcribe`.
        """
        import asyncio  # the help of a command, which looks at this Protocol, does without

        request = await asyncio.to_thread(lambda: make_request(audio, model, **options))
        if "word_timestamps" not in options:
            name, meant = await _look_up(self, request.model)
            timed = all(["words" in await self._capabilities(model.model_type) for model in meant])
            # By name: another may become active meanwhile.
            request = replace(request, model=name, options=replace(request.options, word_timestamps=timed))
        return await _transcript_of(self.transcribe(request))

    async def wait(self, ref: str) -> Transcript:
        """Wait until a job has ended and return its transcript.

        Raises:
            JobNotFound: no job, or more than one, has an id that begins so.
            JobCancelled: it was cancelled.
            OrsttError: what it failed with.
        """
        return await _transcript_of(self.follow_job(ref))

    async def _capabilities(self, model_type: str) -> Collection[Capability]:
        """Return what an engine can do beside giving a text."""
        engines = (await self.engines()).engines
        return next((engine.capabilities for engine in engines if engine.model_type == model_type), ())


async def _look_up(backend: Backend, ref: int | str | None) -> tuple[str, Sequence[Model]]:
    """Return the name of the model that a request means, and the model; of `auto` all that may be chosen."""
    info = await backend.info()
    named = info.active_model if ref is None else ref
    meant = info.aliases.get(named, named) if isinstance(named, str) else named
    if meant == AUTO:
        return AUTO, [model for model in await backend.models() if not model.sends_sound]
    model = await backend.model(meant)
    return model.name, [model]


async def _transcript_of(events: AsyncGenerator[TranscribeEvent]) -> Transcript:
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return event.transcript
    raise EngineFailed("The transcription ended without a transcript.")
