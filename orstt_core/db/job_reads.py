"""Reading jobs: one whole, a page of many, and what is new of one that is followed."""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from orstt_core.caller import current_caller
from orstt_core.db.corrections import CorrectionStore
from orstt_core.db.job_order import JobOrder
from orstt_core.db.job_rows import SUMMARY, JobRows, job_of, not_found, sanitized, search_text
from orstt_core.transcript import join_text, with_segments
from orstt_core.types import EXCERPT, Job, JobPage, JobQuery, Priority, Segment

if TYPE_CHECKING:
    from piccolo.columns.combination import Where
    from piccolo.querystring import QueryString

FROM_ORDINAL = f"""
    SELECT {", ".join(f"job.{column}" for column in SUMMARY)}, piece.segment,
        substr(COALESCE(corrected.text, job.text), 1, {EXCERPT}) AS text,
        COALESCE(corrected.version, 0) AS transcript_version
    FROM transcription_job AS job
    LEFT JOIN corrected_transcript AS corrected ON corrected.job = job.number
    LEFT JOIN transcription_segment AS piece ON piece.job = job.number AND piece.ordinal >= CAST({{}} AS BIGINT)
    WHERE job.id = {{}} ORDER BY piece.ordinal
"""  # noqa: S608 - made of this program's own names
"""One statement, so that a job and its segments are of the same moment."""
NO_SEGMENTS = 1 << 31
"""An ordinal that no segment has."""
NEWEST = "(SELECT {column} FROM corrected_transcript WHERE job = transcription_job.number)"
"""A column of the newest version of a transcript; NULL where nobody corrected it."""


class Followed(Struct, frozen=True, kw_only=True):
    """A job and its segments from some ordinal on, as they were at one moment.

    Attributes:
        job: as in a list, but with its `result` when it is done.
        restarts: how often its segments were dropped; when this has grown, none of those told before count.
    """

    job: Job
    segments: list[Segment]
    restarts: int


class JobTotals(Struct, frozen=True, kw_only=True):
    """How many jobs are in each state, and how many seconds of sound they have together."""

    by_state: dict[str, int]
    seconds: float


class JobReads:
    """Only reads: nothing here waits for a lock."""

    def __init__(self, rows: JobRows, corrections: CorrectionStore) -> None:
        self._rows = rows
        self._corrections = corrections

    async def get(self, ref: str) -> Job:
        """Return a job whole, by its id or the beginning of it (four characters or more).

        Raises:
            JobNotFound: no job, or more than one, has such an id.
        """
        followed = await self.since(await self._rows.id_of(ref), 0)
        job, segments = followed.job, followed.segments
        text = job.result.text if job.result else text_of(segments)
        ahead = await self.ahead(job.id) if job.state == "queued" else None
        return msgspec.structs.replace(job, segments=segments, text=text, ahead=ahead or 0)

    async def since(self, job_id: str, ordinal: int) -> Followed:
        """Return what is new of a job: cheap enough to ask several times a second.

        Args:
            job_id: its whole id.
            ordinal: how many of its segments are known already.

        Raises:
            JobNotFound: there is none of that id (any more).
        """
        rows = await self._from_ordinal(job_id, ordinal)
        job = job_of(rows[0], now=await self._now(rows))
        segments = [msgspec.json.decode(row["segment"], type=Segment) for row in rows if row["segment"] is not None]
        if job.state == "done":  # the segments are in the result now, which does not change any more
            result = await self._corrections.original(job_id)
            if job.transcript_version and (newest := await self._corrections.newest(rows[0]["number"])).version:
                job = msgspec.structs.replace(job, transcript_version=newest.version)
                result = with_segments(result, newest.segments)
            job = msgspec.structs.replace(job, result=result)
            segments = result.segments[ordinal:]
        return Followed(job=job, segments=segments, restarts=rows[0]["restarts"])

    async def summary(self, job_id: str) -> Job:
        """Return a job by its whole id as it is in a list: its segments and its result are not read.

        Raises:
            JobNotFound: there is none of that id (any more).
        """
        rows = await self._from_ordinal(job_id, NO_SEGMENTS)
        return job_of(rows[0], now=await self._now(rows))

    async def list(self, query: JobQuery) -> JobPage:
        """Return the jobs asked for.

        Raises:
            JobNotFound: `query.before` names none.
        """
        from piccolo.querystring import QueryString

        job, wanted = self._rows.jobs, list(self._wanted(query))
        corrected, version = NEWEST.format(column="text"), NEWEST.format(column="version")
        select = job.select(
            *SUMMARY,
            QueryString(f"substr(COALESCE({corrected}, text), 1, {EXCERPT})", alias="text"),
            QueryString(f"COALESCE({version}, 0)", alias="transcript_version"),
        ).where(*wanted)
        order = JobOrder(query, on_postgres=self._rows.on_postgres)
        if query.before:
            last = await self._rows.value(await self._rows.id_of(query.before), job.number)
            select = select.where(order.behind(last))
        rows = await order.sorted(select).limit(query.limit + 1)
        page = rows[: query.limit]
        now, places = await self._now(page), await self._places(page)
        jobs = [job_of(row, now=now, ahead=places.get(row["number"], 0)) for row in page]
        more = len(rows) > len(page)
        totals = await self._totals(wanted) if more or query.before else totals_of(jobs)
        return JobPage(
            jobs=jobs,
            next=jobs[-1].id if more else "",
            total=sum(totals.by_state.values()),
            by_state=totals.by_state,
            seconds=totals.seconds,
        )

    async def _totals(self, wanted: builtins.list[Where | QueryString]) -> JobTotals:
        """Return the sums over the jobs that meet these conditions; an index has all that they are of."""
        from piccolo.query.functions import Count, Sum

        job = self._rows.jobs
        counted = job.select(job.state, Count(alias="jobs"), Sum(job.duration, alias="seconds"))
        rows = await counted.where(*wanted).group_by(job.state)
        return JobTotals(
            by_state={row["state"]: row["jobs"] for row in sorted(rows, key=lambda row: str(row["state"]))},
            seconds=sum(row["seconds"] or 0.0 for row in rows),
        )

    def _wanted(self, query: JobQuery) -> Iterator[Where | QueryString]:
        """Yield the conditions that jobs of any page meet."""
        from piccolo.querystring import QueryString

        job = self._rows.jobs
        if (owner := current_caller().owner) is not None:
            yield job.submitted_by == sanitized(owner)
        if query.states:
            yield job.state.is_in(query.states)
        if query.models:
            yield job.model_name.is_in([sanitized(name) for name in query.models])
        if query.since is not None:
            yield job.created_at >= query.since
        if query.until is not None:
            yield job.created_at < query.until
        if query.purpose is not None:
            yield job.purpose == query.purpose
        if query.text:
            found_in = "strpos" if self._rows.on_postgres else "instr"
            yield QueryString(f"{found_in}(search, {{}}) > 0", search_text(query.text))

    async def ahead(self, job_id: str) -> int | None:
        """Return how many jobs go before a queued one; None when it is not queued (any more)."""
        job, now = self._rows.jobs, await self._rows.database.now()
        first = self._rows.goes_first(now)
        queued = job.state == "queued"
        rows = await job.select(job.number).where(queued & (job.id == job_id))
        if not rows:
            return None
        older = job.number < rows[0]["number"]
        goes_first = await job.exists().where((job.id == job_id) & first)
        return int(await job.count().where(queued & (first & older if goes_first else first | older)))

    async def waiting(self, priority: Priority) -> int:
        """Return how many jobs of a priority are queued."""
        job = self._rows.jobs
        return int(await job.count().where((job.state == "queued") & (job.priority == priority)))

    async def counts(self) -> tuple[int, int]:
        """Return how many jobs are queued and how many running."""
        job = self._rows.jobs
        states = [row["state"] for row in await job.select(job.state).where(job.state.is_in(["queued", "running"]))]
        return states.count("queued"), states.count("running")

    async def model_ref_of(self, ref: str) -> str:
        """Return which model was asked for when a job was submitted; empty: whichever was active.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
        """
        return str(await self._rows.value(await self._rows.id_of(ref), self._rows.jobs.model_ref))

    async def _from_ordinal(self, job_id: str, ordinal: int) -> builtins.list[dict[str, Any]]:
        rows: builtins.list[dict[str, Any]] = await self._rows.jobs.raw(FROM_ORDINAL, ordinal, job_id)
        if not rows:
            raise not_found(job_id)
        return rows

    async def _places(self, rows: builtins.list[dict[str, Any]]) -> dict[int, int]:
        """Return how many jobs go before each queued one, by their numbers, if one of these rows is queued."""
        if all(row["state"] != "queued" for row in rows):
            return {}
        job = self._rows.jobs
        queued = job.state == "queued"
        first = await job.select(job.number).where(queued & self._rows.goes_first(await self._rows.database.now()))
        everyone = await job.select(job.number).where(queued)
        early = {row["number"] for row in first}
        order = sorted((row["number"] for row in everyone), key=lambda number: (number not in early, number))
        return {number: place for place, number in enumerate(order)}

    async def _now(self, rows: builtins.list[dict[str, Any]]) -> datetime | None:
        """Return the database's time if one of these rows is judged by it."""
        return await self._rows.database.now() if any(row["recording_until"] for row in rows) else None


def totals_of(jobs: builtins.list[Job]) -> JobTotals:
    """Return the sums over jobs that are all there are."""
    states = Counter(job.state for job in jobs)
    return JobTotals(by_state=dict(sorted(states.items())), seconds=sum(job.duration or 0.0 for job in jobs))


def text_of(segments: builtins.list[Segment]) -> str:
    """Return the text so far of a job that is not done."""
    return join_text((segment.text for segment in segments), segments[0].language if segments else None)
