"""Housekeeping: removes what is not to be kept: uploads of ended jobs, old transcripts, what dead processes left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.job_records import StoredAudio
from orstt_core.db.job_retention import JobRetention
from orstt_core.errors import OrsttError
from orstt_core.jobs.spool import Spool

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 60.0
LONGEST_DAYS = 36_500.0
"""Older than a hundred years nothing is, and calendars end somewhere."""
RETENTION = "setting transcript_days"
"""Who, in the audit table, removes what is older than the setting allows."""


class Housekeeping:
    """Removes files and rows.

    Args:
        database: the one of the jobs.
        audit: told of what is removed.
        retention: the jobs' rows.
        spool: their recordings.
        transcript_days: how long an ended job is kept; 0 not at all, -1 for ever.
    """

    def __init__(
        self, database: Database, audit: AuditLog, retention: JobRetention, spool: Spool, transcript_days: float
    ) -> None:
        self._database = database
        self._audit = audit
        self._retention = retention
        self._spool = spool
        self._days = transcript_days
        self._once = asyncio.Lock()

    async def run(self) -> None:
        """Clean up now and every minute, for ever."""
        while True:
            await self._try(self.sweep)
            await self._try(self.tidy)
            await asyncio.sleep(PAUSE_SECONDS)

    async def tidy(self) -> None:
        """Remove recordings and jobs whose time is over."""
        async with self._once:
            stale = await self._retention.stale_audio()
            if gone := [job for job, audio in stale if await self.remove(audio)]:
                await self._retention.mark_gone(gone)
            if self._days >= 0:
                await self.purge(self._days, RETENTION)

    async def purge(self, days: float, actor: str) -> int:
        """Remove every job that ended so many days ago, with its text and its recording; return how many."""
        async with self._database.transaction():
            # By the database's clock: it is the one that said when they ended.
            removed = await self._retention.purge(await self._database.now() - timedelta(days=min(days, LONGEST_DAYS)))
            if removed or actor != RETENTION:
                await self._audit.add(actor, "jobs.purged", "", f"{len(removed)} jobs, {days:g} days and older")
        for audio in removed:
            await self.remove(audio)
        if removed:
            await self._database.scrub()
        return len(removed)

    async def remove(self, audio: StoredAudio) -> bool:
        """Remove a recording that belongs to a job, and return whether it is gone; a person's own file stays."""
        try:
            await asyncio.to_thread(self._spool.remove, audio)
        except OSError as error:
            logger.warning("A recording cannot be removed from the spool: %s", error.strerror)
            return False
        return True

    async def sweep(self) -> None:
        """Remove what processes that died left in the spool."""
        found = await asyncio.to_thread(self._spool.files)
        if found:
            await asyncio.to_thread(self._spool.sweep, found, await self._retention.owned_paths())

    async def _try(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except OrsttError as error:
            logger.info("Housekeeping is put off: %s", error.message)
        except Exception:
            logger.exception("Housekeeping failed; it is tried again.")
