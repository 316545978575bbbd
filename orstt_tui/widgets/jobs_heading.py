"""JobsHeading: which jobs are listed, how many there are in all, and how long their recordings are together."""

from __future__ import annotations

from textual.widgets import Static

from orstt_tui.formatting import job_totals
from orstt_tui.job_list import JobList


class JobsHeading(Static):
    """One line over the list; what has no room is left out at its end."""

    DEFAULT_CSS = "JobsHeading { text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self) -> None:
        super().__init__("Jobs", id="jobs-heading", classes="heading", markup=False)

    def show(self, job_list: JobList) -> None:
        """Say what is listed."""
        query = job_list.query
        days = ["of some days"] if query.since or query.until else []
        which = "Jobs" if job_list.filter == "all" else f"Jobs {job_list.filter or 'in some states'}"
        narrowed = ", ".join([*query.models, *days])
        named = f"{which} ({narrowed})" if narrowed else which
        marked = f"{len(job_list.marked):,} marked" if job_list.marked else ""
        sums = job_totals(job_list.page) if job_list.jobs else ""
        said = " · ".join(part for part in (marked, sums) if part)
        self.update(f"{named}: {said}" if said else named)
