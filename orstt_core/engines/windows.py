"""Speech cut into windows at its pauses, for a decoder that takes each by itself.

Invariant: no window is longer than asked for, and none is cut inside speech unless speech goes on for longer
than that without a pause. Windows come as they are found, so that the first is decoded while the rest is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from orstt_core.audio.mapped import release
from orstt_core.engines.silero import FRAME, HYSTERESIS, THRESHOLD
from orstt_core.engines.voice_activity import Chunk, SpeechDetection, detected
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LONGEST_SECONDS = 28.0
"""For Whisper, whose encoder takes 30 s, of which one is left for the silence that tells it that a text ends."""
FIRST_SECONDS, MOST_SECONDS, GROWTH = 30, 300, 3
"""How much of a recording is looked at first, so that decoding can begin; how much at once later; and how fast it
grows from the one to the other."""
LEAST_PAUSE = 2
"""Frames of the voice detector, 64 ms: the closing of a `p` or `t` is shorter."""

LONG_SECONDS, EARLIEST, LATEST, EARLY_PAUSE = 60, 1.5, 8.0, 6
"""Of a recording longer than a minute the first window ends in a pause of six frames, 0.2 s, or longer, between these
seconds of its speech, where there is one: with base and one thread its words are known after 0.8 s instead of 1.8."""

SMOOTHED = 5
"""Frames, 160 ms: speech is least where it is so for that long."""
LONG_PAUSE = 31
"""Frames, a second: in pauses of two or more there is a place to cut every second."""

WINDOW_COST, SECOND_COST, CUBIC_COST = 200.0, 0.65, 0.02
"""What a window of s seconds costs: WINDOW_COST + s² · SECOND_COST + s³ · CUBIC_COST.

In milliseconds of CPU of `base`: encoding takes 10 ms a second of sound and grows with the square of the length,
decoding grows with the positions that each token looks at (measured at 5, 10, 15 and 30 s; what does not depend on the
cuts is left out). WINDOW_COST stands for what is lost of the text before: it makes 13 s the length that is chosen where
pauses are everywhere. Of 753 words of a speech 17 were wrong with 130, 15 with 200 and 300.
"""
CUT_COST, PAUSE_SCALE, SPEECH_COST = 600.0, 0.15, 3000.0
"""What a cut costs: CUT_COST · exp(-pause / PAUSE_SCALE) in a pause, SPEECH_COST in speech. A pause of a second costs
nothing; one of a tenth is taken only where a window would grow to twice its usual length."""


class Cut(NamedTuple):
    """A place where a window may end: a sample of the recording, and what it costs."""

    sample: int
    cost: float


def windows(
    samples: NDArray[np.float32], *, detection: SpeechDetection | None, longest: float = LONGEST_SECONDS
) -> Iterator[Chunk]:
    """Yield the speech of a recording in windows, in order.

    Args:
        samples: float32 mono at 16 kHz, shape (n,); it may be mapped from a file.
        detection: leave out long silence and noise; None keeps all but windows of zeros.
        longest: no window is longer, in seconds.

    Raises:
        AudioError: the next part holds values that are no finite numbers.
    """
    start, size = 0, FIRST_SECONDS * SAMPLE_RATE
    while start < samples.size:
        end = min(start + size, samples.size)
        found = detected(samples, start, end, detection)
        spans = found.spans
        if not start and spans and samples.size > LONG_SECONDS * SAMPLE_RATE:
            spans = [*_begun(found.probabilities, spans[0]), *spans[1:]]
        parts = [part for span in spans for part in cut(found.probabilities, start, span, longest)]
        size = min(size * GROWTH, MOST_SECONDS * SAMPLE_RATE)
        following = end
        if parts and end < samples.size and _may_go_on(parts[-1], end, detection):
            following = parts.pop()[0]
        for part in parts:
            if samples[slice(*part)].any():
                yield Chunk(samples, [part], found.padding, found.probabilities, start)
        release(samples)
        start = following


def _begun(probabilities: NDArray[np.float32], span: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the first speech of a long recording in two, so that its first words need not wait for a whole window."""
    first = span[0] // FRAME
    frames = range(first, min(-(-span[1] // FRAME), probabilities.size))
    allowed = range(first + int(EARLIEST * SAMPLE_RATE / FRAME), first + int(LATEST * SAMPLE_RATE / FRAME))
    pauses = [pause for pause in _pauses(probabilities, frames) if (pause.start + pause.stop) // 2 in allowed]
    longest = max(pauses, key=len, default=range(0))
    if len(longest) < EARLY_PAUSE:
        return [span]
    place = (longest.start + longest.stop) // 2 * FRAME
    return [(span[0], place), (place, span[1])]


def _may_go_on(part: tuple[int, int], end: int, detection: SpeechDetection | None) -> bool:
    """Whether speech that ends so near to the end of what was looked at may be the beginning of a longer window."""
    silence = detection.silence - detection.padding if detection else 0.0
    return part[1] >= end - silence * SAMPLE_RATE


def cut(
    probabilities: NDArray[np.float32], origin: int, span: tuple[int, int], longest: float = LONGEST_SECONDS
) -> list[tuple[int, int]]:
    """Return the windows that a span of speech is cut into: first and past-the-end sample of each.

    Of all ways to cut it the cheapest is chosen, by the costs above.

    Args:
        probabilities: how probable speech is in each `FRAME` samples from the sample `origin` on.
        origin: a sample of the recording.
        span: first and past-the-end sample, in the recording.
        longest: no window is longer, in seconds.
    """
    cuts = [Cut(span[0], 0.0), *_places(probabilities, origin, span, longest), Cut(span[1], 0.0)]
    costs, before = [0.0], [0]
    for number in range(1, len(cuts)):
        cost, previous = min(_costs(cuts, costs, number, longest))
        costs.append(cost)
        before.append(previous)
    number, ends = len(cuts) - 1, [span[1]]
    while number:
        number = before[number]
        ends.append(cuts[number].sample)
    return list(pairwise(reversed(ends)))


def _costs(cuts: list[Cut], costs: list[float], number: int, longest: float) -> Iterator[tuple[float, int]]:
    """Yield what it costs to have a window end at a cut, and where that window begins."""
    for previous in range(number - 1, -1, -1):
        seconds = (cuts[number].sample - cuts[previous].sample) / SAMPLE_RATE
        if seconds > longest and previous < number - 1:
            return
        window = WINDOW_COST + SECOND_COST * seconds**2 + CUBIC_COST * seconds**3
        yield costs[previous] + window + cuts[number].cost, previous


def _places(probabilities: NDArray[np.float32], origin: int, span: tuple[int, int], longest: float) -> Iterator[Cut]:
    """Yield where a span can be cut: in every pause, and where those are too far apart, where speech is least."""
    frames = range((span[0] - origin) // FRAME, min(-(-(span[1] - origin) // FRAME), probabilities.size))
    last = frames.start
    for pause in [*_pauses(probabilities, frames), range(frames.stop, frames.stop)]:
        while (pause.start - last) * FRAME > longest * SAMPLE_RATE:
            last = _least_speech(probabilities, last, longest)
            yield Cut(origin + last * FRAME, SPEECH_COST)
        if pause:
            cost = CUT_COST * math.exp(-len(pause) * FRAME / SAMPLE_RATE / PAUSE_SCALE)
            yield from (Cut(origin + frame * FRAME, cost) for frame in _places_in(pause))
            last = pause.stop


def _places_in(pause: range) -> Iterator[int]:
    """Yield the middle of a pause; of a long one, which may be longer than a window, places all through it."""
    if len(pause) < 2 * LONG_PAUSE:
        yield (pause.start + pause.stop) // 2
    else:
        yield from range(pause.start + LONG_PAUSE, pause.stop - LONG_PAUSE + 1, LONG_PAUSE)


def _pauses(probabilities: NDArray[np.float32], frames: range) -> Iterator[range]:
    """Yield the frames of each pause between speech, not those before the first and after the last of it."""
    import numpy as np

    quiet = probabilities[frames.start : frames.stop] < THRESHOLD - HYSTERESIS
    edges = frames.start + 1 + np.flatnonzero(np.diff(quiet))
    for first, last in pairwise(edges.tolist()):
        if quiet[first - frames.start] and last - first >= LEAST_PAUSE:
            yield range(first, last)


def _least_speech(probabilities: NDArray[np.float32], last: int, longest: float) -> int:
    """Return the frame with the least speech in the second half of a window that begins at `last`."""
    import numpy as np

    full = last + int(longest * SAMPLE_RATE / FRAME)
    first = (last + full) // 2
    smooth = np.convolve(probabilities[first:full], np.ones(SMOOTHED), "valid")
    return first + SMOOTHED // 2 + int(smooth.argmin())
