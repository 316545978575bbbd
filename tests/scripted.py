"""A Backend for unit tests of the faces: in memory, and it says what it was told to say.

What an issue asks is proved on the real backends; this one serves tests of screens, commands and
controllers that need a state which is hard to bring about (a slow load, a failure in the middle).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import msgspec
from scripted_benchmarks import ScriptedBenchmarks
from scripted_corrections import ScriptedCorrections
from scripted_experiments import ScriptedExperiments
from scripted_jobs import ScriptedJobs
from scripted_keys import ScriptedKeys
from scripted_vocabularies import ScriptedVocabularies

from orstt_core.backend import Backend
from orstt_core.errors import ModelExists, ModelInUse, ModelNotFound, OrsttError
from orstt_core.settings import Settings
from orstt_core.settings.listing import Setting, StartSettings
from orstt_core.types import (
    Accepted,
    BackendEvent,
    BackendInfo,
    Change,
    Check,
    Diagnosis,
    Done,
    EngineInfo,
    EngineList,
    Finding,
    Leftover,
    LoadMeasured,
    Machine,
    Measurement,
    Model,
    ModelDraft,
    ModelsChanged,
    ModelSetting,
    ModelUpdate,
    NewSegment,
    Progress,
    Pruned,
    PullProgress,
    Segment,
    Started,
    Stats,
    StatsQuery,
    StoredWeights,
    TranscribeEvent,
    TranscribeRequest,
    Transcript,
    Tuned,
    Tuning,
    TuningEvent,
    UsedModel,
    Validation,
    Verification,
)

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DEFAULTS = {
    "tiny": "Fastest, lowest accuracy",
    "base": "Balanced speed and accuracy (recommended)",
    "small": "Better accuracy, slower",
    "medium": "High accuracy, significantly slower",
    "large": "Best accuracy, slowest, needs more resources",
}


UNCHANGED = Tuning(
    model="base",
    model_type="whisper",
    weights="base",
    device="cpu",
    machine=Machine(processor="A CPU", cores=2, memory_gb=8),
    libraries={"ctranslate2": "4.8.0"},
    at=WHEN,
    before=ModelSetting(compute_type="int8"),
    after=ModelSetting(compute_type="int8"),
    trials=[],
)
"""A tuning that found nothing faster."""


def whisper(**changes: object) -> EngineInfo:
    """The engine that the scripted backend offers."""
    info = EngineInfo(
        model_type="whisper",
        title="Faster Whisper",
        available=True,
        capabilities=["segments", "words", "language_detection", "translate", "prompt", "hotwords", "vad", "beam_size"],
        compute_types={"cpu": ["int8", "int8_float32", "float32"]},
        models=list(DEFAULTS),
    )
    return msgspec.structs.replace(info, **changes)


def speech(*texts: str, model: str = "base") -> list[TranscribeEvent | float]:
    """The events of a transcription that says these segments, two seconds each."""
    used = UsedModel(name=model, type="whisper", device="cpu", compute_type="int8")
    segments = [
        Segment(id=number, start=2.0 * number, end=2.0 * number + 2, text=text, confidence=0.9, language="en")
        for number, text in enumerate(texts)
    ]
    duration = 2.0 * len(texts)
    events: list[TranscribeEvent | float] = [Accepted(model=model), Started(duration=duration, model=used)]
    for segment in segments:
        events += [NewSegment(segment=segment), Progress(position=segment.end or 0.0, duration=duration)]
    transcript = Transcript(
        text=" ".join(texts),
        segments=segments,
        language="en",
        language_probability=0.99,
        duration=duration,
        task="transcribe",
        model=used,
    )
    return [*events, Done(transcript=transcript)]


class ScriptedBackend(
    ScriptedJobs,
    ScriptedCorrections,
    ScriptedKeys,
    ScriptedVocabularies,
    ScriptedBenchmarks,
    ScriptedExperiments,
    Backend,
):
    """Models in memory; `script` holds what `transcribe` yields: an event, a pause in seconds, or an error."""

    def __init__(self, *, location: str = "local") -> None:
        super().__init__()
        ScriptedCorrections.__init__(self)
        ScriptedKeys.__init__(self)
        ScriptedVocabularies.__init__(self)
        ScriptedBenchmarks.__init__(self)
        ScriptedExperiments.__init__(self)
        self.location = location
        self.script: list[TranscribeEvent | float | Exception] = [*speech("Hello there.", "General remarks.")]
        self.requests: list[TranscribeRequest] = []
        self.updates: list[ModelUpdate] = []
        self.cancelled = 0
        self.engine_list = EngineList(engines=[whisper(), whisper(model_type="faster-whisper")])
        self.validation = Validation(
            valid=True,
            available=True,
            message="Ready to use.",
            checks=[
                Check(name="type", outcome="passed", detail="whisper is registered"),
                Check(name="dependencies", outcome="passed", detail="faster-whisper is installed"),
                Check(name="device", outcome="passed", detail="cpu with int8"),
                Check(name="model", outcome="passed", detail="on this machine"),
            ],
            compute_type="int8",
        )
        self.started_with = Settings()
        self.failure: Exception | None = None
        """Raised by every call but `info`, when set."""
        self.rows: dict[int, Model] = {}
        self._last_id = len(DEFAULTS)
        for number, (name, description) in enumerate(DEFAULTS.items(), start=1):
            self.rows[number] = Model(
                id=number,
                name=name,
                model_type="whisper",
                model=name,
                device="cpu",
                compute_type="int8",
                is_active=name == "base",
                is_default=name == "base",
                description=description,
                created_at=WHEN,
                updated_at=WHEN,
            )
        self.pull: list[PullProgress | OrsttError | float] = [
            PullProgress(status="pulling manifest"),
            PullProgress(
                status="pulling d01c3014",
                digest="sha256:d01c3014",
                total=145_000_000,
                completed=72_500_000,
                overall_total=148_000_000,
                overall_completed=74_000_000,
                bytes_per_second=12_500_000.0,
                seconds_left=5.92,
            ),
            PullProgress(status="verifying sha256 digest"),
            PullProgress(status="success"),
        ]
        """What a pull comes to; numbers are seconds of waiting."""
        self.stored: list[StoredWeights] = []
        self.verifications: dict[str, Verification] = {}
        self.leftovers: list[Leftover] = []
        self.tuning: list[TuningEvent | OrsttError | float] = [Tuned(tuning=UNCHANGED)]
        """What a tuning comes to; numbers are seconds of waiting."""
        self.tunings = 0
        self.statistics: list[Stats] = []
        self.stats_queries: list[StatsQuery] = []
        self._followers: list[asyncio.Queue[BackendEvent]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def info(self) -> BackendInfo:
        active = next(row.name for row in self.rows.values() if row.is_active)
        return BackendInfo(
            location=self.location, version="0.1.0", database="sqlite", active_model=active, scope="admin"
        )

    async def models(self) -> list[Model]:
        self._maybe_fail()
        return list(self.rows.values())

    async def model(self, ref: int | str) -> Model:
        self._maybe_fail()
        for row in self.rows.values():
            if ref in (row.id, row.name, str(row.id)):
                return row
        raise ModelNotFound(f"No model is called {ref!r}.", hint="See `orstt models list`.")

    async def create_model(self, draft: ModelDraft) -> Change:
        self._maybe_fail()
        if any(row.name == draft.name for row in self.rows.values()):
            raise ModelExists(f"A model called {draft.name!r} is configured already.", hint="Choose another name.")
        number = self._last_id = self._last_id + 1
        self.rows[number] = Model(
            id=number,
            name=draft.name,
            model_type=draft.model_type,
            model=draft.weights,
            device=draft.device,
            compute_type=draft.compute_type or "int8",
            is_active=False,
            is_default=False,
            description=draft.description,
            created_at=WHEN,
            updated_at=WHEN,
            options=draft.options,
        )
        self.emit(ModelsChanged(reason=f"added {draft.name}"))
        return Change(model=self.rows[number], warnings=self.validation.warnings)

    async def validate_model(self, draft: ModelDraft) -> Validation:
        self._maybe_fail()
        return self.validation

    async def activate_model(self, ref: int | str) -> Change:
        chosen = await self.model(ref)
        for number, row in self.rows.items():
            self.rows[number] = msgspec.structs.replace(row, is_active=row.id == chosen.id)
        self.emit(ModelsChanged(reason=f"activated {chosen.name}"))
        return Change(model=self.rows[chosen.id], warnings=self.validation.warnings)

    async def update_model(self, ref: int | str, update: ModelUpdate) -> Change:
        chosen = await self.model(ref)
        self.updates.append(update)
        changes = {name: value for name, value in msgspec.structs.asdict(update).items() if value is not None}
        if any(row.name == changes.get("name") and row.id != chosen.id for row in self.rows.values()):
            raise ModelExists(f"A model called {update.name!r} is configured already.", hint="Choose another name.")
        if update.is_default:
            self.rows = {number: msgspec.structs.replace(row, is_default=False) for number, row in self.rows.items()}
        self.rows[chosen.id] = msgspec.structs.replace(self.rows[chosen.id], **changes)
        self.emit(ModelsChanged(reason=f"changed {self.rows[chosen.id].name}"))
        return Change(model=self.rows[chosen.id], warnings=self.validation.warnings)

    async def pull_model(self, ref: str, model_type: str = "") -> AsyncGenerator[PullProgress]:
        self._maybe_fail()
        for step in self.pull:
            if isinstance(step, OrsttError):
                raise step
            if isinstance(step, int | float):
                await asyncio.sleep(step)
            else:
                yield step

    async def weights(self, ref: str | None = None) -> list[StoredWeights]:
        self._maybe_fail()
        return [each for each in self.stored if ref is None or ref in (each.weights, *each.models)]

    async def verify_weights(self, ref: str) -> Verification:
        self._maybe_fail()
        return self.verifications[ref]

    async def export_model(self, ref: int | str) -> AsyncGenerator[bytes]:
        name = (await self.model(ref)).name
        yield b"archive of "
        yield name.encode()

    async def import_model(self, archive: AsyncIterable[bytes], name: str | None = None) -> Change:
        whole = b"".join([part async for part in archive]).decode()
        return await self.create_model(ModelDraft(name=name or whole.removeprefix("archive of ")))

    async def prune_weights(self, *, remove: bool = False) -> Pruned:
        self._maybe_fail()
        leftovers, self.leftovers = self.leftovers, [] if remove else self.leftovers
        return Pruned(leftovers=leftovers, removed=remove)

    async def tune_model(self, ref: int | str, *, store: bool = True) -> AsyncGenerator[TuningEvent]:
        self._maybe_fail()
        await self.model(ref)
        self.tunings += 1
        for event in self.tuning:
            if isinstance(event, OrsttError):
                raise event
            if isinstance(event, int | float):
                await asyncio.sleep(event)
            else:
                yield event

    async def undo_tuning(self, ref: int | str) -> Change:
        return await self.update_model((await self.model(ref)).id, ModelUpdate(compute_type="int8"))

    async def measurements(self) -> AsyncGenerator[Measurement]:
        await asyncio.Event().wait()
        yield LoadMeasured(model="", seconds=0)  # only so that it is a generator

    async def stats(self, query: StatsQuery) -> list[Stats]:
        self._maybe_fail()
        self.stats_queries.append(query)
        return [row for row in self.statistics if query.model in ("", row.model)]

    async def delete_model(self, ref: int | str) -> Model:
        chosen = await self.model(ref)
        if chosen.is_active or chosen.is_default:
            which = "active" if chosen.is_active else "default"
            raise ModelInUse(f"{chosen.name} is the {which} model.", hint="Activate another one first.")
        del self.rows[chosen.id]
        self.emit(ModelsChanged(reason=f"removed {chosen.name}"))
        return chosen

    async def engines(self) -> EngineList:
        self._maybe_fail()
        return self.engine_list

    async def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        self.take(request)
        finished = False
        try:
            for step in self.script:
                if isinstance(step, Exception):
                    finished = True
                    raise step
                if isinstance(step, int | float):
                    await asyncio.sleep(step)
                else:
                    finished = isinstance(step, Done)
                    yield step
        finally:
            self.cancelled += not finished

    async def events(self) -> AsyncGenerator[BackendEvent]:
        queue: asyncio.Queue[BackendEvent] = asyncio.Queue()
        self._followers.append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._followers.remove(queue)

    async def settings(self) -> list[Setting]:
        self._maybe_fail()
        return StartSettings(self.started_with, {"ORSTT_CONFIG": os.devnull}).listed()

    async def diagnose(self) -> Diagnosis:
        self._maybe_fail()
        return Diagnosis(
            findings=[
                Finding(group="service", subject="database", outcome="ok", detail="sqlite"),
                Finding(group="machine", subject="cuda", outcome="warning", detail="no GPU: models run on the CPU"),
                Finding(
                    group="models",
                    subject="small",
                    outcome="missing",
                    detail="no weights",
                    fix="orstt models add …",
                ),
            ]
        )

    def emit(self, event: BackendEvent) -> None:
        """Tell everyone who follows `events`."""
        for queue in self._followers:
            queue.put_nowait(event)

    async def _model(self, ref: int | str) -> Model:
        return await self.model(ref)

    def _maybe_fail(self) -> None:
        if self.failure is not None:
            raise self.failure


Script = Callable[[], ScriptedBackend]
