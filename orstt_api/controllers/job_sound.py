"""The sound of jobs: to be heard again, and to be drawn."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import unquote

from litestar import Controller, Request, get
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.protocol.transfer_rate import paced
from orstt_api.scopes import TRANSCRIBE
from orstt_api.streaming import download
from orstt_api.wire import JOBS, WAV
from orstt_core.errors import (
    AudioError,
    Busy,
    EngineDied,
    FileProblem,
    JobNotFound,
    RecordingGone,
    StorageFull,
    TooLarge,
)
from orstt_core.types import Peaks

From = Annotated[float, QueryParameter(name="from", description="Where the part begins, in seconds.")]
To = Annotated[float | None, QueryParameter(name="to", description="Where it ends; without it, the recording's end.")]


class JobSound(Controller):
    """Whoever may read a job's text may hear what it was made of."""

    path = JOBS
    tags = ("Jobs",)
    opt = TRANSCRIBE

    @get(
        "/{ref:str}/audio",
        operation_id="getJobAudio",
        media_type=WAV,
        responses=problems(
            JobNotFound, RecordingGone, AudioError, EngineDied, FileProblem, TooLarge, Busy, StorageFull
        ),
    )
    async def audio(
        self,
        request: Request[Any, Any, Any],
        backend: InjectedBackend,
        ref: FromPath[str],
        start: From = 0.0,
        end: To = None,
    ) -> Stream:
        """Return a job's recording, or a part of it, as a WAV file of 16-bit mono at 16 kHz."""
        return await download(request, paced(backend.audio(unquote(ref), start, end)), WAV)

    @get("/{ref:str}/peaks", operation_id="getJobPeaks", responses=problems(JobNotFound))
    async def peaks(self, backend: InjectedBackend, ref: FromPath[str]) -> Peaks:
        """Return how loud a job's recording is over its time, and where speech was found in it."""
        return await backend.peaks(unquote(ref))
