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
    return next((refused for need in _NEEDS[command] if (refused := need(job, text))), "")


Need = Callable[[Job, bool], str]
"""Returns what a job, and whether it has text, lacks for a command; empty: nothing."""


def _under_way(job: Job, _text: bool) -> str:  # noqa: FBT001 - a Need, as the others
    return f"The job is {job.state} already." if job.state in ENDED else ""


def _ended(job: Job, _text: bool) -> str:  # noqa: FBT001
    return "" if job.state in ENDED else "The job has not ended yet."


def _unsuccessful(job: Job, _text: bool) -> str:  # noqa: FBT001
    return "The job is done: only a failed or cancelled one is retried." if job.state == "done" else ""


def _recording(job: Job, _text: bool) -> str:  # noqa: FBT001
    return "" if job.recording else f"The recording of {job.filename} is not kept any more. Submit it as another job."


def _text(_job: Job, text: bool) -> str:  # noqa: FBT001
    return "" if text else "The job has no text."


_NEEDS: Mapping[str, tuple[Need, ...]] = {
    "cancel": (_under_way,),
    "retry": (_ended, _unsuccessful, _recording),
    "again": (_recording,),
    "delete": (_ended,),
    "copy": (_text,),
    "save": (_text, _ended),
}
