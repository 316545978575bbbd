"""Silero's voice detector, as faster-whisper brings it: how probable speech is, and the spans that come of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME = 512
"""Samples that one probability stands for, 32 ms."""
CONTEXT, STATE = 64, 128
"""Samples of the frame before that the network is given with each, and how many numbers it remembers."""
FORGOTTEN_FRAMES = 156
"""After 5 s without speech what it remembers is forgotten, as at a beginning: the longer it hears none, the less it
hears. After 45 s of a quiet room it missed more than 0.3 s of the beginning of 22 of 37 recordings, of music of 26,
and some altogether; so it misses it in 1 and 3. In speech nothing changes, nor did it hear more in five recordings
without any. After 8 s it misses 5 and 11; after 3 s it takes the cries of monkeys for speech.
"""
THRESHOLD, SILENCE_MS = 0.5, 2000
"""How probable speech must be, and how long a silence is left out: faster-whisper's defaults (`VadOptions`)."""
HYSTERESIS, LEAST_THRESHOLD = 0.15, 0.01
"""Speech goes on until it is less probable by so much than where it begins (the same `VadOptions`)."""


def speech_probabilities(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how probable speech is in each frame of samples at 16 kHz; one frame more where the last is full."""
    import numpy as np
    from faster_whisper.vad import get_vad_model

    session = get_vad_model().session
    frames = np.pad(samples, (CONTEXT, FRAME - samples.size % FRAME))
    frames = np.lib.stride_tricks.sliding_window_view(frames, CONTEXT + FRAME)[::FRAME]
    nothing = np.zeros((1, 1, STATE), np.float32)
    h = c = nothing
    found = []
    for first in range(0, len(frames), FORGOTTEN_FRAMES):
        part = frames[first : first + FORGOTTEN_FRAMES].copy()
        if h is nothing:
            part[0, :CONTEXT] = 0
        probabilities, h, c = session.run(None, {"input": part, "h": h, "c": c})
        found.append(probabilities.reshape(-1))
        if found[-1].max() < THRESHOLD:
            h = c = nothing
    return np.concatenate(found)


def speech_spans(
    probabilities: NDArray[np.float32],
    samples: int,
    *,
    padding: float,
    threshold: float = THRESHOLD,
    silence_ms: float = SILENCE_MS,
) -> list[tuple[int, int]]:
    """Return first and past-the-end sample of each span of speech, as faster-whisper's `get_speech_timestamps`.

    Args:
        probabilities: as `speech_probabilities` gives them.
        samples: how many there are.
        padding: seconds kept before and after speech; spans that would meet share what is between them.
        threshold: how probable speech must be.
        silence_ms: how long a silence must be to be left out.
    """
    spans = [list(span) for span in _bare_spans(probabilities, samples, threshold, silence_ms)]
    pad = int(padding * SAMPLE_RATE)
    if not spans:
        return []
    spans[0][0] = max(0, spans[0][0] - pad)
    for before, after in pairwise(spans):
        gap = after[0] - before[1]
        share = gap // 2 if gap < 2 * pad else pad
        before[1] += share
        after[0] -= share
    spans[-1][1] = min(samples, spans[-1][1] + pad)
    return [(start, end) for start, end in spans]


def _bare_spans(
    probabilities: NDArray[np.float32], samples: int, threshold: float, silence_ms: float
) -> Iterator[tuple[int, int]]:
    leave = max(threshold - HYSTERESIS, LEAST_THRESHOLD)
    start = quiet = None
    for number, probability in enumerate(probabilities.tolist()):
        at = number * FRAME
        if probability >= threshold:
            start, quiet = at if start is None else start, None
        elif probability < leave and start is not None:
            quiet = at if quiet is None else quiet
            if at - quiet >= silence_ms / 1000 * SAMPLE_RATE:
                yield start, quiet
                start = quiet = None
    if start is not None and start < samples:
        yield start, samples
