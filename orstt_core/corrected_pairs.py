"""Corrected pairs: recordings that are still there, with the text that a person made of what was recognised in them.

They are references: what is recognised of the same recording another time is measured against them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection

from orstt_core.backend import Backend
from orstt_core.types import Job, JobQuery

PAGE = 500
"""Jobs that are asked for at once: as many as may be."""


async def corrected_jobs(backend: Backend, refs: Collection[str] = ()) -> AsyncGenerator[Job]:
    """Yield the jobs that are references, whole: corrected, transcribed and not translated, with their recording.

    One of which every sound track was transcribed is none.

    Their sound is `Backend.audio`, their text `Job.text`.

    Args:
        backend: where they are.
        refs: only these; none: all that the caller may see, the newest first.

    Raises:
        JobNotFound: no job, or more than one, has an id that begins so.
    """
    if refs:
        for ref in refs:
            if _is_measurable(job := await backend.job(ref)):
                yield job
        return
    before = None
    while before != "":
        page = await backend.jobs(JobQuery(states=["done"], limit=PAGE, before=before or ""))
        for job in page.jobs:
            if _is_measurable(job):
                yield await backend.job(job.id)
        before = page.next


def is_reference(job: Job) -> bool:
    """Return whether a job's text is what was said in its recording, as a person made sure."""
    one_sound = job.options.tracks != "all"  # the text of several is not that of the one that is heard
    return job.transcript_version > 0 and job.options.task == "transcribe" and one_sound


def _is_measurable(job: Job) -> bool:
    return is_reference(job) and bool(job.recording)
