"""Put segments together to a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from orstt_core.errors import JobCancelled, JobNotEnded
from orstt_core.types import Job, Segment, Transcript

WRITTEN_WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "km", "yue", "bo"})
"""Languages (ISO codes) whose writing puts no space between words, so none between segments either."""


def separator(language: str | None) -> str:
    """Return what stands between segments of a language (ISO code)."""
    return "" if language in WRITTEN_WITHOUT_SPACES else " "


def join_text(texts: Iterable[str], language: str | None) -> str:
    """Return the segments' texts as one, separated as the language writes."""
    return separator(language).join(text for text in (text.strip() for text in texts) if text)


def by_track(segments: Iterable[Segment]) -> list[Segment]:
    """Return the segments of each sound track after those of the one before; where there is one, as they are."""
    return sorted(segments, key=lambda segment: segment.track or 0)


def numbered(segments: Iterable[Segment]) -> list[Segment]:
    """Return segments with ids from 0 on, in this order."""
    return [segment if segment.id == number else replace(segment, id=number) for number, segment in enumerate(segments)]


def confidence_of(segment: Segment) -> float | None:
    """Return how sure the engine was of a segment, 0 to 1; None: it measured nothing."""
    if segment.confidence is not None:
        return segment.confidence
    measured = [word.probability for word in segment.words or () if word.probability is not None]
    return sum(measured) / len(measured) if measured else None


def written_in(transcript: Transcript) -> str | None:
    """Return the language (ISO code) of a transcript's text; None: it is not known."""
    return "en" if transcript.task == "translate" else transcript.language


def with_segments(transcript: Transcript, segments: Sequence[Segment]) -> Transcript:
    """Return a transcript that has other segments, and their text."""
    text = join_text((segment.text for segment in by_track(segments)), written_in(transcript))
    return replace(transcript, segments=list(segments), text=text)


def transcript_of(job: Job) -> Transcript:
    """Return the transcript of a job that is done.

    Raises:
        JobNotEnded: it is queued or running.
        JobCancelled: it was cancelled.
        OrsttError: what it failed with.
    """
    if job.result is not None:
        return job.result
    if job.error is not None:
        raise job.error.error
    if job.state == "cancelled":
        raise JobCancelled("The job was cancelled, so it has no transcript.", hint=f"orstt jobs retry {job.id}")
    raise JobNotEnded(f"The job is {job.state}, so there is no transcript yet.", hint=f"orstt jobs follow {job.id}")
