"""CorrectionStore: the versions of finished transcripts. The original stays in the job's row, which never changes.

A revision holds only the segments that it took away and those that it put there: correcting a long transcript one
segment at a time costs no copy of all the others, any version is the original with the revisions up to it, and going
back needs no rule of any edit. The newest version stands whole beside them, since it is what everybody reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec import Struct

from orstt_core.db.job_rows import JobRows, as_json, sanitized, searched
from orstt_core.types import Revision, RevisionKind, Segment, SegmentChange, Transcript

if TYPE_CHECKING:
    from piccolo.columns import Column

    from orstt_core.db.tables import CorrectedTranscript, TranscriptRevision


class Step(NamedTuple):
    """A revision without its changes: enough to know what can be undone."""

    version: int
    kind: RevisionKind


class Corrected(Struct, frozen=True, kw_only=True):
    """The newest version of a transcript; the version 0 stands for the original, which has no row here."""

    version: int = 0
    segments: list[Segment] = []


class CorrectionStore:
    """Corrections of the jobs of one database; a job is meant by its number.

    Every method raises `DatabaseUnavailable` when the database is not open, or is lost.
    """

    def __init__(self, rows: JobRows) -> None:
        self._rows = rows

    async def newest(self, job: int) -> Corrected:
        """Return the newest version."""
        table = self._corrected
        rows = await table.select(table.version, table.segments).where(table.job == job)
        if not rows:
            return Corrected()
        return Corrected(
            version=rows[0]["version"], segments=msgspec.json.decode(rows[0]["segments"], type=list[Segment])
        )

    async def version(self, job: int) -> int:
        """Return the number of the newest version."""
        table = self._corrected
        rows = await table.select(table.version).where(table.job == job)
        return int(rows[0]["version"]) if rows else 0

    async def original(self, job_id: str) -> Transcript:
        """Return what the engine gave, of a job that is done, by its whole id.

        Raises:
            JobNotFound: it is gone.
        """
        return msgspec.json.decode(await self._rows.value(job_id, self._rows.jobs.result), type=Transcript)

    async def steps(self, job: int) -> list[Step]:
        """Return the revisions in order, without their changes."""
        table = self._revisions
        rows = await table.select(table.version, table.kind).where(table.job == job).order_by(table.version)
        return [Step(row["version"], row["kind"]) for row in rows]

    async def revisions(self, job: int) -> list[Revision]:
        """Return the revisions in order."""
        table = self._revisions
        rows = await table.select().where(table.job == job).order_by(table.version)
        return [_revision(row) for row in rows]

    async def revision(self, job: int, version: int) -> Revision:
        """Return the revision that made a version that there is."""
        table = self._revisions
        [row] = await table.select().where((table.job == job) & (table.version == version))
        return _revision(row)

    async def append(self, job: dict[str, Any], revision: Revision, transcript: Transcript) -> None:
        """Inside a transaction: store the next version of a locked job, so that searches find its text."""
        revisions, corrected, jobs = self._revisions, self._corrected, self._rows.jobs
        number, text = job["number"], sanitized(transcript.text)
        segments = as_json(transcript.segments)
        made = revisions(
            job=number,
            version=revision.version,
            at=revision.at,
            actor=sanitized(revision.actor),
            kind=revision.kind,
            of=revision.of,
            changes=as_json(revision.changes),
        )
        await revisions.insert(made)
        if revision.version == 1:
            await corrected.insert(corrected(job=number, version=1, text=text, segments=segments))
        else:
            newest: dict[Column | str, Any] = {"version": revision.version, "text": text, "segments": segments}
            await corrected.update(newest).where(corrected.job == number)
        await self._rows.update(job, {jobs.search: searched(job["filename"], text)})

    @property
    def _revisions(self) -> type[TranscriptRevision]:
        from orstt_core.db.tables import TranscriptRevision

        return self._rows.database.table(TranscriptRevision)

    @property
    def _corrected(self) -> type[CorrectedTranscript]:
        from orstt_core.db.tables import CorrectedTranscript

        return self._rows.database.table(CorrectedTranscript)


def undoable(steps: Iterable[Step]) -> tuple[list[int], list[int]]:
    """Return the versions whose edits can be undone, and redone, the next one last."""
    undo: list[int] = []
    redo: list[int] = []
    for step in steps:
        if step.kind == "undo":
            redo.append(undo.pop())
        elif step.kind == "redo":
            undo.append(redo.pop())
        else:
            undo.append(step.version)
            redo.clear()
    return undo, redo


def _revision(row: dict[str, Any]) -> Revision:
    changes = msgspec.json.decode(row["changes"], type=list[SegmentChange])
    fields = ("version", "at", "actor", "kind", "of")
    return Revision(**{name: row[name] for name in fields}, changes=changes)
