"""Put segments together to a text."""

from __future__ import annotations

from collections.abc import Iterable

from orstt_core.types import Segment

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
