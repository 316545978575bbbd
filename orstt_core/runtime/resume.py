"""Going on with a recording whose beginning is transcribed: what the engine gets, and what its answers mean then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from orstt_core.engines.base import BaseSTT
from orstt_core.runtime.protocol import Resume
from orstt_core.types import Segment, TranscribeOptions
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAMES_PER_SECOND = 100
"""The unit of `Segment.seek`."""


def remaining(samples: NDArray[np.float32], resume: Resume) -> NDArray[np.float32]:
    """Return the samples, shape (n,), that are still to be transcribed; a view."""
    return samples[round(resume.start * SAMPLE_RATE) :]


def resumed_options(options: TranscribeOptions, resume: Resume, engine: BaseSTT) -> TranscribeOptions:
    """Return the caller's options with what is known by now, where the caller left it open."""
    options = msgspec.structs.replace(options, language=options.language or resume.language)
    if options.initial_prompt is None and resume.prompt and engine.goes_on_from_text(options):
        return msgspec.structs.replace(options, initial_prompt=resume.prompt)
    return options


def resumed_segment(segment: Segment, options: TranscribeOptions, resume: Resume) -> Segment:
    """Return an engine's segment with the id and times it has in the whole recording.

    Args:
        segment: as the engine gave it for the remaining samples.
        options: the caller's. Without a language in them, the detected one goes on to stand in the segments.
        resume: where the engine began.
    """
    known = {}
    if options.language is None and resume.language is not None:
        known = {"language": resume.language, "language_probability": resume.language_probability}
    return msgspec.structs.replace(
        segment,
        id=segment.id + resume.next_id,
        start=None if segment.start is None else _later(segment.start, resume),
        end=None if segment.end is None else _later(segment.end, resume),
        seek=None if segment.seek is None else segment.seek + round(resume.start * FRAMES_PER_SECOND),
        words=segment.words
        and [
            msgspec.structs.replace(word, start=_later(word.start, resume), end=_later(word.end, resume))
            for word in segment.words
        ],
        **known,
    )


def _later(time: float, resume: Resume) -> float:
    return round(time + resume.start, 3)  # milliseconds, without the sum's last digits
