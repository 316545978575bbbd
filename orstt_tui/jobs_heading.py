"""The title of the list of jobs: which are listed, how many there are, how long their recordings are together."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from orstt_core.types import JobQuery
from orstt_tui.formatting import date, job_totals
from orstt_tui.job_list import PURPOSES, JobList


def jobs_heading(job_list: JobList) -> str:
    """Return what is listed, and which of how many jobs is being submitted."""
    query = job_list.query
    which = "Jobs" if job_list.filter == "all" else f"Jobs {job_list.filter or 'in some states'}"
    narrowed = ", ".join([*query.models, *_days(query), *([PURPOSES[query.purpose]] if query.purpose else [])])
    named = f"{which} ({narrowed})" if narrowed else which
    submitting = "submitting {:,} of {:,}".format(*job_list.submitting) if job_list.submitting else ""
    marked = f"{len(job_list.marked):,} marked" if job_list.marked else ""
    sums = job_totals(job_list.page) if job_list.jobs else ""
    said = " · ".join(part for part in (submitting, marked, sums) if part)
    return f"{named}: {said}" if said else named


def _days(query: JobQuery) -> list[str]:
    since = _moment(query.since) if query.since else ""
    until = _moment(query.until, at_end=True) if query.until else ""
    if since and until:
        return [since if since == until else f"{since} to {until}"]
    return [f"since {since}"] if since else [f"until {until}"] if until else []


def _moment(when: datetime, *, at_end: bool = False) -> str:
    """Return a time; a midnight as the day that begins then, or that ends."""
    local = when.astimezone()
    if local.time() != time.min:
        return date(when)
    return f"{local - timedelta(seconds=at_end):%Y-%m-%d}"
