"""JobList: the jobs that are listed, as they were loaded last and as they were reported since."""

from __future__ import annotations

import sys
from typing import Literal

from orstt_core.backend import Backend
from orstt_core.types import Job, JobQuery, JobState

PAGE = 50
"""Jobs loaded at first, and again whenever the end of the list is reached."""
MAX_LIMIT = 500
"""Jobs that one query may ask for."""

Filter = Literal["all", "under way", "done", "failed", "cancelled"]
FILTERS: dict[Filter, list[JobState]] = {
    "all": [],
    "under way": ["queued", "running"],
    "done": ["done"],
    "failed": ["failed"],
    "cancelled": ["cancelled"],
}


class JobList:
    """Newest first; what is reported about a listed job counts at once, everything else with the next load."""

    def __init__(self) -> None:
        self.filter: Filter = "all"
        self.text = ""
        self.jobs: dict[str, Job] = {}
        self.more = False
        """Whether there are older ones."""
        self.total = 0
        """How many there are, listed or not."""
        self.stale = True
        """Whether the list as it is now may be another one."""
        self._target = PAGE
        self._reports: dict[str, Job] = {}

    def report(self, job: Job) -> None:
        """Keep what was reported until `apply_reports`; of many reports about a job the last one counts."""
        self._reports[job.id] = job

    def apply_reports(self) -> list[Job]:
        """Bring the list up to date with what was reported, and return the jobs that changed."""
        reports, self._reports = self._reports, {}
        known = [job for job in reports.values() if job.id in self.jobs]
        # A new state may not pass the filter, and it moves up those that wait behind.
        self.stale |= len(known) < len(reports) or any(job.state != self.jobs[job.id].state for job in known)
        self.jobs.update((job.id, job) for job in known)
        return known

    def choose(self, *, text: str | None = None, states: Filter | None = None) -> None:
        """List other jobs from the next load on."""
        self.text = self.text if text is None else text
        self.filter = states or self.filter
        self._target, self.stale = PAGE, True

    def extend(self, *, to_end: bool = False) -> None:
        """Let the next loads bring another page, or all there are by then."""
        self._target, self.stale = sys.maxsize if to_end else len(self.jobs) + PAGE, True

    async def load(self, backend: Backend) -> None:
        """List the jobs as they are now.

        Raises:
            OrsttError: they cannot be had; the list stays.
        """
        self.stale = False
        found: list[Job] = []
        before = ""
        while len(found) < self._target:
            limit = min(self._target - len(found), MAX_LIMIT)
            query = JobQuery(states=FILTERS[self.filter], text=self.text, limit=limit, before=before)
            page = await backend.jobs(query)
            found += page.jobs
            self.total, before = page.total, page.next
            if not before:
                break
        self.jobs = {job.id: job for job in found}
        self.more = bool(before)
