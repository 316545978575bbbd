"""Submitter: stores requests as jobs, and looks after those whose storing was not answered or that nobody waits for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from orstt_core.background import BackgroundTasks
from orstt_core.caller import current_actor
from orstt_core.db.audit import AuditLog
from orstt_core.db.job_records import NewJob, Queue, QueueLimit
from orstt_core.db.jobs import JobStore
from orstt_core.db.recordings import RecordingSource
from orstt_core.db.vocabularies import VocabularyStore
from orstt_core.errors import DatabaseUnavailable, JobEnded, JobNotFound
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.queue import JobQueue
from orstt_core.jobs.submission import check_languages, new_job, refuse_wish
from orstt_core.jobs.worker import Worker
from orstt_core.languages import requested_languages
from orstt_core.model_aliases import AskedModel
from orstt_core.option_fields import refuse_details
from orstt_core.recordings.service import RecordingService
from orstt_core.types import Job, Priority, StoredRecording, TranscribeRequest
from orstt_core.webhooks.delivery import Webhooks

logger = logging.getLogger(__name__)


class Submitter:
    """Takes requests, with their recordings.

    Args:
        store: the jobs.
        queue: they are put into it.
        recordings: theirs.
        webhooks: refuse addresses that no notice may go to.
        worker: works on what is waited for here.
        resolve: returns which configured model a name or id means; None is the active one.
        max_queued: how many jobs of a priority may wait, beside those that could begin at once.
        pace: how often it is looked whether a job was stored.
    """

    def __init__(
        self,
        store: JobStore,
        queue: JobQueue,
        recordings: RecordingService,
        webhooks: Webhooks,
        worker: Worker,
        *,
        resolve: Callable[[int | str | None], Awaitable[AskedModel]],
        max_queued: int,
        pace: Pace,
    ) -> None:
        self._database = store.rows.database
        self._store = store
        self._queue = queue
        self._recordings = recordings
        self._webhooks = webhooks
        self._worker = worker
        self._resolve = resolve
        self._max_queued = max_queued
        self._pace = pace
        self._audit = AuditLog(self._database)
        self._vocabularies = VocabularyStore(self._database)
        self._confirmations = BackgroundTasks()
        self._closing = asyncio.Event()

    async def submit(self, request: TranscribeRequest, *, waited: bool = False) -> tuple[Job, bool]:
        """Store a job; return it, and whether it is a new one. See `Backend.submit_job` for what it raises.

        Args:
            request: what to transcribe; a disposable file is taken over in any case.
            waited: somebody waits for it in this process, which therefore works on it itself.
        """
        asked, recording = await self._receive(request, waited=waited)
        limit = None if request.patient else self.limit("interactive" if waited else "background")
        new: NewJob | None = None
        try:
            new = await new_job(request, asked.model, recording, choice=asked.choice, waited=waited)
            job, created = await self._add(new, limit)
        except (DatabaseUnavailable, asyncio.CancelledError):
            # It may be stored all the same, and then needs its recording.
            self._begin_confirmation(new, recording)
            raise
        except BaseException:
            await self._recordings.discard(recording)
            raise
        try:
            await self._recordings.discard_unnamed(recording)
        except asyncio.CancelledError:  # whoever asked does not learn of the job any more
            self._begin_confirmation(new, recording)
            raise
        return job, created

    def limit(self, priority: Priority) -> QueueLimit:
        """Return how many jobs of a priority may wait."""
        return QueueLimit(self._max_queued, free=max(0, self._worker.free(priority)))

    async def abandon(self, job: str) -> None:
        """Cancel a job that nobody waits for any more; when this returns the engine is free again."""
        try:
            async with self._database.transaction():
                await self._store.submissions.request_cancel(job)
                await self._audit.add(current_actor(), "job.cancelled", job, "nobody waits for it any more")
        except (JobEnded, JobNotFound):
            pass  # it was quicker
        except DatabaseUnavailable as error:
            logger.warning("A job that nobody waits for cannot be cancelled in the database: %s", error.message)
        finally:
            await self._worker.cancel(job)

    async def close(self) -> None:
        """Look once more whether what was not answered was stored."""
        self._closing.set()
        await self._confirmations.join()

    async def _receive(
        self, request: TranscribeRequest, *, waited: bool
    ) -> tuple[AskedModel, RecordingSource | StoredRecording]:
        """Check a request, and put its recording where jobs have theirs; a disposable file is gone afterwards."""
        try:
            requested_languages(request.options)
            refuse_details(request.options)
            if request.callback_url:
                self._webhooks.check(request.callback_url)
            asked = await self._resolve(request.model)
            await self._vocabularies.require(request.options.vocabulary)
            if asked.choice is None:
                refuse_wish(request.options)
                # Whoever waits hears it from an engine of another package itself.
                await check_languages(request.options, asked.model, look=not waited)
            return asked, await self._recordings.add(request)
        except BaseException:
            await self._discard(request)
            raise

    async def _add(self, new: NewJob, limit: QueueLimit | None) -> tuple[Job, bool]:
        """Store a job and put it into its queue: all of it, or nothing."""
        queue = self._worker.own_queue if new.waited else Queue(model=new.queued_as, priority=new.priority)
        async with self._database.transaction():
            job, created = await self._store.submissions.add(new, limit=limit)
            if created:
                await self._recordings.restore(new.recording)
                await self._queue.enqueue(job.id, queue)
                await self._audit.add(new.submitted_by, "job.submitted", job.id)
        return job, created

    def _begin_confirmation(self, new: NewJob | None, recording: RecordingSource | StoredRecording) -> None:
        self._confirmations.start(self._confirm(new, recording))

    async def _confirm(self, new: NewJob | None, recording: RecordingSource | StoredRecording) -> None:
        """Find out whether a job was stored, and put right what is left of it; a process that stops looks once."""
        while new is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.confirm):
                    await self._closing.wait()
            try:
                await self._store.reads.get(new.id)
            except JobNotFound:
                if self._closing.is_set():
                    return  # it may be about to be stored: the next sweep knows
                break
            except DatabaseUnavailable:
                if self._closing.is_set():
                    return
                continue
            await self._recordings.discard_unnamed(recording)
            if new.waited and not new.idempotency_key:  # nobody waits for it any more
                await self.abandon(new.id)
            return
        await self._recordings.discard(recording)

    async def _discard(self, request: TranscribeRequest) -> None:
        if request.disposable and isinstance(request.audio, Path):
            await asyncio.to_thread(request.audio.unlink, missing_ok=True)
