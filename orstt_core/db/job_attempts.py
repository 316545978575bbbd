"""JobAttempts: begins attempts at jobs, and writes what comes of them: refused once the job is another's."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.db.experiment_observations import ObservationStore
from orstt_core.db.job_peaks import JobPeaks
from orstt_core.db.job_records import MOST_DEATHS, Claim, ClaimedJob, vocabulary_names
from orstt_core.db.job_rows import JobRows, as_json, from_json, sanitized, search_text, searched
from orstt_core.db.measurements import MeasurementStore
from orstt_core.db.recordings import RecordingIndex
from orstt_core.db.vocabularies import VocabularyStore
from orstt_core.errors import EngineDied
from orstt_core.transcript import WRITTEN_WITHOUT_SPACES, join_text
from orstt_core.types import (
    JobMeasured,
    Model,
    ModelChoice,
    Peaks,
    Problem,
    Segment,
    TranscribeOptions,
    Transcript,
    problem,
)

if TYPE_CHECKING:
    from piccolo.columns import Column


class JobAttempts:
    """What fences every result, whichever queue hands the jobs out: an attempt has a number, and so has each write.

    A write returns whether the job still was the claim's; if not, nothing changed.
    """

    def __init__(
        self, rows: JobRows, recordings: RecordingIndex, peaks: JobPeaks, measurements: MeasurementStore
    ) -> None:
        self._rows = rows
        self._peaks = peaks
        self._measurements = measurements
        self._recordings = recordings
        self._vocabularies = VocabularyStore(rows.database)
        self._observations = ObservationStore(rows.database)

    async def begin(self, row: dict[str, Any], worker: str, lease_until: datetime) -> ClaimedJob:
        """Inside a transaction: begin the next attempt at a queued job, whose row is locked, and return it."""
        values: dict[Column | str, Any] = {
            "state": "running",
            "worker": worker,
            "attempt": row["attempt"] + 1,
            "lease_until": lease_until,
            "due_at": None,
            "started_at": row["started_at"] or await self._rows.database.now(),
            "put_off": "",
        }
        await self._rows.update(row, values)
        model = msgspec.json.decode(row["model"], type=Model)
        options = msgspec.json.decode(row["options"], type=TranscribeOptions)
        segments = await self._rows.stored_segments(row)
        terms, missing = await self._vocabularies.ranked(vocabulary_names(options, model))
        return ClaimedJob(
            claim=Claim(job=row["id"], attempt=row["attempt"] + 1),
            filename=row["filename"],
            model=model,
            options=options,
            recording=await self._recordings.source(row["recording"]),
            keep_alive=row["keep_alive"],
            priority=row["priority"],
            # Somebody waits for what is in this worker's own queue; with a key it is left to end all the same.
            waited=bool(row["waited"]) and row["worker"] == worker and not row["idempotency_key"],
            segments=segments,
            choice=from_json(row["choice"], ModelChoice),
            model_ref=row["model_ref"],
            speech=(await self._peaks.of(row["number"])).speech if segments else [],
            no_room=row["no_room"],
            terms=terms,
            missing_vocabularies=missing,
        )

    async def choose(self, job: ClaimedJob, model: Model, choice: ModelChoice) -> ClaimedJob | None:
        """Have another model transcribe a job than it was claimed with; None: it is another attempt's by now.

        Args:
            job: as it was claimed. What was transcribed of it by another model is dropped by `restart` before.
            model: what is to transcribe it, in this attempt and all later ones.
            choice: what is kept of the choice.
        """
        async with self._rows.database.transaction():
            if (row := await self._rows.held(job.claim)) is None:
                return None
            chosen: dict[Column | str, Any] = {
                "model": as_json(model),
                "model_name": model.name,
                "choice": sanitized(as_json(choice)),
            }
            await self._rows.update(row, chosen)
            terms, missing = await self._vocabularies.ranked(vocabulary_names(job.options, model))
        return msgspec.structs.replace(job, model=model, choice=choice, terms=terms, missing_vocabularies=missing)

    async def requeue(self, row: dict[str, Any], *, due_at: datetime | None = None, deaths: int = 0) -> None:
        """Inside a transaction: queue a locked running job again, or end it if somebody asked for that meanwhile.

        Args:
            row: the job's.
            due_at: when it may be begun again; None: at once.
            deaths: how many workers died over it just now; after too many it has failed.
        """
        deaths += row["deaths"]
        if row["cancel_requested"]:
            await self._rows.end(row, "cancelled", {})
        elif deaths >= MOST_DEATHS:
            await self._rows.end(row, "failed", {"error": as_json(_worn_out(row["id"])), "deaths": deaths})
        else:
            queued: dict[Column | str, Any] = {"state": "queued", "worker": "", "lease_until": None}
            await self._rows.update(row, queued | {"due_at": due_at, "deaths": deaths})

    async def put_off(self, claim: Claim, *, reason: str, no_room: int) -> bool:
        """Say of a job that was released why it has to wait; refused once another attempt began.

        Args:
            claim: of the attempt that was released.
            reason: for whoever looks at the job meanwhile.
            no_room: how many attempts in a row found the disk full; it comes along with the next `ClaimedJob`.
        """
        job = self._rows.jobs
        released = (job.id == claim.job) & (job.attempt == claim.attempt) & (job.state == "queued")
        async with self._rows.database.transaction():
            if (row := await self._rows.locked(released)) is None:
                return False
            await self._rows.update(row, {"put_off": sanitized(reason), "no_room": no_room})
            return True

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
                text = sanitized(join_text((segment.text for segment in new), language))
                more = text if language in WRITTEN_WITHOUT_SPACES else f" {text}"
                values["text"] = QueryString("CASE WHEN text = '' THEN {} ELSE text || {} END", text, more)
                values["search"] = QueryString("search || {}", search_text(more))
            await self._rows.update(row, values)
            return True

    async def record_peaks(self, claim: Claim, peaks: Peaks) -> bool:
        """Keep what was measured of the sound, in the place of what was before."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            await self._peaks.put(row["number"], peaks)
            return True

    async def restart(self, claim: Claim) -> bool:
        """Drop what was transcribed so far: the work begins anew within this attempt."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            await self._rows.drop_segments(row)
            search = searched(row["filename"], "")
            dropped: dict[Column | str, Any] = {
                "position": 0.0,
                "text": "",
                "search": search,
                "restarts": row["restarts"] + 1,
            }
            await self._rows.update(row, dropped)
            return True

    async def finish(
        self, claim: Claim, transcript: Transcript, peaks: Peaks | None = None, measured: JobMeasured | None = None
    ) -> bool:
        """End a job with its transcript, in which its segments are from now on, and keep what was measured, if any."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            if peaks is not None:
                await self._peaks.put(row["number"], peaks)
            await self._rows.drop_segments(row)
            values: dict[Column | str, Any] = {
                "result": as_json(transcript),
                "text": sanitized(transcript.text),
                "search": searched(row["filename"], transcript.text),
                "position": transcript.duration,
                "duration": transcript.duration,
            }
            await self._rows.end(row, "done", values)
            await self._observations.note_done(row, measured.figures if measured else None)
            for each in (*measured.given_up, measured) if measured else ():
                if each.figures and each.setup:
                    await self._measurements.add(each.model, each.setup, each.figures)
            return True

    async def fail(self, claim: Claim, error: Problem) -> bool:
        """End a job with the reason why it failed; its segments so far stay."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            await self._rows.end(row, "failed", {"error": as_json(error)})
            await self._observations.note_failed(row)
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


def _worn_out(job_id: str) -> Problem:
    return problem(
        EngineDied(
            f"{MOST_DEATHS} processes died while they worked on this job, so it is not begun again by itself.",
            hint=f"Try another model, or begin it again with `orstt jobs retry {job_id}`.",
        )
    )
