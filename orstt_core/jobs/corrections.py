"""Corrections: what people ask of finished transcripts: read any version, correct, undo, redo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from orstt_core.caller import current_actor
from orstt_core.correction import apply, changes_of, corrected_places, inverted
from orstt_core.db.audit import AuditLog
from orstt_core.db.corrections import Corrected, undoable
from orstt_core.db.jobs import JobStore
from orstt_core.errors import Conflict, InvalidRequest, NotFound, TranscriptChanged
from orstt_core.transcript import transcript_of, with_segments
from orstt_core.types import Correction, JobTranscript, Revision, RevisionKind, Segment, SegmentChange, Transcript


class Base(NamedTuple):
    """What a change begins with: the newest version, of which it must be made.

    Attributes:
        job: the job's whole id.
        number: the job's number in the database.
    """

    job: str
    number: int
    original: Transcript
    version: int
    segments: Sequence[Segment]


class Corrections:
    """The versions of the transcripts of one database, which must be open while a method runs.

    Args:
        store: the jobs.
        audit: told who corrected what.
        announce: told of a job, by its id, whose transcript changed.
    """

    def __init__(self, store: JobStore, audit: AuditLog, announce: Callable[[str], None]) -> None:
        self._jobs, self._store = store, store.corrections
        self._audit, self._announce = audit, announce

    async def get(self, ref: str, version: int | None) -> JobTranscript:
        """See `Backend.job_transcript`."""
        base = await self._base(ref)
        if version is None or version == base.version:
            return await self._answer(base)
        if version > base.version:
            raise NotFound(f"The transcript has no version {version}: the newest is {base.version}.")
        changes = [revision.changes for revision in (await self._store.revisions(base.number))[:version]]
        segments = base.original.segments
        for each in changes:
            segments = apply(segments, each)
        return await self._answer(base, version, segments)

    async def history(self, ref: str) -> list[Revision]:
        """See `Backend.transcript_history`."""
        return await self._store.revisions((await self._base(ref)).number)

    async def correct(self, ref: str, correction: Correction) -> JobTranscript:
        """See `Backend.correct_transcript`."""
        base = await self._base(ref, correction.version)
        current = with_segments(base.original, base.segments)
        changes = await asyncio.to_thread(changes_of, current, correction.edits, base.original.segments)
        return await self._append(base, "edit", changes) if changes else await self._answer(base)

    async def undo(self, ref: str, version: int) -> JobTranscript:
        """See `Backend.undo_correction`."""
        base = await self._base(ref, version)
        undo, _ = undoable(await self._store.steps(base.number))
        if not undo:
            raise Conflict("There is no correction to undo.")
        changes = (await self._store.revision(base.number, undo[-1])).changes
        return await self._append(base, "undo", inverted(changes), of=undo[-1])

    async def redo(self, ref: str, version: int) -> JobTranscript:
        """See `Backend.redo_correction`."""
        base = await self._base(ref, version)
        _, redo = undoable(await self._store.steps(base.number))
        if not redo:
            raise Conflict("There is no correction to redo.", hint="One that was undone can be, until the next edit.")
        changes = (await self._store.revision(base.number, redo[-1])).changes
        return await self._append(base, "redo", changes, of=redo[-1])

    async def _base(self, ref: str, made_on: int | None = None) -> Base:
        """Return the newest version of a job's transcript.

        Raises:
            JobNotFound, JobNotEnded, JobCancelled, OrsttError: the job has none.
            TranscriptChanged: it is not the version that a change was made on.
        """
        job = await self._jobs.reads.summary(await self._jobs.rows.id_of(ref))
        if job.state != "done":
            transcript_of(job)
        number = await self._jobs.rows.value(job.id, self._jobs.rows.jobs.number)
        original = await self._store.original(job.id)
        newest = await self._store.newest(number)
        if not newest.version:
            newest = Corrected(segments=original.segments)
        if made_on is not None and made_on != newest.version:
            raise await self._changed(number, made_on)
        return Base(job.id, number, original, newest.version, newest.segments)

    async def _append(
        self, base: Base, kind: RevisionKind, changes: list[SegmentChange], of: int | None = None
    ) -> JobTranscript:
        """Store the next version, unless somebody was faster."""
        from orstt_core.db.failures import RowRefused

        segments = await asyncio.to_thread(apply, base.segments, changes)
        database = self._jobs.database
        try:
            async with database.transaction():
                row = await self._jobs.rows.locked_by_ref(base.job)
                if await self._store.version(base.number) != base.version:
                    raise await self._changed(base.number, base.version)
                revision = Revision(
                    version=base.version + 1,
                    at=await database.now(),
                    actor=current_actor(),
                    kind=kind,
                    of=of,
                    changes=changes,
                )
                await self._store.append(row, revision, with_segments(base.original, segments))
                told = f"version {revision.version}"
                await self._audit.add(current_actor(), f"transcript.{PAST[kind]}", base.job, told)
        except RowRefused as error:
            raise InvalidRequest("The correction holds characters that a database cannot store.") from error
        self._announce(base.job)
        return await self._answer(base._replace(version=revision.version, segments=segments))

    async def _answer(
        self, base: Base, version: int | None = None, segments: Sequence[Segment] | None = None
    ) -> JobTranscript:
        """Return the newest version, or another one with its segments."""
        shown = base.segments if segments is None else segments
        undo, redo = undoable((await self._store.steps(base.number))[: base.version])
        corrected = await asyncio.to_thread(corrected_places, base.original.segments, shown)
        return JobTranscript(
            job=base.job,
            version=base.version if version is None else version,
            latest=base.version,
            corrected=corrected,
            can_undo=bool(undo),
            can_redo=bool(redo),
            transcript=with_segments(base.original, shown) if shown != base.original.segments else base.original,
        )

    async def _changed(self, number: int, made_on: int) -> TranscriptChanged:
        revisions = await self._store.revisions(number)
        latest = len(revisions)
        if made_on > latest:
            told = f"The transcript has no version {made_on} on which this could have been made"
        else:
            told = f"{revisions[-1].actor} changed the transcript meanwhile: this was made on version {made_on}"
        return TranscriptChanged(
            f"{told}, and the newest is {latest}. Nothing was changed.",
            hint="Read both versions, and make your change on the newest.",
            field="version",
            versions=(made_on, latest),
        )


PAST: dict[RevisionKind, str] = {"edit": "corrected", "undo": "undone", "redo": "redone"}
"""What the audit table calls each kind."""
