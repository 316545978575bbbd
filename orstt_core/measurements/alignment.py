"""Two transcripts put beside each other: which words are in both, and the row that each of the others belongs to."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import NamedTuple

from orstt_core.transcript import confidence_of, separator
from orstt_core.types import ComparedPassage, ComparedPiece, ComparedRow, Segment
from orstt_core.word_diff import common, folded


class Unit(NamedTuple):
    """A word, or a letter where a language writes no spaces.

    Attributes:
        folded: as it is compared, whatever its case and punctuation.
        written: as it is written, with what stands behind it.
        segment: the place of the segment that it is in.
        middle: when it is said, in seconds, as far as its place in the segment tells; None: the segment has no times.
        confidence: how sure the engine was of it, 0 to 1; None: it measured no single words.
    """

    folded: str
    written: str
    segment: int
    middle: float | None
    confidence: float | None


class Row(NamedTuple):
    """Where a row stands: that of a segment of the first, or behind it one of a segment that only the second has."""

    segment: int
    behind: int = 0


class Alignment:
    """The segments of two transcripts, or of a part of them, in rows.

    Args:
        first: segments of the first; each is a row.
        second: those of the second, whose words stand in the rows of the words that are in both, and beside these in
            those of their time. A segment in whose time the first has none is a row of its own.
        languages: of both texts, as ISO codes.

    Attributes:
        units: the words of the first, and those of the second.
        pairs: which are the same, as places in the one -> in the other.
    """

    def __init__(
        self, first: Sequence[Segment], second: Sequence[Segment], languages: tuple[str | None, str | None]
    ) -> None:
        self._segments = first, second
        self.units = list(_units(first, languages[0])), list(_units(second, languages[1]))
        self.pairs = common(*([unit.folded for unit in side] for side in self.units))

    def rows(self) -> Iterator[ComparedRow]:
        """Yield the rows in the order of the first."""
        ours = [Row(unit.segment) for unit in self.units[0]]
        theirs = list(self._rows_of_second())
        at = upto = 0
        for row in sorted({*ours, *theirs}):
            until, meets = bisect_right(ours, row, at), bisect_right(theirs, row, upto)
            yield ComparedRow(
                first=self._passage(0, range(at, until)),
                second=self._passage(1, range(upto, meets)),
                pieces=list(self._pieces(range(at, until), range(upto, meets))),
            )
            at, upto = until, meets

    def _rows_of_second(self) -> Iterator[Row]:
        """Yield the row of each word of the second; none stands before that of the word before."""
        units, timeline = self.units[1], _Timeline(self._segments[0])
        lengths = Counter(unit.segment for unit in units)
        partners = {theirs: self.units[0][ours].segment for ours, theirs in self.pairs.items()}
        latest, begin = Row(-1), 0
        for place in [*sorted(partners), len(units)]:
            until = partners.get(place, len(self._segments[0]))
            for segment, group in groupby(units[begin:place], key=lambda unit: unit.segment):
                members = list(group)
                for unit in members:
                    row = Row(timeline.nearest(unit.middle))
                    if len(members) == lengths[segment]:
                        middle = members[len(members) // 2].middle
                        row = timeline.between(middle, segment) or row
                    latest = max(latest, min(row, Row(until) if place < len(units) else Row(until, len(units))))
                    yield latest
            if place < len(units):
                latest, begin = Row(until), place + 1
                yield latest

    def _passage(self, side: int, places: range) -> ComparedPassage | None:
        """Return when the words at some places are said, and how sure the engine was; None: there are none."""
        if not places:
            return None
        segments = [self._segments[side][self.units[side][at].segment] for at in places]
        sure = [each for each in map(confidence_of, segments) if each is not None]
        return ComparedPassage(
            start=segments[0].start, end=segments[-1].end, confidence=sum(sure) / len(sure) if sure else None
        )

    def _pieces(self, first: range, second: range) -> Iterator[ComparedPiece]:
        """Yield the words of a row, in as few pieces as possible."""
        same: list[tuple[int, int]] = []
        at, upto = first.start, second.start
        met = [(place, self.pairs[place]) for place in first if self.pairs.get(place, -1) in second]
        for place, meets in [*met, (first.stop, second.stop)]:
            if at < place or upto < meets:
                if same:
                    yield self._piece(*zip(*same, strict=True))
                    same = []
                yield self._piece(range(at, place), range(upto, meets), differs=True)
            same.append((place, meets))
            at, upto = place + 1, meets + 1
        if same[:-1]:
            yield self._piece(*zip(*same[:-1], strict=True))

    def _piece(self, first: Iterable[int], second: Iterable[int], *, differs: bool = False) -> ComparedPiece:
        first, second = list(first), list(second)
        return ComparedPiece(
            first=self._text(0, first),
            second=self._text(1, second),
            differs=differs,
            first_confidence=self._confidence(0, first) if differs else None,
            second_confidence=self._confidence(1, second) if differs else None,
        )

    def _confidence(self, side: int, places: Iterable[int]) -> float | None:
        measured = [sure for at in places if (sure := self.units[side][at].confidence) is not None]
        return sum(measured) / len(measured) if measured else None

    def _text(self, side: int, places: Iterable[int]) -> str:
        return "".join(self.units[side][at].written for at in places)


class _Timeline:
    """When segments are said; `known` is whether all of them have times."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._starts = list(accumulate((each.start for each in segments if each.start is not None), max))
        self._ends = [each.end for each in segments if each.end is not None]
        self.known = len(self._starts) == len(self._ends) == len(segments) > 0

    def nearest(self, time: float | None) -> int:
        """Return the segment whose time is nearest; 0 where times are not known."""
        if time is None or not self.known:
            return 0
        before = bisect_right(self._starts, time) - 1
        if before < 0:
            return 0
        last = before == len(self._starts) - 1
        return before if last or time - self._ends[before] < self._starts[before + 1] - time else before + 1

    def between(self, time: float | None, other: int) -> Row | None:
        """Return the row of another segment, at whose time none of these is said; None: one is, or nobody knows."""
        if not self.known:
            return Row(-1, other + 1) if not self._starts and not self._ends else None
        if time is None:
            return None
        before = bisect_right(self._starts, time) - 1
        return None if before >= 0 and time < self._ends[before] else Row(before, other + 1)


def _units(segments: Sequence[Segment], language: str | None) -> Iterator[Unit]:
    """Yield the words of segments in a language (ISO code); where it has no spaces, its letters."""
    space = separator(language)
    for place, segment in enumerate(segments):
        words = segment.text.split()
        text = " ".join(words)
        found = list(_written(words if space else text, space))
        sure = _confidences(segment, text)
        begin = 0
        for number, (each, written) in enumerate(found):
            middle = None
            if segment.start is not None and segment.end is not None:
                middle = segment.start + (segment.end - segment.start) * (number + 0.5) / len(found)
            measured = [one for one in sure[begin : begin + len(written)] if one is not None]
            begin += len(written)
            yield Unit(each, written, place, middle, min(measured, default=None))


def _confidences(segment: Segment, text: str) -> list[float | None]:
    """Return for each character of the text of a segment how sure the engine was of its word; empty: of none."""
    if not segment.words:
        return []
    sure: list[float | None] = [None] * len(text)
    begin = 0
    for word in segment.words:
        letters = word.word.strip()
        at = text.find(letters, begin)
        if letters and at >= 0:  # a word that a person has changed is nobody's measurement
            begin = at + len(letters)
            sure[at:begin] = [word.probability] * len(letters)
    return sure


def _written(texts: Iterable[str], space: str) -> Iterator[tuple[str, str]]:
    """Yield words or letters as they are compared and as they are written; marks go with what stands before them."""
    held: list[str] = []
    name = ""
    for text in texts:
        if any(map(str.isalnum, text)) and name:
            yield name, "".join(held)
            held = []
        held.append(text + space)
        name = folded(text) if any(map(str.isalnum, text)) else name
    if held:
        yield name or "".join(held).strip(), "".join(held)
