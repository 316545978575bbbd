"""JobList: the jobs that are listed, a window on however many there are, as last loaded and reported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.errors import JobNotFound
from orstt_core.types import Job, JobPage, JobQuery, JobState, Purpose

PAGE, GROWTH = 50, 4
"""Jobs loaded at first, and how many times as many are listed whenever the end comes near."""
WINDOW, STEP = 400, 200
"""Jobs listed at most, whatever their number, and how many go at one end when others come at the other."""

Filter = Literal["all", "under way", "done", "failed", "cancelled"]
FILTERS: dict[Filter, list[JobState]] = {
    "all": [],
    "under way": ["queued", "running"],
    "done": ["done"],
    "failed": ["failed"],
    "cancelled": ["cancelled"],
}
PURPOSES: dict[Purpose, str] = {"transcript": "without benchmarks", "benchmark": "benchmarks only"}


class JobList:
    """What is reported about a listed job counts at once, everything else with the next load.

    Attributes:
        query: which jobs there are to see, and in which order.
        jobs: those in the window, by their ids.
        more, earlier: whether there are others behind the window, and before it.
        page: the sums over all of them, listed or not.
        stale: whether the list as it is now may be another one.
        settled: whether the window is where it was asked to be.
        marked: those that the next command is about, by their ids, as they were seen last.
        submitting: which job of how many is being submitted.
    """

    def __init__(self) -> None:
        self.query = JobQuery()
        self.jobs: dict[str, Job] = {}
        self.more = False
        self.page = JobPage(jobs=[], total=0)
        self.stale = True
        self.marked: dict[str, Job] = {}
        self.submitting: tuple[int, int] | None = None
        self._length = PAGE
        self._anchor = ""
        """The job before the window; empty where it begins with the first."""
        self._turn: Literal["", "back", "last"] = ""
        self.settled = False
        self._reports: dict[str, Job] = {}

    @property
    def filter(self) -> Filter | None:
        """Which states are listed; None: a choice that has no name."""
        return next((name for name, states in FILTERS.items() if states == self.query.states), None)

    @property
    def earlier(self) -> bool:
        """Whether there are jobs before the window."""
        return bool(self._anchor)

    @property
    def narrowed(self) -> bool:
        """Whether not all jobs are listed."""
        return replace(self.query, sort="age", reverse=False) != JobQuery()

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
        self.marked.update((job.id, job) for job in reports.values() if job.id in self.marked)
        return known

    def choose(self, query: JobQuery) -> None:
        """List other jobs, or in another order, from the next load on; nothing is marked any more."""
        if query != self.query:
            self.marked = {}
        self.query = query
        self.go_to_start()

    def mark(self, jobs: Iterable[Job]) -> None:
        """Mark these; where all of them are marked, mark them no more."""
        chosen = {job.id: job for job in jobs}
        if chosen.keys() <= self.marked.keys():
            self.marked = {name: job for name, job in self.marked.items() if name not in chosen}
        else:
            self.marked |= chosen

    # --- the window -------------------------------------------------------------------------------

    def go_to_start(self) -> None:
        """List from the first one."""
        self._anchor, self._length = "", PAGE
        self._turn_to("")

    def go_to_end(self) -> None:
        """List the last ones, instead of all there are."""
        self._turn_to("last")

    def extend(self) -> None:
        """List more behind; the first ones go where the window is full."""
        if not self.settled:
            return
        if len(self.jobs) >= WINDOW:
            self._anchor = list(self.jobs)[STEP - 1]
        self._length = min(GROWTH * len(self.jobs), WINDOW)
        self._turn_to("")

    def go_back(self) -> None:
        """List those before the window."""
        if self.settled:
            self._turn_to("back")

    def _turn_to(self, where: Literal["", "back", "last"]) -> None:
        self._turn, self.settled, self.stale = where, False, True

    async def load(self, backend: Backend, *, keep: str = "") -> None:
        """List the jobs as they are now.

        Args:
            backend: where they are.
            keep: a job that is listed, and stays so when many others come before it.

        Raises:
            OrsttError: they cannot be had; the list stays.
        """
        self.stale = False
        try:
            await self._turn_window(backend)
            page = await self._page(backend)
        except JobNotFound:  # somebody removed the job before the window
            self.go_to_start()
            self.stale = False
            page = await self._page(backend)
        if self.settled and keep in self.jobs:
            while page.next and self._length < WINDOW and all(job.id != keep for job in page.jobs):
                self._length = min(GROWTH * self._length, WINDOW)
                page = await self._page(backend)
        self.page, self.more = page, bool(page.next)
        self.jobs = {job.id: job for job in page.jobs}
        self.settled = not self.stale
        self.marked.update((name, self.jobs[name]) for name in self.marked.keys() & self.jobs.keys())

    async def _page(self, backend: Backend) -> JobPage:
        return await backend.jobs(replace(self.query, limit=self._length, before=self._anchor))

    async def _turn_window(self, backend: Backend) -> None:
        """Find the job before the window that was asked for: in the reverse order it comes right behind that."""
        turn, self._turn = self._turn, ""
        if turn == "last":
            self._length = WINDOW
            self._anchor = await self._job_before(backend, WINDOW)
        elif turn == "back" and self.jobs:
            self._length = WINDOW
            self._anchor = await self._job_before(backend, STEP, next(iter(self.jobs)))

    async def _job_before(self, backend: Backend, count: int, job: str = "") -> str:
        """Return the job so many places before one, or before the end; empty: there are not as many."""
        backwards = replace(self.query, reverse=not self.query.reverse, limit=count + 1, before=job)
        found = (await backend.jobs(backwards)).jobs
        return found[count].id if len(found) > count else ""
