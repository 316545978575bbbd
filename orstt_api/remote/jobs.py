"""Transcriptions, jobs and their texts: the part of `RemoteBackend` that asks for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from msgspec.json import Decoder

from orstt_api.remote.base import RemotePart
from orstt_api.request_form import request_form, with_file
from orstt_api.server_connection import LOAD_SECONDS
from orstt_api.wire import API, JOBS, quote_ref
from orstt_core.backend import MAKE_REQUEST
from orstt_core.conversion import check, check_kind
from orstt_core.protocols.corrections import CorrectionOperations
from orstt_core.protocols.jobs import JobOperations
from orstt_core.references import job_ref
from orstt_core.types import (
    Comparison,
    ComparisonQuery,
    Correction,
    Days,
    Done,
    Job,
    JobPage,
    JobQuery,
    JobTranscript,
    Peaks,
    Purged,
    Revision,
    TranscribeEvent,
    TranscribeRequest,
    Version,
)

_TRANSCRIBE_EVENT: Decoder[TranscribeEvent] = Decoder(TranscribeEvent)


class RemoteJobs(RemotePart, JobOperations, CorrectionOperations):
    """See the methods of `Backend`."""

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
        if query.purpose is not None:
            asked["purpose"] = query.purpose
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


def _is_done(event: TranscribeEvent) -> bool:
    return isinstance(event, Done)


def _job_path(ref: str) -> str:
    return f"{JOBS}/{quote_ref(job_ref(ref))}"
