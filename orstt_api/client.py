"""RemoteBackend: the other end of the wire. The same Backend as a local one, the work done by a server.

Imports no server code: a laptop that only looks at a server needs none of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec.json import Decoder

from orstt_api.request_form import request_form, with_file
from orstt_api.server_connection import LOAD_SECONDS, ServerConnection, has_credentials
from orstt_api.wire import API, ARCHIVE, BENCHMARKS, JOBS, READY, VOCABULARIES, WEIGHTS, PullFailure, quote_ref
from orstt_core.backend import MAKE_REQUEST, Backend
from orstt_core.conversion import check, check_kind
from orstt_core.errors import Busy, ServerUnreachable
from orstt_core.references import benchmark_ref, job_ref, key_ref, model_ref, vocabulary_ref
from orstt_core.settings import load_settings
from orstt_core.types import (
    ApiKey,
    AuditEntry,
    AuditLimit,
    BackendEvent,
    BackendInfo,
    Benchmark,
    BenchmarkDraft,
    BenchmarkLimit,
    BenchmarkResult,
    Change,
    Comparison,
    ComparisonQuery,
    Correction,
    Days,
    Diagnosis,
    Done,
    EngineList,
    Job,
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
    Tuned,
    TuningEvent,
    Validation,
    Verification,
    Version,
    Vocabulary,
    VocabularyDraft,
    VocabularyUpdate,
)

_TRANSCRIBE_EVENT: Decoder[TranscribeEvent] = Decoder(TranscribeEvent)
_BACKEND_EVENT: Decoder[BackendEvent] = Decoder(BackendEvent)
_MEASUREMENT: Decoder[Measurement] = Decoder(Measurement)
_TUNING_EVENT: Decoder[TuningEvent] = Decoder(TuningEvent)


class RemoteBackend(Backend):
    """The backend of an OR-STT server: what `LocalBackend` does here, done there.

    A recording is read on this machine and sent as it is read. Every method may raise what `Backend` says of it, and
    `ServerUnreachable`.

    Args:
        url: the server's address, such as `http://127.0.0.1:8000`; default: the setting `remote`.
        api_key: its key, if it asks for one; default: the setting `api_key` (`ORSTT_API_KEY`), unless the address
            itself has a name and a password.

    Raises:
        SettingsError: the address is not an http or https one, the key cannot be sent, a setting does not fit, or
            the environment names a proxy that cannot be used.
    """

    def __init__(self, url: str | None = None, api_key: str | None = None) -> None:
        if url is None or (api_key is None and not has_credentials(url)):
            settings = load_settings()
            url = settings.remote if url is None else url
            api_key = settings.api_key if api_key is None and not has_credentials(url) else api_key
        self._server = ServerConnection(url, api_key or "")

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    async def info(self) -> BackendInfo:
        info = await self._server.request("GET", f"{API}/info", BackendInfo)
        return msgspec.structs.replace(info, location=self._server.location)

    async def models(self) -> list[Model]:
        return await self._server.request("GET", f"{API}/models", list[Model])

    async def model(self, ref: int | str) -> Model:
        return await self._server.request("GET", _model_path(ref), Model)

    async def create_model(self, draft: ModelDraft) -> Change:
        check_kind(draft, ModelDraft, "draft")
        return await self._server.request("POST", f"{API}/models", Change, json=draft)

    async def validate_model(self, draft: ModelDraft) -> Validation:
        check_kind(draft, ModelDraft, "draft")
        return await self._server.request("POST", f"{API}/models/validate", Validation, json=draft)

    async def activate_model(self, ref: int | str) -> Change:
        return await self._server.request("POST", f"{_model_path(ref)}/activate", Change, answer_seconds=LOAD_SECONDS)

    async def update_model(self, ref: int | str, update: ModelUpdate) -> Change:
        check_kind(update, ModelUpdate, "update")
        return await self._server.request("PATCH", _model_path(ref), Change, json=update, answer_seconds=LOAD_SECONDS)

    def pull_model(self, ref: str, model_type: str = "") -> AsyncGenerator[PullProgress]:
        broken = self._broken("the pull was done")
        order = {"model": check(ref, str, "ref"), "model_type": check(model_type, str, "model_type")}
        return self._server.lines("POST", f"{API}/pull", order, _pull_progress, _is_success, broken)

    async def weights(self, ref: str | None = None) -> list[StoredWeights]:
        asked = {"model": check(ref, str | None, "ref")}
        return await self._server.request(
            "GET",
            WEIGHTS,
            list[StoredWeights],
            params={name: value for name, value in asked.items() if value is not None},
        )

    async def verify_weights(self, ref: str) -> Verification:
        order = {"model": check(ref, str, "ref")}
        return await self._server.request(
            "POST", f"{WEIGHTS}/verify", Verification, json=order, answer_seconds=LOAD_SECONDS
        )

    def export_model(self, ref: int | str) -> AsyncGenerator[bytes]:
        return self._server.download(f"{_model_path(ref)}/export")

    async def import_model(self, archive: AsyncIterable[bytes], name: str | None = None) -> Change:
        asked = {} if check(name, str | None, "name") is None else {"name": name}
        return await self._server.request(
            "POST",
            f"{WEIGHTS}/import",
            Change,
            params=asked,
            content=aiter(archive),
            headers={"Content-Type": ARCHIVE},
            answer_seconds=LOAD_SECONDS,
        )

    async def prune_weights(self, *, remove: bool = False) -> Pruned:
        order = {"remove": check(remove, bool, "remove")}
        return await self._server.request("POST", f"{WEIGHTS}/prune", Pruned, json=order, answer_seconds=LOAD_SECONDS)

    def tune_model(self, ref: int | str, *, store: bool = True) -> AsyncGenerator[TuningEvent]:
        path = f"{_model_path(ref)}/tune?store={str(check(store, bool, 'store')).lower()}"
        return self._server.events("POST", path, _TUNING_EVENT, _is_tuned, self._broken("the tuning was done"))

    async def undo_tuning(self, ref: int | str) -> Change:
        return await self._server.request("POST", f"{_model_path(ref)}/tune/undo", Change, answer_seconds=LOAD_SECONDS)

    async def delete_model(self, ref: int | str) -> Model:
        return await self._server.request("DELETE", _model_path(ref), Model)

    async def engines(self) -> EngineList:
        return await self._server.request("GET", f"{API}/engines", EngineList)

    async def load_model(self, ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        order = {"keep_alive": check(keep_alive, KeepAlive | None, "keep_alive")}
        return await self._server.request(
            "POST", f"{_model_path(ref)}/load", LoadedModel, json=order, answer_seconds=LOAD_SECONDS
        )

    async def unload_model(self, ref: int | str) -> LoadedModel:
        return await self._server.request("POST", f"{_model_path(ref)}/unload", LoadedModel)

    async def loaded_models(self) -> list[LoadedModel]:
        return await self._server.request("GET", f"{API}/ps", list[LoadedModel])

    async def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        check_kind(request, TranscribeRequest, "request", MAKE_REQUEST)
        broken = self._broken("the transcription was done")
        form = request_form(await with_file(request))
        answer = self._server.events("POST", f"{API}/transcriptions", _TRANSCRIBE_EVENT, _is_done, broken, form)
        async with aclosing(answer) as events:
            async for event in events:
                yield event

    async def submit_job(self, request: TranscribeRequest) -> Job:
        check_kind(request, TranscribeRequest, "request", MAKE_REQUEST)
        with request_form(await with_file(request)) as form:
            return await self._server.request("POST", JOBS, Job, **form)

    async def jobs(self, query: JobQuery) -> JobPage:
        check_kind(query, JobQuery, "query")
        asked: dict[str, Any] = {"state": ",".join(query.states), "model": query.models, "q": query.text}
        asked |= {"sort": query.sort, "reverse": query.reverse, "limit": query.limit, "before": query.before}
        for name in ("since", "until"):
            if (moment := getattr(query, name)) is not None:
                asked[name] = moment.isoformat()
        return await self._server.request("GET", JOBS, JobPage, params=asked)

    async def job(self, ref: str) -> Job:
        return await self._server.request("GET", _job_path(ref), Job)

    def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        broken = self._broken("the job had ended", hint="The job goes on there; follow it again.")
        return self._server.events("GET", f"{_job_path(ref)}/events", _TRANSCRIBE_EVENT, _is_done, broken)

    def audio(self, ref: str, start: float = 0.0, end: float | None = None) -> AsyncGenerator[bytes]:
        asked = {"from": check(start, float, "from"), "to": check(end, float | None, "to")}
        return self._server.download(f"{_job_path(ref)}/audio", asked)

    async def peaks(self, ref: str) -> Peaks:
        return await self._server.request("GET", f"{_job_path(ref)}/peaks", Peaks)

    async def cancel_job(self, ref: str) -> Job:
        return await self._server.request("POST", f"{_job_path(ref)}/cancel", Job)

    async def retry_job(self, ref: str) -> Job:
        return await self._server.request("POST", f"{_job_path(ref)}/retry", Job)

    async def delete_job(self, ref: str) -> Job:
        return await self._server.request("DELETE", _job_path(ref), Job)

    async def purge_jobs(self, older_than_days: float = 0.0) -> Purged:
        return await self._server.request(
            "POST", f"{JOBS}/purge", Purged, json={"older_than_days": check(older_than_days, Days, "older_than_days")}
        )

    async def job_transcript(self, ref: str, version: int | None = None) -> JobTranscript:
        asked = {} if check(version, Version | None, "version") is None else {"version": version}
        return await self._server.request("GET", f"{_job_path(ref)}/transcript", JobTranscript, params=asked)

    async def transcript_history(self, ref: str) -> list[Revision]:
        return await self._server.request("GET", f"{_job_path(ref)}/transcript/history", list[Revision])

    async def correct_transcript(self, ref: str, correction: Correction) -> JobTranscript:
        check_kind(correction, Correction, "correction")
        return await self._server.request("POST", f"{_job_path(ref)}/transcript", JobTranscript, json=correction)

    async def undo_correction(self, ref: str, version: int) -> JobTranscript:
        made_on = {"version": check(version, Version, "version")}
        return await self._server.request("POST", f"{_job_path(ref)}/transcript/undo", JobTranscript, json=made_on)

    async def redo_correction(self, ref: str, version: int) -> JobTranscript:
        made_on = {"version": check(version, Version, "version")}
        return await self._server.request("POST", f"{_job_path(ref)}/transcript/redo", JobTranscript, json=made_on)

    async def compare_jobs(self, query: ComparisonQuery) -> Comparison:
        check_kind(query, ComparisonQuery, "query")
        return await self._server.request(
            "POST", f"{JOBS}/compare", Comparison, json=query, answer_seconds=LOAD_SECONDS
        )

    async def audit(self, limit: int = 100, subject: str = "") -> list[AuditEntry]:
        asked = {"limit": check(limit, AuditLimit, "limit"), "subject": check(subject, str, "subject")}
        return await self._server.request("GET", f"{API}/audit", list[AuditEntry], params=asked)

    async def readiness(self) -> Readiness:
        return await self._server.request("GET", READY, Readiness, also_accept=Busy.status)

    def measurements(self) -> AsyncGenerator[Measurement]:
        return self._server.events("GET", f"{API}/measurements", _MEASUREMENT, _never, self._ended())

    async def stats(self, query: StatsQuery) -> list[Stats]:
        check_kind(query, StatsQuery, "query")
        wanted = msgspec.to_builtins(query)
        asked = {name: value for name, value in wanted.items() if value is not None}
        return await self._server.request("GET", f"{API}/stats", list[Stats], params=asked)

    async def keys(self) -> list[ApiKey]:
        return await self._server.request("GET", f"{API}/keys", list[ApiKey])

    async def create_key(self, draft: KeyDraft) -> NewKey:
        check_kind(draft, KeyDraft, "draft")
        return await self._server.request("POST", f"{API}/keys", NewKey, json=draft)

    async def revoke_key(self, ref: str) -> ApiKey:
        return await self._server.request("POST", f"{API}/keys/{quote_ref(key_ref(ref))}/revoke", ApiKey)

    async def authenticate(self, secret: str) -> ApiKey | None:  # noqa: ARG002 - the protocol's
        """See `Backend.authenticate`. Always None: who asks a server that passes on would be lost on the way."""
        return None

    async def keyed(self) -> bool:
        """See `Backend.keyed`. Always False: the keys of the other server open that one only."""
        return False

    async def benchmarks(self, limit: int = 100) -> list[Benchmark]:
        query = {"limit": check(limit, BenchmarkLimit, "limit")}
        return await self._server.request("GET", BENCHMARKS, list[Benchmark], params=query)

    async def benchmark(self, ref: str) -> Benchmark:
        return await self._server.request("GET", _benchmark_path(ref), Benchmark)

    async def create_benchmark(self, draft: BenchmarkDraft) -> Benchmark:
        check_kind(draft, BenchmarkDraft, "draft")
        return await self._server.request("POST", BENCHMARKS, Benchmark, json=draft)

    async def add_benchmark_result(self, ref: str, result: BenchmarkResult) -> BenchmarkResult:
        check_kind(result, BenchmarkResult, "result")
        return await self._server.request("POST", f"{_benchmark_path(ref)}/results", BenchmarkResult, json=result)

    async def delete_benchmark(self, ref: str) -> Benchmark:
        return await self._server.request("DELETE", _benchmark_path(ref), Benchmark)

    async def vocabularies(self) -> list[Vocabulary]:
        return await self._server.request("GET", VOCABULARIES, list[Vocabulary])

    async def vocabulary(self, name: str) -> Vocabulary:
        return await self._server.request("GET", _vocabulary_path(name), Vocabulary)

    async def create_vocabulary(self, draft: VocabularyDraft) -> Vocabulary:
        check_kind(draft, VocabularyDraft, "draft")
        return await self._server.request("POST", VOCABULARIES, Vocabulary, json=draft)

    async def update_vocabulary(self, name: str, update: VocabularyUpdate) -> Vocabulary:
        check_kind(update, VocabularyUpdate, "update")
        return await self._server.request("PATCH", _vocabulary_path(name), Vocabulary, json=update)

    async def delete_vocabulary(self, name: str) -> Vocabulary:
        return await self._server.request("DELETE", _vocabulary_path(name), Vocabulary)

    async def diagnose(self) -> Diagnosis:
        return await self._server.request("GET", f"{API}/doctor", Diagnosis)

    def events(self) -> AsyncGenerator[BackendEvent]:
        return self._server.events("GET", f"{API}/events", _BACKEND_EVENT, _never, self._ended())

    def _broken(self, before: str, hint: str = "") -> ServerUnreachable:
        return ServerUnreachable(f"{self._server.location} stopped answering before {before}.", hint=hint)

    def _ended(self) -> ServerUnreachable:
        return ServerUnreachable(f"The connection to {self._server.location} ended.")


def _is_done(event: TranscribeEvent) -> bool:
    return isinstance(event, Done)


def _is_tuned(event: TuningEvent) -> bool:
    return isinstance(event, Tuned)


def _is_success(progress: PullProgress) -> bool:
    return progress.status == "success"


def _never(_: object) -> bool:
    return False


def _pull_progress(line: str) -> PullProgress:
    fields = msgspec.json.decode(line, type=dict[str, Any])
    if "error" in fields:
        raise msgspec.convert(fields, PullFailure).problem.error
    return msgspec.convert(fields, PullProgress)


def _model_path(ref: int | str) -> str:
    return f"{API}/models/{quote_ref(model_ref(ref))}"


def _job_path(ref: str) -> str:
    return f"{JOBS}/{quote_ref(job_ref(ref))}"


def _benchmark_path(ref: str) -> str:
    return f"{BENCHMARKS}/{benchmark_ref(ref)}"


def _vocabulary_path(name: str) -> str:
    return f"{VOCABULARIES}/{quote_ref(vocabulary_ref(name))}"
