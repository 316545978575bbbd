"""The corrections of a ScriptedBackend: in memory, by the same pure functions as the real ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from orstt_core.comparisons import Comparisons
from orstt_core.correction import apply, changes_of, corrected_places, inverted
from orstt_core.db.corrections import Step, undoable
from orstt_core.errors import Conflict, TranscriptChanged
from orstt_core.transcript import transcript_of, with_segments
from orstt_core.types import (
    Comparison,
    ComparisonQuery,
    Correction,
    Job,
    JobTranscript,
    Revision,
    RevisionKind,
    SegmentChange,
    Stats,
    StatsQuery,
    Transcript,
)

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class ScriptedCorrections:
    """Part of ScriptedBackend. `revisions` holds those of each job by its id."""

    if TYPE_CHECKING:
        stats: Callable[[StatsQuery], Awaitable[list[Stats]]]
        put: Callable[[Job], Job]

        async def job(self, ref: str) -> Job: ...

    def __init__(self) -> None:
        self.revisions: dict[str, list[Revision]] = {}
        self.originals: dict[str, Transcript] = {}

    async def job_transcript(self, ref: str, version: int | None = None) -> JobTranscript:
        job = await self.job(ref)
        revisions, original = self.revisions.get(job.id, []), self.originals.get(job.id, transcript_of(job))
        segments = original.segments
        for revision in revisions[:version]:
            segments = apply(segments, revision.changes)
        undo, redo = undoable(Step(revision.version, revision.kind) for revision in revisions)
        return JobTranscript(
            job=job.id,
            version=len(revisions) if version is None else version,
            latest=len(revisions),
            corrected=corrected_places(original.segments, segments),
            can_undo=bool(undo),
            can_redo=bool(redo),
            transcript=with_segments(original, segments),
        )

    async def transcript_history(self, ref: str) -> list[Revision]:
        return list(self.revisions.get((await self.job(ref)).id, []))

    async def correct_transcript(self, ref: str, correction: Correction) -> JobTranscript:
        newest = await self._newest(ref, correction.version)
        changes = changes_of(newest.transcript, correction.edits)
        return await self._revise(newest, "edit", changes) if changes else newest

    async def undo_correction(self, ref: str, version: int) -> JobTranscript:
        newest = await self._newest(ref, version)
        undo, _ = undoable(Step(revision.version, revision.kind) for revision in self.revisions.get(newest.job, []))
        if not undo:
            raise Conflict("There is no correction to undo.")
        return await self._revise(newest, "undo", inverted(self.revisions[newest.job][undo[-1] - 1].changes))

    async def redo_correction(self, ref: str, version: int) -> JobTranscript:
        newest = await self._newest(ref, version)
        _, redo = undoable(Step(revision.version, revision.kind) for revision in self.revisions.get(newest.job, []))
        if not redo:
            raise Conflict("There is no correction to redo.")
        return await self._revise(newest, "redo", self.revisions[newest.job][redo[-1] - 1].changes)

    async def compare_jobs(self, query: ComparisonQuery) -> Comparison:
        return await Comparisons(self.job, self.job_transcript, self.stats).compare(query)

    async def _newest(self, ref: str, version: int) -> JobTranscript:
        newest = await self.job_transcript(ref)
        if newest.version != version:
            raise TranscriptChanged("Somebody was faster.", versions=(version, newest.version))
        return newest

    async def _revise(self, newest: JobTranscript, kind: RevisionKind, changes: list[SegmentChange]) -> JobTranscript:
        job = await self.job(newest.job)
        self.originals.setdefault(job.id, transcript_of(job))
        self.revisions.setdefault(job.id, []).append(
            Revision(version=newest.version + 1, at=WHEN, actor="user alice", kind=kind, changes=changes)
        )
        revised = await self.job_transcript(job.id)
        text, segments = revised.transcript.text, revised.transcript.segments
        self.put(
            msgspec.structs.replace(
                job, result=revised.transcript, text=text, segments=segments, transcript_version=revised.version
            )
        )
        return revised
