"""What a loaded engine is asked for segments of: a recording, the rest of one, or a tone that proves that it can."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from orstt_core.audio.mapped import release
from orstt_core.runtime.protocol import Work
from orstt_core.runtime.resume import remaining, resumed_options, resumed_segment
from orstt_core.types import Segment, TranscribeOptions
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.base import BaseSTT


def segments_of(engine: BaseSTT, samples: NDArray[np.float32], work: Work) -> Generator[Segment]:
    """Let a loaded engine transcribe a recording, or what is left of it; its samples are let go of as they are done."""
    options, resume = work.options, work.resume
    if resume is not None:
        samples, options = remaining(samples, resume), resumed_options(options, resume, engine)
        if samples.size == 0:
            return  # it ended just when everything was transcribed
    for segment in engine.segments(samples, options):
        yield segment if resume is None else resumed_segment(segment, work.options, resume)
        release(samples)
    release(samples)


def nothing() -> Generator[Segment]:
    """Ask for none."""
    yield from ()


def probe(engine: BaseSTT) -> Generator[Segment]:
    """Let the engine transcribe a second of a quiet tone: engines skip silence, which would prove nothing.

    One that sends sound has asked its service when it was loaded; the tone would be paid for.
    """
    import numpy as np

    if engine.sends_sound:
        return

    options: dict[str, Any] = {"vad_filter": False}
    quick = {"beam_size": 1, "temperature": (0.0,)}
    options |= {name: value for name, value in quick.items() if name in engine.capabilities}
    if "language_detection" in engine.capabilities:
        # Detecting it would take as long again.
        options["language"] = next(iter(engine.languages(engine.model_name)), "en")
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(SAMPLE_RATE) / SAMPLE_RATE)
    yield from engine.segments(tone.astype(np.float32), TranscribeOptions(**options))
