"""RemoteBackend: the other end of the wire. The same Backend as a local one, the work done by a server.

Imports no server code: a laptop that only looks at a server needs none of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
from msgspec.json import Decoder

from orstt_api.server_connection import LOAD_SECONDS, ServerConnection
from orstt_api.wire import API, JOBS, READY, PullFailure, quote_ref
from orstt_core.audio import check_file
from orstt_core.errors import Busy, FileProblem, JobNotFound, ModelNotFound, OrsttError, ServerUnreachable
from orstt_core.types import (
    ApiKey,
    AuditEntry,
    BackendEvent,
    BackendInfo,
    Change,
    Diagnosis,
    Done,
    EngineList,
    Job,
    JobPage,
    JobQuery,
    KeyDraft,
    LoadedModel,
    Measurement,
    Model,
    ModelDraft,
    ModelUpdate,
    NewKey,
    PullProgress,
    Purged,
    RawAudio,
    Readiness,
    SampleFormat,
    StoredRecording,
    TranscribeEvent,
    TranscribeRequest,
    Validation,
    to_json,
)

_TRANSCRIBE_EVENT: Decoder[TranscribeEvent] = Decoder(TranscribeEvent)
_BACKEND_EVENT: Decoder[BackendEvent] = Decoder(BackendEvent)
_MEASUREMENT: Decoder[Measurement] = Decoder(Measurement)


class RemoteBackend:
    """The backend of an OR-STT server.

    Args:
        url: the server's address, such as `http://127.0.0.1:8000`.
        api_key: its key, if it asks for one.

    Raises:
        SettingsError: the address is not an http or https one, or the key cannot be sent.
    """

    def __init__(self, url: str, api_key: str = "") -> None:
        self._server = ServerConnection(url, api_key)

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    async def info(self) -> BackendInfo:
        """See `Backend.info`."""
        info = await self._server.ask("GET", f"{API}/info", BackendInfo)
        return msgspec.structs.replace(info, location=self._server.location)

    async def models(self) -> list[Model]:
        """See `Backend.models`."""
        return await self._server.ask("GET", f"{API}/models", list[Model])

    async def model(self, ref: int | str) -> Model:
        """See `Backend.model`."""
        return await self._server.ask("GET", _model_path(ref), Model)

    async def create_model(self, draft: ModelDraft) -> Change:
        """See `Backend.create_model`."""
        return await self._server.ask("POST", f"{API}/models", Change, json=draft)

    async def validate_model(self, draft: ModelDraft) -> Validation:
        """See `Backend.validate_model`."""
        return await self._server.ask("POST", f"{API}/models/validate", Validation, json=draft)

    async def activate_model(self, ref: int | str) -> Change:
        """See `Backend.activate_model`."""
        return await self._server.ask("POST", f"{_model_path(ref)}/activate", Change, patience=LOAD_SECONDS)

    async def update_model(self, ref: int | str, update: ModelUpdate) -> Change:
        """See `Backend.update_model`."""
        return await self._server.ask("PATCH", _model_path(ref), Change, json=update, patience=LOAD_SECONDS)

    async def pull_model(self, ref: str) -> AsyncGenerator[PullProgress]:
        """See `Backend.pull_model`."""
        done = False
        async with aclosing(self._server.lines("POST", f"{API}/pull", {"model": ref})) as lines:
            async for line in lines:
                if "error" in line:
                    raise msgspec.convert(line, PullFailure).problem.error
                step = msgspec.convert(line, PullProgress)
                done = step.status == "success"
                yield step
        if not done:
            raise ServerUnreachable(f"{self._server.location} stopped answering before the pull was done.")

    async def delete_model(self, ref: int | str) -> Model:
        """See `Backend.delete_model`."""
        return await self._server.ask("DELETE", _model_path(ref), Model)

    async def engines(self) -> EngineList:
        """See `Backend.engines`."""
        return await self._server.ask("GET", f"{API}/engines", EngineList)

    async def load_model(self, ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        """See `Backend.load_model`."""
        order = {"keep_alive": keep_alive}
        return await self._server.ask(
            "POST", f"{_model_path(ref)}/load", LoadedModel, json=order, patience=LOAD_SECONDS
        )

    async def unload_model(self, ref: int | str) -> LoadedModel:
        """See `Backend.unload_model`."""
        return await self._server.ask("POST", f"{_model_path(ref)}/unload", LoadedModel)

    async def loaded_models(self) -> list[LoadedModel]:
        """See `Backend.loaded_models`."""
        return await self._server.ask("GET", f"{API}/ps", list[LoadedModel])

    async def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        """See `Backend.transcribe`. The recording is read on this machine and sent as it is read."""
        done = False
        with _form(request) as form:
            source = self._server.stream("POST", f"{API}/transcriptions", _TRANSCRIBE_EVENT, form)
            async with aclosing(source) as events:
                async for event in events:
                    done = isinstance(event, Done)
                    yield event
        if not done:
            raise ServerUnreachable(f"{self._server.location} stopped answering before the transcription was done.")

    async def submit_job(self, request: TranscribeRequest) -> Job:
        """See `Backend.submit_job`. The recording is read on this machine and sent as it is read."""
        with _form(request) as form:
            return await self._server.ask("POST", JOBS, Job, **form)

    async def jobs(self, query: JobQuery) -> JobPage:
        """See `Backend.jobs`."""
        asked = {"state": ",".join(query.states), "q": query.text, "limit": query.limit, "before": query.before}
        return await self._server.ask("GET", JOBS, JobPage, params=asked)

    async def job(self, ref: str) -> Job:
        """See `Backend.job`."""
        return await self._server.ask("GET", _job_path(ref), Job)

    async def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        """See `Backend.follow_job`."""
        done = False
        source = self._server.stream("GET", f"{_job_path(ref)}/events", _TRANSCRIBE_EVENT)
        async with aclosing(source) as events:
            async for event in events:
                done = isinstance(event, Done)
                yield event
        if not done:
            raise ServerUnreachable(
                f"{self._server.location} stopped answering before the job had ended.",
                hint="The job goes on there; follow it again.",
            )

    async def cancel_job(self, ref: str) -> Job:
        """See `Backend.cancel_job`."""
        return await self._server.ask("POST", f"{_job_path(ref)}/cancel", Job)

    async def retry_job(self, ref: str) -> Job:
        """See `Backend.retry_job`."""
        return await self._server.ask("POST", f"{_job_path(ref)}/retry", Job)

    async def delete_job(self, ref: str) -> Job:
        """See `Backend.delete_job`."""
        return await self._server.ask("DELETE", _job_path(ref), Job)

    async def purge_jobs(self, older_than_days: float = 0.0) -> Purged:
        """See `Backend.purge_jobs`."""
        return await self._server.ask("POST", f"{JOBS}/purge", Purged, json={"older_than_days": older_than_days})

    async def audit(self, limit: int = 100) -> list[AuditEntry]:
        """See `Backend.audit`."""
        return await self._server.ask("GET", f"{API}/audit", list[AuditEntry], params={"limit": limit})

    async def readiness(self) -> Readiness:
        """See `Backend.readiness`.

        Raises:
            ServerUnreachable: nobody answers.
        """
        return await self._server.ask("GET", READY, Readiness, also=Busy.status)

    async def measurements(self) -> AsyncGenerator[Measurement]:
        """See `Backend.measurements`.

        Raises:
            ServerUnreachable: the connection ended.
        """
        async with aclosing(self._server.stream("GET", f"{API}/measurements", _MEASUREMENT)) as measurements:
            async for measurement in measurements:
                yield measurement
        raise ServerUnreachable(f"The connection to {self._server.location} ended.")

    async def keys(self) -> list[ApiKey]:
        """See `Backend.keys`."""
        return await self._server.ask("GET", f"{API}/keys", list[ApiKey])

    async def create_key(self, draft: KeyDraft) -> NewKey:
        """See `Backend.create_key`."""
        return await self._server.ask("POST", f"{API}/keys", NewKey, json=draft)

    async def revoke_key(self, ref: str) -> ApiKey:
        """See `Backend.revoke_key`."""
        return await self._server.ask("POST", f"{API}/keys/{quote_ref(ref)}/revoke", ApiKey)

    async def authenticate(self, secret: str) -> ApiKey | None:  # noqa: ARG002 - the protocol's
        """See `Backend.authenticate`. Always None: who asks a server that passes on would be lost on the way."""
        return None

    async def keyed(self) -> bool:
        """See `Backend.keyed`. Always False: the keys of the other server open that one only."""
        return False

    async def diagnose(self) -> Diagnosis:
        """See `Backend.diagnose`."""
        return await self._server.ask("GET", f"{API}/doctor", Diagnosis)

    async def events(self) -> AsyncGenerator[BackendEvent]:
        """See `Backend.events`.

        Raises:
            ServerUnreachable: the connection ended.
        """
        async with aclosing(self._server.stream("GET", f"{API}/events", _BACKEND_EVENT)) as events:
            async for event in events:
                yield event
        raise ServerUnreachable(f"The connection to {self._server.location} ended.")


def _model_path(ref: int | str) -> str:
    return f"{API}/models/{quote_ref(_named(ref))}"


def _named(ref: int | str) -> int | str:
    if ref == "":  # which on the wire would mean no model at all
        raise ModelNotFound("No model is called ''.", hint="See `orstt models list`.")
    return ref


def _job_path(ref: str) -> str:
    if not ref:  # which on the wire would mean all jobs
        raise JobNotFound("No job has the id '', or one that begins so.", hint="See `orstt jobs list`.")
    return f"{JOBS}/{quote_ref(ref)}"


@contextmanager
def _form(request: TranscribeRequest) -> Iterator[dict[str, Any]]:
    """Yield the form that sends a request, its recording open while it is sent; a disposable one goes afterwards."""
    try:
        with ExitStack() as files:
            if isinstance(request.audio, StoredRecording):
                fields = _fields(request, request.sample_format)
                yield {"data": fields, "files": {"recording": (None, request.audio.id)}}
                return
            name, content, layout = _content(request.audio, request.sample_format, files)
            # A name on disk may hold bytes that are no text; it is only a label there.
            label = (request.filename or name).encode("utf-8", "replace").decode()
            yield {
                "data": _fields(request, layout),
                "files": {"audio": (label, content, "application/octet-stream")},
            }
    except OrsttError:
        raise
    except OSError as error:  # the file went away, or its disk did, while it was sent
        raise FileProblem(f"{request.audio} cannot be read: {error.strerror}.") from error
    finally:
        if request.disposable and isinstance(request.audio, Path):
            request.audio.unlink(missing_ok=True)


def _content(
    audio: Path | RawAudio, layout: SampleFormat | None, files: ExitStack
) -> tuple[str, IO[bytes] | bytes, SampleFormat | None]:
    if isinstance(audio, RawAudio):
        layout = SampleFormat(rate=audio.rate, channels=audio.channels, sample_type=audio.sample_type)
        return "recording", audio.data, layout
    check_file(audio)
    return audio.name, files.enter_context(audio.open("rb")), layout


def _fields(request: TranscribeRequest, layout: SampleFormat | None) -> dict[str, str]:
    fields = {"options": to_json(request.options).decode()}
    if request.model is not None:
        fields["model_id" if isinstance(request.model, int) else "model"] = str(_named(request.model))
    if layout is not None:
        fields |= {"rate": str(layout.rate), "channels": str(layout.channels), "sample_type": layout.sample_type}
    if request.keep_audio:
        fields["keep_audio"] = "true"
    if request.keep_alive is not None:
        fields["keep_alive"] = str(request.keep_alive)
    if request.idempotency_key:
        fields["idempotency_key"] = request.idempotency_key
    if request.callback_url:
        fields["callback_url"] = request.callback_url
    return fields
