"""Which parts of a recording hold speech, and how times in those parts map back to the recording.

Invariant: a `Stretch` is at most `STRETCH_SECONDS` long, however long the recording: the features of a whole
hour would take more than two gigabytes of memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 16_000
STRETCH_SECONDS = 600
SEARCH_SECONDS = 20
"""A long recording is cut at the quietest moment of so many seconds before a stretch would be full."""
PAD_SECONDS = 0.3
"""Sound that is kept before and after speech."""


class Stretch:
    """A part of a recording with its long silences left out.

    Args:
        recording: the whole recording, float32 mono at 16 kHz, shape (n,).
        spans: first and past-the-end sample of each part to keep, in order; not empty.

    Attributes:
        samples: the parts joined, shape (m,).
    """

    def __init__(self, recording: NDArray[np.float32], spans: list[tuple[int, int]]) -> None:
        import numpy as np

        parts = [recording[start:end] for start, end in spans]
        self.samples = parts[0] if len(parts) == 1 else np.concatenate(parts)
        self._spans = [(start / RATE, end / RATE) for start, end in spans]
        # Where each span ends in `samples`, in seconds.
        self._ends = [total / RATE for total in accumulate(end - start for start, end in spans)]

    def times(self, start: float, end: float) -> tuple[float, float]:
        """Return where a segment lies in the recording, given where it lies in `samples`; all in seconds.

        Whisper's times are off by some hundredths of a second. At a joint that would move a segment to the
        other side of the silence that was left out, so what begins in the padding before a joint is taken
        to begin after it, and what ends in the padding after a joint to end before it.
        """
        first, last = self._span_at(start + PAD_SECONDS), self._span_at(end - PAD_SECONDS)
        if last < first:
            first = last = self._span_at((start + end) / 2)
        return self._to_recording(first, start), self._to_recording(last, end)

    def word_times(self, start: float, end: float) -> tuple[float, float]:
        """Do the same for a word, which never reaches over a joint."""
        span = self._span_at((start + end) / 2)
        return self._to_recording(span, start), self._to_recording(span, end)

    def seek(self, frame: int) -> int:
        """Return which frame of 10 ms of the recording a frame of `samples` is."""
        time = frame / 100
        return round(self._to_recording(self._span_at(time), time) * 100)

    def _span_at(self, time: float) -> int:
        return min(bisect_right(self._ends, time), len(self._ends) - 1)

    def _to_recording(self, span: int, time: float) -> float:
        start, end = self._spans[span]
        joined_before = self._ends[span - 1] if span else 0.0
        return round(min(max(start + time - joined_before, start), end), 3)


def stretches(samples: NDArray[np.float32], *, speech_only: bool) -> Iterator[Stretch]:
    """Yield the recording in stretches, in order; with `speech_only` without what Silero takes for no speech.

    Args:
        samples: float32 mono at 16 kHz, shape (n,).
        speech_only: leave out long silence and noise; a stretch without speech is not yielded at all.
    """
    start = 0
    while start < samples.size:
        end = _cut(samples, start)
        spans = _speech(samples, start, end) if speech_only else [(start, end)]
        if spans:
            yield Stretch(samples, spans)
        start = end


def _cut(samples: NDArray[np.float32], start: int) -> int:
    """Return where the stretch that begins at `start` ends."""
    import numpy as np

    full = start + STRETCH_SECONDS * RATE
    if full >= samples.size:
        return samples.size
    frame = RATE // 5
    first = full - SEARCH_SECONDS * RATE
    loudness = np.square(samples[first:full]).reshape(-1, frame).sum(axis=1)
    return first + int(loudness.argmin()) * frame + frame // 2


def _speech(samples: NDArray[np.float32], start: int, end: int) -> list[tuple[int, int]]:
    """Return the spans of speech: Silero's, as faster-whisper brings it, with its defaults but for the padding.

    Measured with base, int8, beam 5, language given, on 46 recordings in twelve languages. Error rates in percent:

                                        English    eight others    Chinese, Japanese (characters)
        without                         1.8        18.8            27.1
        padding 0.4 s (the default)     1.8        18.5            27.1
        padding 0.3 s                   1.9        19.4            25.4
        padding 0.1 s                   -          20.7            25.4

    Of five recordings without speech four got words without it, none with it. It takes 0.8 s for a recording
    of 327 s, 2.5 % of the decoding, and saves decoding what it leaves out.
    """
    from faster_whisper.vad import get_speech_timestamps

    stamps = get_speech_timestamps(samples[start:end], speech_pad_ms=round(PAD_SECONDS * 1000))
    return [(start + stamp["start"], start + stamp["end"]) for stamp in stamps]
