"""The jobs and loaded models of a ScriptedBackend: in memory, as a test sets them."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.errors import JobCancelled, JobEnded, JobNotEnded, JobNotFound, ModelNotFound, OrsttError
from orstt_core.types import (
    ENDED,
    EXCERPT,
    AuditEntry,
    BackendEvent,
    Done,
    Job,
    JobChanged,
    JobPage,
    JobQuery,
    JobSort,
    LoadedChanged,
    LoadedModel,
    Model,
    Peaks,
    Purged,
    Readiness,
    Started,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
)

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_job(number: int, **changes: object) -> Job:
    """A queued job; its id is 16 times the last digit of its number."""
    job = Job(
        id=f"{number:x}"[-1] * 16,
        state="queued",
        filename=f"visit-{number}.wav",
        model="base",
        options=TranscribeOptions(),
        submitted_by="user alice",
        created_at=WHEN,
    )
    return msgspec.structs.replace(job, **changes)


class ScriptedJobs:
    """Part of ScriptedBackend. `job_rows` holds the jobs, newest last; `loaded` what is loaded."""

    if TYPE_CHECKING:
        emit: Callable[[BackendEvent], None]
        requests: list[TranscribeRequest]
        script: list[TranscribeEvent | float | Exception]
        _maybe_fail: Callable[[], None]

        async def _model(self, ref: int | str) -> Model: ...

    def __init__(self) -> None:
        self.job_rows: dict[str, Job] = {}
        self.loaded: list[LoadedModel] = []
        self.entries: list[AuditEntry] = []
        self.ready = Readiness(ready=True)
        self.heard: list[tuple[str, float, float | None]] = []
        self.peaks_of: dict[str, Peaks] = {}

    def put(self, job: Job) -> Job:
        """Set a job and tell those who follow."""
        self.job_rows[job.id] = job
        self.emit(JobChanged(job=_summary(job)))
        return job

    def take(self, request: TranscribeRequest) -> None:
        """Note a request, or fail; as with every backend, a disposable file that becomes no job's is then gone."""
        try:
            self._maybe_fail()
        except OrsttError:
            if request.disposable and isinstance(request.audio, Path):
                request.audio.unlink()
            raise
        self.requests.append(request)

    async def submit_job(self, request: TranscribeRequest) -> Job:
        self.take(request)
        name = request.filename or (request.audio.name if isinstance(request.audio, Path) else "recording")
        model = str(request.model or "base")
        said = {"filename": name, "model": model, "options": request.options, "purpose": request.purpose}
        return self.put(a_job(len(self.job_rows) + 1, **said))

    async def jobs(self, query: JobQuery) -> JobPage:
        self._maybe_fail()
        needle = query.text.casefold()
        found = [
            row
            for row in reversed(self.job_rows.values())
            if (not query.states or row.state in query.states)
            and (not query.models or row.model in query.models)
            and query.purpose in {None, row.purpose}
            and (query.since is None or row.created_at >= query.since)
            and (query.until is None or row.created_at < query.until)
            and (needle in row.text.casefold() or needle in row.filename.casefold())
        ]
        states = Counter(row.state for row in found)
        by_state: dict[str, int] = {state: states[state] for state in sorted(states)}
        seconds = sum((row.duration or 0.0 for row in found), 0.0)
        places = {row.id: place for place, row in enumerate(in_order(self.job_rows.values(), query))}
        found.sort(key=lambda row: places[row.id])
        if query.before:
            last = places[(await self.job(query.before)).id]
            found = [row for row in found if places[row.id] > last]
        page = found[: query.limit]
        more = page[-1].id if len(found) > len(page) else ""
        jobs = [_summary(row) for row in page]
        return JobPage(jobs=jobs, next=more, total=states.total(), by_state=by_state, seconds=seconds)

    async def job(self, ref: str) -> Job:
        self._maybe_fail()
        found = [row for name, row in self.job_rows.items() if name.startswith(ref)]
        if len(found) != 1:
            raise JobNotFound(f"No job has an id that begins with {ref!r}.", hint="See `orstt jobs list`.")
        return found[0]

    async def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        job = await self.job(ref)
        if job.state == "cancelled":
            raise JobCancelled("The job was cancelled.")
        if job.error is not None:
            raise job.error.error
        if job.result is not None:
            yield Started(duration=job.result.duration, model=job.result.model)
            yield Done(transcript=job.result)
            return
        for step in self.script:
            if isinstance(step, Exception):
                raise step
            if not isinstance(step, int | float):
                yield step

    async def audio(self, ref: str, start: float = 0.0, end: float | None = None) -> AsyncGenerator[bytes]:
        job = await self.job(ref)
        self.heard.append((job.id, start, end))
        yield b"RIFF"
        yield b"sound of " + job.filename.encode()

    async def peaks(self, ref: str) -> Peaks:
        return self.peaks_of.get((await self.job(ref)).id, Peaks())

    async def cancel_job(self, ref: str) -> Job:
        job = await self.job(ref)
        if job.state in {"done", "failed"}:
            raise JobEnded("The job has ended already.")
        return self.put(msgspec.structs.replace(job, state="cancelled", finished_at=WHEN))

    async def retry_job(self, ref: str) -> Job:
        job = await self.job(ref)
        if job.state not in {"failed", "cancelled"}:
            raise JobNotEnded("Only a failed or cancelled job can be begun again.")
        return self.put(msgspec.structs.replace(job, state="queued", error=None, finished_at=None))

    async def delete_job(self, ref: str) -> Job:
        job = await self.job(ref)
        if job.state not in ENDED:
            raise JobNotEnded("The job has not ended.", hint=f"orstt jobs cancel {job.id}")
        return self.job_rows.pop(job.id)

    async def purge_jobs(self, older_than_days: float = 0.0) -> Purged:
        self._maybe_fail()
        gone = [row.id for row in self.job_rows.values() if row.state in ENDED]
        for name in gone:
            del self.job_rows[name]
        return Purged(jobs=len(gone))

    async def audit(self, limit: int = 100, subject: str = "") -> list[AuditEntry]:
        self._maybe_fail()
        return [entry for entry in self.entries if subject in ("", entry.subject)][:limit]

    async def readiness(self) -> Readiness:
        return self.ready

    async def load_model(self, ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        model = await self._model(ref)
        loaded = LoadedModel(
            names=[model.name],
            model_type=model.model_type,
            model=model.model,
            device=model.device,
            compute_type=model.compute_type,
            state="idle",
            memory=250_000_000,
            loaded_at=WHEN,
            pid=4242,
        )
        self.loaded = [loaded, *(other for other in self.loaded if model.name not in other.names)]
        self.emit(LoadedChanged())
        return loaded

    async def unload_model(self, ref: int | str) -> LoadedModel:
        model = await self._model(ref)
        for loaded in self.loaded:
            if model.name in loaded.names:
                self.loaded.remove(loaded)
                self.emit(LoadedChanged())
                return loaded
        raise ModelNotFound(f"{model.name} is not loaded.", hint="See `orstt ps`.")

    async def loaded_models(self) -> list[LoadedModel]:
        self._maybe_fail()
        return list(self.loaded)


def in_order(jobs: Iterable[Job], query: JobQuery) -> list[Job]:
    """Return jobs, given oldest first, as a query lists them."""
    keys: dict[JobSort, tuple[Callable[[Job], Any], bool]] = {
        "age": (lambda job: 0, False),
        "length": (lambda job: -1 if job.duration is None else job.duration, False),
        "file": (lambda job: job.filename.lower(), True),
        "model": (lambda job: job.model, True),
        "state": (lambda job: job.state, False),
    }
    key, least_first = keys[query.sort]
    numbered = sorted(enumerate(jobs), key=lambda pair: (key(pair[1]), pair[0]), reverse=least_first == query.reverse)
    return [job for _, job in numbered]


def _summary(job: Job) -> Job:
    return msgspec.structs.replace(job, segments=[], result=None, text=job.text[:EXCERPT])
