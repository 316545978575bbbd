"""JobPeaks: what was measured of the sound of jobs, as long as the jobs themselves are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orstt_core.db.job_rows import JobRows, as_json
from orstt_core.types import Peaks, SpeechSpan

if TYPE_CHECKING:
    from orstt_core.db.tables import JobPeaksRow

PUT = """
    INSERT INTO job_peaks (job, peaks, speech) VALUES ({}, {}, {})
    ON CONFLICT (job) DO UPDATE SET peaks = excluded.peaks, speech = excluded.speech
"""


class JobPeaks:
    """The peaks of jobs, in a table of their own: a job's row is written several times a second."""

    def __init__(self, rows: JobRows) -> None:
        self._rows = rows

    async def get(self, ref: str) -> Peaks:
        """Return those of a job.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
        """
        return await self.of(await self._rows.value(await self._rows.id_of(ref), self._rows.jobs.number))

    async def of(self, number: int) -> Peaks:
        """Return those of the job with this number."""
        table = self._table
        rows = await table.select().where(table.job == number)
        if not rows:
            return Peaks()
        speech = msgspec.json.decode(rows[0]["speech"], type=list[SpeechSpan])
        return Peaks(peaks=list(rows[0]["peaks"]), speech=speech)

    async def put(self, number: int, peaks: Peaks) -> None:
        """Inside a transaction in which the job is locked: keep these in the place of any others."""
        await self._table.raw(PUT, number, bytes(peaks.peaks), as_json(peaks.speech))

    @property
    def _table(self) -> type[JobPeaksRow]:
        from orstt_core.db.tables import JobPeaksRow

        return self._rows.database.table(JobPeaksRow)
