"""The title of the list of jobs: which are listed, how many there are, how long their recordings are together."""

from __future__ import annotations

from orstt_tui.formatting import job_totals
from orstt_tui.job_list import JobList


def jobs_heading(job_list: JobList) -> str:
    """Return what is listed."""
    query = job_list.query
    days = ["of some days"] if query.since or query.until else []
    which = "Jobs" if job_list.filter == "all" else f"Jobs {job_list.filter or 'in some states'}"
    narrowed = ", ".join([*query.models, *days])
    named = f"{which} ({narrowed})" if narrowed else which
    marked = f"{len(job_list.marked):,} marked" if job_list.marked else ""
    sums = job_totals(job_list.page) if job_list.jobs else ""
    said = " · ".join(part for part in (marked, sums) if part)
    return f"{named}: {said}" if said else named
