"""What transcriptions took, in words, for commands and screens; empty where nobody measured it."""

from __future__ import annotations

from orstt_core.text import readable_bytes
from orstt_core.types import Stats
from orstt_tui.formatting import count


def speed(stats: Stats) -> str:
    """Return how many times faster than the sound it was, as `12.5x`."""
    return "" if stats.speed is None else f"{stats.speed:.1f}x"


def first_segment(stats: Stats) -> str:
    """Return how long the engine took until the first segment was there."""
    return "" if stats.first_segment_seconds is None else f"{stats.first_segment_seconds:.2f} s"


def load(stats: Stats) -> str:
    """Return how long loading took."""
    return "" if stats.load_seconds is None else f"{stats.load_seconds:.1f} s"


def memory(stats: Stats) -> str:
    """Return the most memory that it took."""
    return "" if stats.peak_memory is None else readable_bytes(stats.peak_memory)


def confidence(stats: Stats) -> str:
    """Return how sure the engine was."""
    return "" if stats.confidence is None else f"{stats.confidence:.0%}"


def repeated(stats: Stats) -> str:
    """Return which share of the windows was decoded again."""
    return "" if stats.repeated_share is None else f"{stats.repeated_share:.1%}"


def in_words(stats: Stats) -> str:
    """Return all of it, as `12.5x real time · first text after 0.42 s · 312 MB at most · … · 3 recordings`."""
    words = (
        ("{} real time", speed(stats)),
        ("first text after {}", first_segment(stats)),
        ("loads in {}", load(stats)),
        ("{} at most", memory(stats)),
        ("{} sure", confidence(stats)),
        ("{} decoded again", repeated(stats) if stats.repeated_share else ""),
        ("{}", count(stats.transcriptions, "recording")),
    )
    return " · ".join(text.format(value) for text, value in words if value)
