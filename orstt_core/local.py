"""LocalBackend: the Backend that does the work in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Collection
from contextlib import aclosing
from types import TracebackType
from typing import Self

from msgspec.structs import replace

from orstt_core import __version__
from orstt_core.audio.excerpt import Excerpt
from orstt_core.backend import MAKE_REQUEST, Backend
from orstt_core.caller import current_caller
from orstt_core.conversion import check, check_kind
from orstt_core.local_trials import LocalTrials
from orstt_core.services import Services
from orstt_core.settings.listing import Setting
from orstt_core.types import (
    ApiKey,
    AuditEntry,
    AuditLimit,
    BackendEvent,
    BackendInfo,
    Change,
    Comparison,
    ComparisonQuery,
    Correction,
    Days,
    Diagnosis,
    EngineList,
    Job,
    JobChanged,
    JobPage,
    JobQuery,
    JobTranscript,
    KeepAlive,
    KeyDraft,
    LoadedModel,
    Measurement,
    Model,
    ModelDraft,
    ModelUpdate,
    NewKey,
    Peaks,
    Pruned,
    PullProgress,
    Purged,
    Readiness,
    Revision,
    Stats,
    StatsQuery,
    StoredWeights,
    TranscribeEvent,
    TranscribeRequest,
    TuningEvent,
    Validation,
    Verification,
    Version,
    Vocabulary,
    VocabularyDraft,
    VocabularyUpdate,
)
from orstt_core.types.options import Capability


class LocalBackend(LocalTrials, Services, Backend):
    """Models and jobs in a database of this machine's, engines in child processes of this process's.

        async with LocalBackend() as backend:
            transcript = await backend.transcript("talk.m4a")
            job = await backend.submit_job(make_request("talk.m4a", language="de"))
            transcript = await backend.wait(job.id)

    `Backend` says what each method does and raises. A loaded model stays for `keep_alive`, at most while this is open.

    Args:
        settings: default: the environment's and those of the settings file.
        drain: work on every job that waits in the database while this is open; otherwise only on those that are
            waited for here (`transcribe`, `transcript`).
        pace: how often jobs are looked at; for tests.
    """

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def info(self) -> BackendInfo:
        return BackendInfo(
            location="local",
            version=__version__,
            database=self._database.kind,
            active_model=(await self._models.active()).name,
            aliases=await self._aliases.in_use(),
            scope=current_caller().scope,
        )

    async def models(self) -> list[Model]:
        return await self._models.list()

    async def model(self, ref: int | str) -> Model:
        return await self._models.get(ref)

    async def create_model(self, draft: ModelDraft) -> Change:
        check_kind(draft, ModelDraft, "draft")
        return await self._models.create(draft)

    async def validate_model(self, draft: ModelDraft) -> Validation:
        check_kind(draft, ModelDraft, "draft")
        return await self._models.validate(draft)

    async def activate_model(self, ref: int | str) -> Change:
        return await self._models.activate(ref)

    async def update_model(self, ref: int | str, update: ModelUpdate) -> Change:
        check_kind(update, ModelUpdate, "update")
        return await self._models.update(ref, update)

    def pull_model(self, ref: str, model_type: str = "") -> AsyncGenerator[PullProgress]:
        return self._models.pull(ref, model_type)

    async def weights(self, ref: str | None = None) -> list[StoredWeights]:
        return await self._weights.list(check(ref, str | None, "ref"))

    async def verify_weights(self, ref: str) -> Verification:
        return await self._weights.verify(check(ref, str, "ref"))

    def export_model(self, ref: int | str) -> AsyncGenerator[bytes]:
        return self._weights.export(ref)

    async def import_model(self, archive: AsyncIterable[bytes], name: str | None = None) -> Change:
        return await self._weights.import_archive(archive, check(name, str | None, "name"))

    async def prune_weights(self, *, remove: bool = False) -> Pruned:
        return await self._weights.prune(remove=check(remove, bool, "remove"))

    def tune_model(self, ref: int | str, *, store: bool = True) -> AsyncGenerator[TuningEvent]:
        from orstt_core.tuning.events import tuning_events

        return tuning_events(self, self._settings, ref, store=check(store, bool, "store"))

    async def undo_tuning(self, ref: int | str) -> Change:
        from orstt_core.tuning import service

        return await service.undo(self, self._settings, ref)

    async def delete_model(self, ref: int | str) -> Model:
        return await self._models.delete(ref)

    async def engines(self) -> EngineList:
        from orstt_core.engines.permission import permitted
        from orstt_core.runtime.probe import describe_engines

        listed = await asyncio.to_thread(describe_engines)
        return replace(listed, engines=[permitted(engine, self._settings.for_engines) for engine in listed.engines])

    async def load_model(self, ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        return await self._loaded.load(ref, check(keep_alive, KeepAlive | None, "keep_alive"))

    async def unload_model(self, ref: int | str) -> LoadedModel:
        return await self._loaded.unload(ref)

    async def loaded_models(self) -> list[LoadedModel]:
        return await self._loaded.list()

    def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        check_kind(request, TranscribeRequest, "request", MAKE_REQUEST)
        return self._jobs.transcribe(request)

    async def submit_job(self, request: TranscribeRequest) -> Job:
        check_kind(request, TranscribeRequest, "request", MAKE_REQUEST)
        return (await self._jobs.submit(request))[0]

    async def jobs(self, query: JobQuery) -> JobPage:
        check_kind(query, JobQuery, "query")
        return await self._jobs.list(query)

    async def job(self, ref: str) -> Job:
        return await self._jobs.get(ref)

    def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        return self._jobs.follow(ref)

    def audio(self, ref: str, start: float = 0.0, end: float | None = None) -> AsyncGenerator[bytes]:
        return self._job_audio.wav(ref, Excerpt(check(start, float, "from"), check(end, float | None, "to")))

    async def peaks(self, ref: str) -> Peaks:
        return await self._jobs.peaks(ref)

    async def cancel_job(self, ref: str) -> Job:
        return await self._jobs.cancel(ref)

    async def retry_job(self, ref: str) -> Job:
        return await self._jobs.retry(ref)

    async def delete_job(self, ref: str) -> Job:
        return await self._jobs.delete(ref)

    async def purge_jobs(self, older_than_days: float = 0.0) -> Purged:
        return await self._jobs.purge(check(older_than_days, Days, "older_than_days"))

    async def job_transcript(self, ref: str, version: int | None = None) -> JobTranscript:
        return await self._jobs.corrections.get(ref, check(version, Version | None, "version"))

    async def transcript_history(self, ref: str) -> list[Revision]:
        return await self._jobs.corrections.history(ref)

    async def correct_transcript(self, ref: str, correction: Correction) -> JobTranscript:
        check_kind(correction, Correction, "correction")
        return await self._jobs.corrections.correct(ref, correction)

    async def undo_correction(self, ref: str, version: int) -> JobTranscript:
        return await self._jobs.corrections.undo(ref, check(version, Version, "version"))

    async def redo_correction(self, ref: str, version: int) -> JobTranscript:
        return await self._jobs.corrections.redo(ref, check(version, Version, "version"))

    async def compare_jobs(self, query: ComparisonQuery) -> Comparison:
        check_kind(query, ComparisonQuery, "query")
        return await self._comparisons.compare(query)

    async def audit(self, limit: int = 100, subject: str = "") -> list[AuditEntry]:
        return await self._audit.list(check(limit, AuditLimit, "limit"), check(subject, str, "subject"))

    async def readiness(self) -> Readiness:
        return await self._jobs.readiness()

    def events(self) -> AsyncGenerator[BackendEvent]:
        return self._visible_events(current_caller().owner)

    def measurements(self) -> AsyncGenerator[Measurement]:
        return self._measured.listen()

    async def stats(self, query: StatsQuery) -> list[Stats]:
        check_kind(query, StatsQuery, "query")
        return await self._jobs.measurements.stats(query)

    async def keys(self) -> list[ApiKey]:
        return await self._keys.list()

    async def create_key(self, draft: KeyDraft) -> NewKey:
        check_kind(draft, KeyDraft, "draft")
        return await self._keys.create(draft)

    async def revoke_key(self, ref: str) -> ApiKey:
        return await self._keys.revoke(ref)

    async def authenticate(self, secret: str) -> ApiKey | None:
        return await self._keys.authenticate(secret)

    async def keyed(self) -> bool:
        return await self._keys.keyed()

    async def vocabularies(self) -> list[Vocabulary]:
        return await self._vocabularies.list()

    async def vocabulary(self, name: str) -> Vocabulary:
        return await self._vocabularies.get(name)

    async def create_vocabulary(self, draft: VocabularyDraft) -> Vocabulary:
        check_kind(draft, VocabularyDraft, "draft")
        return await self._vocabularies.create(draft)

    async def update_vocabulary(self, name: str, update: VocabularyUpdate) -> Vocabulary:
        check_kind(update, VocabularyUpdate, "update")
        return await self._vocabularies.update(name, update)

    async def delete_vocabulary(self, name: str) -> Vocabulary:
        return await self._vocabularies.delete(name)

    async def settings(self) -> list[Setting]:
        return self._start_settings.listed()

    async def diagnose(self) -> Diagnosis:
        from orstt_core.doctor import diagnose

        return await diagnose(self._settings, self)

    async def notices_given_up(self) -> int:
        """Return how many notices of ended jobs nobody took lately."""
        return await self._jobs.notices_given_up()

    async def _capabilities(self, model_type: str) -> Collection[Capability]:
        from orstt_core.runtime.probe import capabilities_of

        return await asyncio.to_thread(capabilities_of, model_type)

    async def _visible_events(self, owner: str | None) -> AsyncGenerator[BackendEvent]:
        async with self._models.watching(), aclosing(self._broadcast.listen()) as events:
            async for event in events:
                if owner is None or not isinstance(event, JobChanged) or event.job.submitted_by == owner:
                    yield event
