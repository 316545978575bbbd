"""Jobs: recordings that are stored first and transcribed when their turn comes."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, cast, get_args
from urllib.parse import unquote

from litestar import Controller, Request, Response, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.forms import JOB_FORM
from orstt_api.openapi import UPLOAD_ERRORS, Stream, TranscriptionForm, problems, server_sent
from orstt_api.scopes import ADMIN, TRANSCRIBE
from orstt_api.streaming import EventStream, event_stream
from orstt_api.uploads import receive_upload
from orstt_api.wire import JOBS
from orstt_core.errors import (
    Busy,
    FileProblem,
    InvalidRequest,
    JobEnded,
    JobNotEnded,
    JobNotFound,
    LanguageUnknown,
    ModelNotFound,
    RecordingGone,
    TooLarge,
    VocabularyNotFound,
)
from orstt_core.types import (
    Days,
    Job,
    JobPage,
    JobQuery,
    JobSort,
    JobState,
    Problem,
    Purged,
    Purpose,
    TranscribeEvent,
)
from orstt_core.types.timestamps import Timestamp
from orstt_core.units import MIB

States = Annotated[
    list[str] | None,
    QueryParameter(name="state", description="Only those in these states; repeated, or separated by commas."),
]
Text = Annotated[str, QueryParameter(name="q", description="Only those whose text or file name holds this.")]
Limit = Annotated[int, QueryParameter(description="How many.", ge=1, le=500)]
Before = Annotated[
    str, QueryParameter(description="Only those that come after this job: the `next` of the page before.")
]
Models = Annotated[
    list[str] | None, QueryParameter(name="model", description="Only those of the model of this name; repeated.")
]
Since = Annotated[Timestamp | None, QueryParameter(description="Only those submitted then or later.")]
Until = Annotated[Timestamp | None, QueryParameter(description="Only those submitted before then.")]
For = Annotated[Purpose | None, QueryParameter(name="purpose", description="Only those made for this.")]
Sort = Annotated[JobSort, QueryParameter(description="What they are listed by.")]
Reverse = Annotated[bool, QueryParameter(description="The other way round, such as the oldest first.")]


class PurgeOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which ended jobs to remove: those that ended so many days ago or longer; 0 means all."""

    older_than_days: Days


class Jobs(Controller):
    """A job is named in the path by its id or the beginning of it."""

    path = JOBS
    tags = ("Jobs",)
    opt = TRANSCRIBE

    @post(
        "/",
        operation_id="submitJob",
        operation_class=TranscriptionForm,
        status_code=202,
        responses=problems(
            ModelNotFound, VocabularyNotFound, FileProblem, LanguageUnknown, RecordingGone, *UPLOAD_ERRORS
        ),
    )
    async def submit(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> Response[Job]:
        """Store the recording in the form's field `audio` as a job; from the answer on it is not lost.

        The field `recording` in its place names a recording that a job of the caller's has, which is not sent again.
        A request whose idempotency key was used before is answered with the job that it was then.
        """
        async with await receive_upload(request, backend, JOB_FORM, waited=False) as upload:
            job = await backend.submit_job(upload.hand_over())
        return _accepted(job)

    @get("/", operation_id="listJobs", responses=problems(JobNotFound))
    async def list_jobs(  # noqa: PLR0913 - one argument for each parameter of the address
        self,
        backend: InjectedBackend,
        *,
        states: States = None,
        models: Models = None,
        text: Text = "",
        since: Since = None,
        until: Until = None,
        purpose: For = None,
        sort: Sort = "age",
        reverse: Reverse = False,
        limit: Limit = 50,
        before: Before = "",
    ) -> JobPage:
        """List jobs, newest first unless asked otherwise, without their segments and results."""
        named = [state for listed in states or [] for state in listed.split(",") if state]
        if unknown := sorted(set(named) - set(get_args(JobState))):
            raise InvalidRequest(
                f"No job can be {unknown[0][:60]!r}.",
                hint=f"States are: {', '.join(get_args(JobState))}.",
                field="state",
            )
        return await backend.jobs(
            JobQuery(
                states=cast("list[JobState]", named),
                models=models or [],
                text=text,
                since=since,
                until=until,
                purpose=purpose,
                sort=sort,
                reverse=reverse,
                limit=limit,
                before=before,
            )
        )

    @post(
        "/purge",
        operation_id="purgeJobs",
        opt=ADMIN,
        status_code=200,
        request_max_body_size=MIB,
        responses=problems(TooLarge),
    )
    async def purge(self, backend: InjectedBackend, data: JSONBody[PurgeOrder]) -> Purged:
        """Remove every job that ended so many days ago or longer, with its text and its recording."""
        return await backend.purge_jobs(data.older_than_days)

    @get("/{ref:str}", operation_id="getJob", responses=problems(JobNotFound))
    async def show(self, backend: InjectedBackend, ref: FromPath[str]) -> Job:
        """Return one job whole: its segments so far and, once it is done, its result."""
        return await backend.job(unquote(ref))

    @get(
        "/{ref:str}/events",
        operation_id="followJob",
        operation_class=Stream,
        responses={
            200: server_sent(TranscribeEvent | Problem),
            **problems(JobNotFound),
        },
    )
    async def follow(
        self, request: Request[Any, Any, Any], backend: InjectedBackend, ref: FromPath[str]
    ) -> EventStream:
        """Tell what happened to a job so far and then what happens, until it has ended; closing cancels nothing."""
        # Asked first, so that a job that is not there is 404, and one that failed is a stream that says so.
        job = await backend.job(unquote(ref))
        return await event_stream(request, partial(backend.follow_job, job.id), await_first=False, finish=False)

    @post("/{ref:str}/cancel", operation_id="cancelJob", status_code=200, responses=problems(JobNotFound, JobEnded))
    async def cancel(self, backend: InjectedBackend, ref: FromPath[str]) -> Job:
        """Cancel a job; one that is cancelled already is returned as it is."""
        return await backend.cancel_job(unquote(ref))

    @post(
        "/{ref:str}/retry",
        operation_id="retryJob",
        status_code=202,
        responses=problems(Busy, JobNotFound, JobNotEnded, RecordingGone),
    )
    async def retry(self, backend: InjectedBackend, ref: FromPath[str]) -> Response[Job]:
        """Queue a failed or cancelled job again, under the same id."""
        return _accepted(await backend.retry_job(unquote(ref)))

    @delete("/{ref:str}", operation_id="deleteJob", status_code=200, responses=problems(JobNotFound, JobNotEnded))
    async def delete(self, backend: InjectedBackend, ref: FromPath[str]) -> Job:
        """Remove an ended job with its text, and return it as it was."""
        return await backend.delete_job(unquote(ref))


def _accepted(job: Job) -> Response[Job]:
    return Response(job, headers={"Location": f"{JOBS}/{job.id}"})
