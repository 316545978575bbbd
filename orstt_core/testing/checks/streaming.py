"""Transcriptions that are watched, left, cancelled, and made beside others."""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from orstt_core.engines.cancellation import Cancellation, WorkCancelled, cancelled_by
from orstt_core.engines.windowed import WindowedSTT
from orstt_core.testing.subject import PAUSE_SECONDS, Subject, said
from orstt_core.testing.violation import NotPromised, Violation, require
from orstt_core.types import Segment
from orstt_core.units import SAMPLE_RATE

MINUTE, MINUTES = 65.0, 260.0
"""Seconds of the recording that segments must come from as they are decoded, and of the one that is tried next: an
engine may decode some windows together."""
FIRST_SHARE = 0.8
"""Of the time that all of them take, in which the first must be there."""
TELLING_SECONDS = 0.5
"""What takes less shows nothing."""
MOST_AT_ONCE = 4


def streams_segments(subject: Subject) -> None:
    """Segments come as they are decoded, not all at the end."""
    if "segments" not in subject.kind.capabilities:
        raise NotPromised("It declares no `segments`: its text comes at once.")
    if isinstance(subject.engine, WindowedSTT) and subject.engine.longest_seconds > MINUTES:
        raise NotPromised(
            f"It decodes {subject.engine.longest_seconds:.0f} s at once, and its segments come with them."
        )
    for seconds in (MINUTE, MINUTES):
        moments = _moments(subject, seconds)
        if moments[-1] < TELLING_SECONDS:
            raise NotPromised(f"All of {seconds:.0f} s of speech took {moments[-1]:.2g} s, which shows nothing.")
        if moments[0] < FIRST_SHARE * moments[-1]:
            return
    raise Violation(
        f"The first segment of {MINUTES:.0f} s of speech came after {moments[0]:.1f} s, the end after "
        f"{moments[-1]:.1f} s: yield each as soon as it is decoded."
    )


def can_be_left(subject: Subject) -> None:
    """Whoever has read the first segment may go; the next transcription is as any other."""
    with closing(_generator(subject)) as segments:
        next(segments, None)
    _verify_as_before(subject, "after a transcription that was left")


def can_be_cancelled(subject: Subject) -> None:
    """Cancelled work ends as such, before or after its first segment, and leaves the engine as it was."""
    for read in (0, 1):
        cancellation = Cancellation()
        with cancelled_by(cancellation), closing(_generator(subject)) as segments:
            for _ in range(read):
                next(segments, None)
            cancellation.request()
            try:
                next(segments, None)
            except WorkCancelled:
                pass
            except Exception as error:
                raise Violation(
                    f"Cancelled, it raises {type(error).__name__}: {error}; let WorkCancelled through."
                ) from error
    _verify_as_before(subject, "after a cancelled transcription")


def keeps_transcriptions_apart(subject: Subject) -> None:
    """Another transcription may be made between two segments of one, by another thread."""
    samples = subject.repeated(3)
    alone = said(list(subject.segments(samples)))
    with closing(_iterator(subject.segments(samples))) as segments, ThreadPoolExecutor(1) as other:
        found = [segment for segment in [next(segments, None)] if segment]
        between = said(other.submit(subject.hear, subject.speech).result())
        found.extend(segments)
    require(between == said(subject.heard), "Begun between two segments of another one, it hears something else.")
    together = said(found)
    require(
        together == alone,
        f"Where another one was made between two segments, it hears {together!r}, and otherwise {alone!r}.",
    )


def forgets_what_was_before(subject: Subject) -> None:
    """A recording is heard the same whatever was heard before it."""
    import numpy as np

    noise = np.random.default_rng(1).normal(0, 0.2, 3 * SAMPLE_RATE).astype(np.float32)
    for other in (subject.speech * np.float32(0.05), noise):
        list(subject.segments(other))
        _verify_as_before(subject, "after another recording, louder or quieter,")


def works_at_once(subject: Subject) -> None:
    """As many transcriptions as it says may be made at once, each in a thread of its own."""
    count = min(subject.engine.capacity, MOST_AT_ONCE)
    if count == 1:
        raise NotPromised("Its capacity is 1.")
    with ThreadPoolExecutor(count) as threads:
        found = list(threads.map(subject.hear, [subject.speech] * count))
    require(
        {said(segments) for segments in found} == {said(subject.heard)}, f"{count} at once do not hear what one hears."
    )


def _moments(subject: Subject, seconds: float) -> list[float]:
    """Return when each segment of a long recording came, and when there was no other."""
    times = math.ceil(seconds / (subject.speech.size / SAMPLE_RATE + PAUSE_SECONDS))
    samples = subject.repeated(times)
    began = time.perf_counter()
    moments = [time.perf_counter() - began for _ in subject.segments(samples)]
    require(len(moments) > 1, f"It gives {len(moments)} segments for {seconds:.0f} s of speech with pauses.")
    return [*moments, time.perf_counter() - began]


def _generator(subject: Subject) -> Generator[Segment]:
    """Begin to transcribe some sentences."""
    return _iterator(subject.segments(subject.repeated(4)))


def _iterator(segments: Iterator[Segment]) -> Generator[Segment]:
    require(isinstance(segments, Iterator), f"`segments` returns {type(segments).__name__}, not an iterator.")
    yield from segments


def _verify_as_before(subject: Subject, when: str) -> None:
    require(said(subject.hear(subject.speech)) == said(subject.heard), f"It hears something else {when} than before.")


CHECKS = (
    streams_segments,
    can_be_left,
    can_be_cancelled,
    keeps_transcriptions_apart,
    forgets_what_was_before,
    works_at_once,
)
