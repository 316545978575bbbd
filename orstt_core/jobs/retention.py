"""Retention: removes what is not to be kept: uploads of ended jobs, old transcripts and figures, what the dead left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.job_retention import JobRetention
from orstt_core.errors import OrsttError
from orstt_core.measurements.service import Measurements
from orstt_core.recordings.service import RecordingService
from orstt_core.types.jobs import LONGEST_DAYS

logger = logging.getLogger(__name__)

INTERVAL_SECONDS = 60.0
SETTING = "setting transcript_days"
"""Who, in the audit table, removes what is older than the setting allows."""


class Retention:
    """Removes files and rows whose time is over.

    Args:
        database: the one of the jobs.
        audit: told of what is removed.
        rows: removes jobs.
        recordings: theirs.
        measurements: figures of their transcriptions.
        transcript_days: how long an ended job is kept; 0 not at all, -1 for ever.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditLog,
        rows: JobRetention,
        recordings: RecordingService,
        measurements: Measurements,
        transcript_days: float,
    ) -> None:
        self._database = database
        self._audit = audit
        self._rows = rows
        self._recordings = recordings
        self._measurements = measurements
        self._days = transcript_days
        self._enforcing = asyncio.Lock()

    async def run(self) -> None:
        """Remove what is due now and every minute, for ever."""
        while True:
            await self._try(self._recordings.sweep)
            await self._try(self.enforce)
            await asyncio.sleep(INTERVAL_SECONDS)

    async def enforce(self) -> None:
        """Remove recordings, jobs and figures whose time is over."""
        async with self._enforcing:
            await self._rows.release_recordings()
            await self._recordings.remove_unused()
            if self._days >= 0:
                await self.purge(self._days, SETTING)
            await self._measurements.enforce()

    async def purge(self, days: float, actor: str) -> int:
        """Remove every job that ended so many days ago, with its text and its recording; return how many."""
        async with self._database.transaction():
            # By the database's clock: it is the one that said when they ended.
            removed = await self._rows.purge(await self._database.now() - timedelta(days=min(days, LONGEST_DAYS)))
            if removed or actor != SETTING:
                await self._audit.add(actor, "jobs.purged", "", f"{removed} jobs, {days:g} days and older")
        await self._recordings.remove_unused()
        if removed:
            await self._database.scrub()
        return removed

    async def _try(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except OrsttError as error:
            logger.info("Removing is put off: %s", error.message)
        except Exception:
            logger.exception("Removing failed; it is tried again.")
