"""JobProgress: what a worker writes of its job; every write is refused once the job is another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orstt_core.db.job_records import Claim
from orstt_core.db.job_rows import JobRows, as_json, folded, storable
from orstt_core.transcript import WRITTEN_WITHOUT_SPACES, join_text
from orstt_core.types import Problem, Segment, Transcript

if TYPE_CHECKING:
    from piccolo.columns import Column


class JobProgress:
    """Each write returns whether the job still was the claim's; if not, nothing changed."""

    def __init__(self, rows: JobRows) -> None:
        self._rows = rows

    async def record(
        self, claim: Claim, segments: list[Segment], *, first: int, position: float, duration: float | None = None
    ) -> bool:
        """Add segments, and say how far the work is. A call whose answer was lost may simply be repeated.

        Args:
            claim: of the job.
            segments: the next ones; those that are stored already are left out.
            first: how many segments of the job come before them.
            position: seconds of the recording that are transcribed.
            duration: length of the recording in seconds, once it is known.
        """
        from piccolo.querystring import QueryString

        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            values: dict[Column | str, Any] = {"position": position}
            if duration is not None:
                values["duration"] = duration
            stored = await self._rows.segments.count().where(self._rows.segments.job == row["number"])
            if new := segments[max(0, stored - first) :]:
                await self._add_segments(row["number"], max(first, stored), new)
                language = new[0].language
                text = storable(join_text((segment.text for segment in new), language))
                more = text if language in WRITTEN_WITHOUT_SPACES else f" {text}"
                values["text"] = QueryString("CASE WHEN text = '' THEN {} ELSE text || {} END", text, more)
                values["search"] = QueryString("search || {}", folded(more))
            await self._rows.update(row, values)
            return True

    async def restart(self, claim: Claim) -> bool:
        """Drop what was transcribed so far: the work begins anew within this attempt."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            await self._rows.drop_segments(row)
            search = f"{folded(row['filename'])}\n"
            dropped: dict[Column | str, Any] = {
                "position": 0.0,
                "text": "",
                "search": search,
                "restarts": row["restarts"] + 1,
            }
            await self._rows.update(row, dropped)
            return True

    async def finish(self, claim: Claim, transcript: Transcript) -> bool:
        """End a job with its transcript, in which its segments are from now on."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            await self._rows.drop_segments(row)
            values: dict[Column | str, Any] = {
                "result": as_json(transcript),
                "text": storable(transcript.text),
                "search": f"{folded(row['filename'])}\n{folded(transcript.text)}",
                "position": transcript.duration,
                "duration": transcript.duration,
            }
            await self._rows.end(row, "done", values)
            return True

    async def fail(self, claim: Claim, error: Problem) -> bool:
        """End a job with the reason why it failed; its segments so far stay."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            await self._rows.end(row, "failed", {"error": as_json(error)})
            return True

    async def cancelled(self, claim: Claim) -> bool:
        """End a job that was cancelled while it ran; its segments so far stay."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            await self._rows.end(row, "cancelled", {})
            return True

    async def _add_segments(self, number: int, first: int, segments: list[Segment]) -> None:
        table = self._rows.segments
        rows = [
            table(job=number, ordinal=ordinal, segment=as_json(segment))
            for ordinal, segment in enumerate(segments, start=first)
        ]
        await table.insert(*rows)
