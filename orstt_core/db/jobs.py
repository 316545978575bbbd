"""JobStore: the jobs of one database, by what is done with them."""

from __future__ import annotations

from orstt_core.db.corrections import CorrectionStore
from orstt_core.db.database import Database
from orstt_core.db.job_attempts import JobAttempts
from orstt_core.db.job_peaks import JobPeaks
from orstt_core.db.job_reads import JobReads
from orstt_core.db.job_retention import JobRetention
from orstt_core.db.job_rows import JobRows
from orstt_core.db.job_submissions import JobSubmissions
from orstt_core.db.measurements import MeasurementStore
from orstt_core.db.recordings import RecordingIndex


class JobStore:
    """The parts that read and write jobs; whoever needs one of them gets that one.

    Args:
        database: must be open while a method of a part runs. Every one raises `DatabaseUnavailable` when it is
            not, or is lost.
        retry_minutes: how long the upload of a failed or cancelled job is kept for a retry.

    Attributes:
        database: the one given.
        rows: what the parts share, and a queue in the same database.
        corrections: the versions of finished transcripts.
        reads: a job, a page of jobs, what is new of one that is followed.
        submissions: accepts, cancels and retries.
        attempts: begins attempts at jobs, and writes what comes of them.
        peaks: what was measured of the sound of jobs.
        retention: removes.
    """

    def __init__(self, database: Database, *, retry_minutes: float = 15.0) -> None:
        self.database = database
        self.rows = rows = JobRows(database, retry_minutes=retry_minutes)
        recordings = RecordingIndex(database)
        self.corrections = CorrectionStore(rows)
        self.reads = JobReads(rows, self.corrections)
        self.submissions = JobSubmissions(rows, self.reads, recordings)
        self.peaks = JobPeaks(rows)
        self.attempts = JobAttempts(rows, recordings, self.peaks, MeasurementStore(database))
        self.retention = JobRetention(rows, self.reads)
