"""What is shown of a comparison, in a command and on a screen: rows with their differences marked, and the figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from orstt_core.text import readable_bytes
from orstt_core.transcript import separator
from orstt_core.types import (
    ComparedPassage,
    ComparedPiece,
    ComparedRow,
    ComparedTranscript,
    Comparison,
    ErrorRate,
    Side,
)
from orstt_tui.formatting import clock, count, runs_on
from orstt_tui.transcript_facts import settings_facts

SIDES: tuple[Side, Side] = ("first", "second")
MARKS: dict[Side, tuple[str, str]] = {"first": ("[-", "-]"), "second": ("{+", "+}")}
"""What stands around differing words where colour does not tell, as wdiff writes."""
MARKS_BETWEEN = " ,.;:!?\u2026\u3001\u3002"
"""What stands between words, and is no part of them: ASCII's, the ellipsis, and the comma and full stop of Japanese."""
MISSING = "^"
"""Where the other has words."""
SENTENCE_ENDS = (".", "!", "?", "…", "。")
SHORTEST_ROW, LONGEST_ROW = 40, 240
"""Letters of a row after which a sentence, and a word, ends it where it can."""


class MarkedText(NamedTuple):
    """A text, and from where to where it differs."""

    text: str
    spans: list[tuple[int, int]]

    def parts(self, start: int, end: int) -> Iterator[tuple[str, bool]]:
        """Yield a part of the text piece by piece, each with whether it differs."""
        edges = {start, end, *(place for span in self.spans for place in span if start < place < end)}
        for begin, stop in pairwise(sorted(edges)):
            yield self.text[begin:stop], any(first <= begin and stop <= last for first, last in self.spans)


def marked_text(row: ComparedRow, side: Side, *, by_letters: bool = False) -> MarkedText:
    """Return what one of the two has in a row.

    Args:
        row: of the comparison.
        side: which of the two.
        by_letters: put marks of letters around what differs; otherwise there is one only where words are missing.
    """
    text, spans = "", []
    for piece in row.pieces:
        words: str = getattr(piece, side)
        if not piece.differs:
            text += words
            continue
        shown = words.rstrip()
        if by_letters:
            shown = shown.join(MARKS[side]) if shown else ""
        elif not shown:
            shown, words = MISSING, f"{MISSING} "
        if shown:
            spans.append((len(text), len(text) + len(shown)))
            text += shown + (" " if words != words.rstrip() else "")
    return MarkedText(text.rstrip(), spans)


def differing_words(row: ComparedRow, side: Side) -> str:
    """Return the words of a row that only one of the two has, each with how sure its engine was; empty: nobody says."""
    told = []
    for piece in row.pieces:
        words = getattr(piece, side).strip(MARKS_BETWEEN)
        sure: float | None = getattr(piece, f"{side}_confidence")
        if piece.differs and words and sure is not None:
            told.append(f"{words} {sure:.0%}")
    return ", ".join(told)


def rows_of_pieces(pieces: Sequence[ComparedPiece]) -> list[ComparedRow]:
    """Return two texts in rows of a sentence or so, where nothing tells when what was said; both are in each row."""
    heard = ComparedPassage(start=None, end=None, confidence=None)
    rows: list[list[ComparedPiece]] = [[]]
    for piece in (word for each in pieces for word in _words_of(each)):
        rows[-1].append(piece)
        length = sum(len(each.first or each.second) for each in rows[-1])
        ends = piece.first.rstrip().endswith(SENTENCE_ENDS)
        if not piece.differs and length >= (SHORTEST_ROW if ends else LONGEST_ROW):
            rows.append([])
    return [ComparedRow(first=heard, second=heard, pieces=row) for row in rows if row]


def _words_of(piece: ComparedPiece) -> Sequence[ComparedPiece]:
    """Return the words of a piece that is the same in both; what differs stays whole."""
    first, second = (re.findall(r"\S+\s*", words) for words in (piece.first, piece.second))
    if piece.differs or len(first) != len(second):
        return [piece]
    return [ComparedPiece(first=one, second=other) for one, other in zip(first, second, strict=True)]


def row_mark(row: ComparedRow) -> str:
    """Return how a row differs, in a letter: `-` only the first has words, `+` only the second, `~` both, others."""
    if not row.differs:
        return " "
    return "~" if row.first and row.second else "-" if row.first else "+"


def share(comparison: Comparison) -> str:
    """Return how much differs, in a few words, for a table."""
    unit = "words" if separator(comparison.first.language) else "letters"
    return f"{comparison.differing:.1%} of the {unit} of both"


def figures(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Return rows of figures: what each is called, and what it is of the first and of the second."""
    rows = [(name, tell(comparison.first), tell(comparison.second)) for name, tell in _TOLD.items()]
    return [row for row in rows if any(row[1:])]


def remarks(comparison: Comparison) -> list[str]:
    """Return what to know about the figures, each a sentence."""
    said = list(comparison.remarks)
    if (reference := comparison.reference) is not None:
        what = "the reference" if reference.source == "given" else f"what was corrected of {reference.job[:8]}"
        said.append(f"Errors are counted against {what}, after normalization ({reference.normalization}).")
    return said


def version_name(transcript: ComparedTranscript) -> str:
    """Return which version of a transcript it is."""
    return f"version {transcript.version}" if transcript.version else "as recognised"


def _settings(transcript: ComparedTranscript) -> str:
    told = (f"{name.lower()} {value}" for name, value in settings_facts(transcript.options))
    version = [version_name(transcript)] if transcript.version else []
    return ", ".join([*told, *version]) or "as usual"


def _took(transcript: ComparedTranscript) -> str:
    if not transcript.seconds:
        return ""
    speed = f"{transcript.seconds:.1f} s, {transcript.duration / transcript.seconds:.1f} x real time"
    return f"{speed} (loaded in {transcript.load_seconds:.1f} s)" if transcript.load_seconds else speed


def _memory(transcript: ComparedTranscript) -> str:
    return "" if transcript.memory is None else f"at most {readable_bytes(transcript.memory)}"


def _words(transcript: ComparedTranscript) -> str:
    return f"{transcript.words:,}, {transcript.differing:,} of them only here"


def _errors(errors: ErrorRate | None) -> str:
    if errors is None:
        return ""
    wrong = errors.substitutions + errors.deletions + errors.insertions
    kinds = {"replaced": errors.substitutions, "left out": errors.deletions, "added": errors.insertions}
    told = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items() if number)
    total = count(errors.total, errors.unit.removesuffix("s"))
    return f"{errors.rate:.1%}: {wrong:,} of {total}" + (f" ({told})" if told else "")


_TOLD: Mapping[str, Callable[[ComparedTranscript], str]] = {
    "Model": lambda each: each.model.name,
    "Engine": lambda each: f"{each.model.type}, {runs_on(each.model)}",
    "Settings": _settings,
    "Sound": lambda each: clock(each.duration),
    "Took": _took,
    "Memory": _memory,
    "Words": _words,
    "Confidence": lambda each: "" if each.confidence is None else f"{each.confidence:.0%}",
    "Errors": lambda each: _errors(each.errors),
}
"""What each figure is called, and how it is told."""
