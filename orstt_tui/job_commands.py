"""What can be done with a job as it is, and why not; and doing it with many, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct

from orstt_core.errors import Conflict, JobNotFound, OrsttError
from orstt_core.types import ENDED, Job

JOB_ERRORS = (Conflict, JobNotFound)
"""Errors that the next job need not meet; any other ends work on many."""


class Changed(Struct, frozen=True):
    """What became of a change of many jobs: those that it was made of, and why it was not of the others.

    Attributes:
        ended_by: the error that ended it before the last job, because another one would meet it too.
    """

    done: Sequence[Job]
    refused: Sequence[OrsttError]
    ended_by: OrsttError | None = None


async def change_each(jobs: Sequence[Job], change: Callable[[str], Awaitable[Job]]) -> Changed:
    """Change jobs in turn; one that cannot be does not stop the others."""
    done, refused = [], []
    for job in jobs:
        try:
            done.append(await change(job.id))
        except JOB_ERRORS as error:
            refused.append(error)
        except OrsttError as error:
            return Changed(done, refused, error)
    return Changed(done, refused)


def why_not(command: str, job: Job | None, *, text: bool) -> str:
    """Return why a command cannot be done with a job; empty: it can, or it is none for a job.

    Args:
        command: as the action of the screen is called.
        job: the one under the cursor, if there is one.
        text: whether any of its text is shown.
    """
    if command not in _NEEDS:
        return ""
    if job is None:
        return "There is no job under the cursor."
    if command in _NEEDS_TEXT and not text:
        return "The job has no text."
    return _refusal(command, job)


def admitted(command: str, jobs: Sequence[Job]) -> list[Job]:
    """Return those of many jobs with which a command can be done."""
    return [job for job in jobs if not _refusal(command, job) and not (command in _NEEDS_TEXT and not job.text)]


def why_not_many(command: str, jobs: Sequence[Job]) -> str:
    """Return why a command can be done with none of the marked jobs; empty: it can, or it is none for many."""
    if command not in _OF_MANY or admitted(command, jobs):
        return ""
    if command in _NEEDS_TEXT:
        return "No marked job has ended with a text."
    return _refusal(command, jobs[0]) if len(jobs) == 1 else f"None of the {len(jobs)} marked jobs can be: {command}."


def _refusal(command: str, job: Job) -> str:
    return next((refused for need in _NEEDS[command] if (refused := need(job))), "")


Need = Callable[[Job], str]
"""Returns what a job lacks for a command; empty: nothing."""


def _under_way(job: Job) -> str:
    return f"The job is {job.state} already." if job.state in ENDED else ""


def _ended(job: Job) -> str:
    return "" if job.state in ENDED else "The job has not ended yet."


def _unsuccessful(job: Job) -> str:
    return "The job is done: only a failed or cancelled one is retried." if job.state == "done" else ""


def _successful(job: Job) -> str:
    return f"The job is {job.state}, so it has no transcript." if job.state in {"failed", "cancelled"} else ""


def _recording(job: Job) -> str:
    return "" if job.recording else f"The recording of {job.filename} is not kept any more. Submit it as another job."


_NEEDS_TEXT = frozenset({"copy", "save"})
_NEEDS: Mapping[str, tuple[Need, ...]] = {
    "open": (),
    "cancel": (_under_way,),
    "retry": (_ended, _unsuccessful, _recording),
    "again": (_recording,),
    "compare": (_successful,),
    "delete": (_ended,),
    "copy": (),
    "save": (_ended,),
}
_OF_MANY = frozenset({"cancel", "retry", "again", "delete", "save"})
