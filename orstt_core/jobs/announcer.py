"""Announcer: tells whoever listens to a backend's events of jobs whose rows changed here."""

from __future__ import annotations

import asyncio

import msgspec

from orstt_core.broadcast import Broadcast
from orstt_core.db.job_reads import JobReads
from orstt_core.errors import OrsttError
from orstt_core.types import BackendEvent, JobChanged


class Announcer:
    """Reads a job that changed and sends it; a job that changes several times meanwhile is sent once.

    Args:
        reads: shows its row.
        broadcast: where it is sent; as long as nobody listens nothing is read.
    """

    def __init__(self, reads: JobReads, broadcast: Broadcast[BackendEvent]) -> None:
        self._reads = reads
        self._broadcast = broadcast
        self._changed: dict[str, None] = {}
        self._sending: asyncio.Task[None] | None = None

    def announce(self, job: str) -> None:
        """Tell that the job of this id changed."""
        if not self._broadcast.heard:
            return
        self._changed[job] = None
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def close(self) -> None:
        """Stop, whatever is still to be told."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.wait({self._sending})

    async def _send(self) -> None:
        while self._changed:
            job = next(iter(self._changed))
            del self._changed[job]
            try:
                known = await self._reads.summary(job)
                ahead = await self._reads.ahead(job) if known.state == "queued" else 0
            except OrsttError:
                continue  # it is gone, or the database is; whoever shows jobs looks again by itself
            self._broadcast.send(JobChanged(job=msgspec.structs.replace(known, ahead=ahead or 0)))
