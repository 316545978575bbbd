"""What can be done with a job as it is, and why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orstt_core.types import ENDED, Job


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
