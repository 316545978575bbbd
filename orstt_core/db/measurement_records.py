"""What the measurement store and whoever asks it hand each other: sums that can be added up."""

from __future__ import annotations

from datetime import date

from msgspec import Struct
from msgspec.structs import astuple, replace

from orstt_core.types import MeasuredSetup, TranscriptionFigures
from orstt_core.types.timestamps import Timestamp


class Totals(Struct, frozen=True, kw_only=True):
    """Sums over transcriptions. Of what is not measured of all of them, `…_count` says of how many it was.

    Attributes:
        timed_audio_seconds: sound of those whose `seconds` are known.
        peak_memory: the most of any; 0: not known.
    """

    transcriptions: int = 0
    audio_seconds: float = 0.0
    timed_audio_seconds: float = 0.0
    seconds: float = 0.0
    speech_seconds: float = 0.0
    speech_count: int = 0
    first_segment_seconds: float = 0.0
    first_segment_count: int = 0
    load_seconds: float = 0.0
    load_count: int = 0
    peak_memory: int = 0
    confidence: float = 0.0
    confidence_count: int = 0
    windows: int = 0
    repeated_windows: int = 0

    def __add__(self, other: Totals) -> Totals:
        """Return those of both."""
        sums = (first + second for first, second in zip(astuple(self), astuple(other), strict=True))
        both = Totals(**dict(zip(self.__struct_fields__, sums, strict=True)))
        return replace(both, peak_memory=max(self.peak_memory, other.peak_memory))


class Measured(Struct, frozen=True, kw_only=True):
    """Totals of what one setup of a model did in a span of days.

    Attributes:
        model: the name that it had then.
        setup_number: two setups are the same that have the same.
        last_day: the end of the span, which has at least one transcription, as has its beginning.
        at: when it ended, of a single transcription.
    """

    model: str
    setup: MeasuredSetup
    setup_number: int
    first_day: date
    last_day: date
    at: Timestamp | None = None
    totals: Totals


def totals_of(figures: TranscriptionFigures) -> Totals:
    """Return the totals of one transcription."""
    return Totals(
        transcriptions=1,
        audio_seconds=figures.audio_seconds,
        timed_audio_seconds=0.0 if figures.seconds is None else figures.audio_seconds,
        seconds=figures.seconds or 0.0,
        speech_seconds=figures.speech_seconds or 0.0,
        speech_count=int(figures.speech_seconds is not None),
        first_segment_seconds=figures.first_segment_seconds or 0.0,
        first_segment_count=int(figures.first_segment_seconds is not None),
        load_seconds=figures.load_seconds,
        load_count=int(figures.load_seconds > 0),
        peak_memory=figures.peak_memory or 0,
        confidence=figures.confidence or 0.0,
        confidence_count=int(figures.confidence is not None),
        windows=figures.windows,
        repeated_windows=figures.repeated_windows,
    )
