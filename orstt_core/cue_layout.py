"""Cues that can be read: a segment divided between words, its text wrapped to lines. Standard library only.

A cue is divided only where the times of words were measured; none are invented.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

CLOSING = "[\"'”\u2019»」』)\uff09]*$"
"""Quotation marks and brackets that may follow the end of a sentence."""
SENTENCE_END = re.compile(f"[.!?…。\uff01\uff1f]{CLOSING}")
PAUSE = re.compile(f"[,;:\u2013—、\uff0c\uff1b\uff1a]{CLOSING}")
SPACED, UNSPACED = re.compile(r"\S+\s*"), re.compile("[0-9A-Za-z'\u2019.-]+\\s*|\\S\\s*")
"""What is not divided at the end of a line: words, and where words have no spaces between them a letter."""
NEVER_FIRST = frozenset(
    "、。\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\uff09」』】〉》\u2019”…ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
"""What no line of Chinese or Japanese begins with (the basic rules of kinsoku, JIS X 4051)."""


class Limits(NamedTuple):
    """What a cue may hold.

    Attributes:
        line_length: characters a line.
        lines: lines a cue.
        seconds: how long a cue is shown.
        reading_speed: characters a second; a cue that is too short for its text stays until the next one begins.
        spaced: words have spaces between them.
    """

    line_length: int
    lines: int
    seconds: float
    reading_speed: float
    spaced: bool = True


class TimedWord(NamedTuple):
    """A word as it stands in the text, with what follows it up to the next one; times in milliseconds."""

    start: int
    end: int
    text: str


class TimedText(NamedTuple):
    """A text of one or more lines; times in milliseconds."""

    start: int
    end: int
    text: str


def lay_out(passages: Sequence[tuple[TimedText, Sequence[TimedWord]]], limits: Limits) -> list[list[TimedText]]:
    """Return the cues of each passage.

    Args:
        passages: texts in the order of their times, each with its words; without words it stays one cue.
        limits: what a cue may hold.
    """
    divided = [list(_divide(whole, words, limits)) for whole, words in passages]
    begins = [cues[0].start for cues in divided[1:]] + [math.inf]
    return [_give_time(cues, following, limits) for cues, following in zip(divided, begins, strict=True)]


def wrap(text: str, limits: Limits) -> list[str]:
    """Return the text in as few lines as can be, of about the same length; more than allowed where it must be."""
    fewest = len(_filled(text, limits.line_length, spaced=limits.spaced))
    shortest = max(math.ceil(len(text) / max(fewest, 1)), 1)
    for width in range(shortest, limits.line_length):
        lines = _filled(text, width, spaced=limits.spaced)
        if len(lines) <= fewest and all(len(line) <= width for line in lines):
            return lines
    return _filled(text, limits.line_length, spaced=limits.spaced)


def _filled(text: str, width: int, *, spaced: bool) -> list[str]:
    lines = [""]
    for piece in (SPACED if spaced else UNSPACED).findall(text):
        full = len(lines[-1]) + len(piece.rstrip()) > width
        if full and lines[-1] and (spaced or piece[0] not in NEVER_FIRST):
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines]


def _divide(whole: TimedText, words: Sequence[TimedWord], limits: Limits) -> Iterator[TimedText]:
    rest = list(words)
    if not rest:
        yield TimedText(whole.start, whole.end, "\n".join(wrap(whole.text, limits)))
        return
    while rest:
        fitting = _fitting(rest, limits)
        number = fitting if fitting == len(rest) else _break(rest[:fitting])
        cue, rest = rest[:number], rest[number:]
        start = whole.start if cue[0] is words[0] else cue[0].start
        end = cue[-1].end if rest else max(whole.end, cue[-1].end)
        yield TimedText(start, end, "\n".join(wrap(_text(cue), limits)))


def _fitting(words: Sequence[TimedWord], limits: Limits) -> int:
    """Return how many words a cue can hold, one at least."""
    number = 1
    for count in range(2, len(words) + 1):
        lines = _filled(_text(words[:count]), limits.line_length, spaced=limits.spaced)
        long = words[count - 1].end - words[0].start > limits.seconds * 1000
        if long or len(lines) > limits.lines:
            break
        number = count
    return number


def _break(words: Sequence[TimedWord]) -> int:
    """Return after how many of these words to divide: behind a sentence or a comma in their second half, if any is."""
    half = (len(words) + 1) // 2
    for end in (SENTENCE_END, PAUSE):
        for number in range(len(words), half - 1, -1):
            if end.search(words[number - 1].text.strip()):
                return number
    return len(words)


def _give_time(cues: list[TimedText], following: float, limits: Limits) -> list[TimedText]:
    """Let cues stay as long as they take to be read, as far as the next one leaves time for it."""
    begins = [cue.start for cue in cues[1:]] + [following]
    given = []
    for cue, begin in zip(cues, begins, strict=True):
        needed = min(len(cue.text) / limits.reading_speed, limits.seconds) * 1000
        end = cue.end if begin < cue.end else min(max(cue.end, cue.start + needed), begin)
        given.append(cue._replace(end=max(round(end), cue.start + 1)))  # of no time at all, players show nothing
    return given


def _text(words: Sequence[TimedWord]) -> str:
    return "".join(word.text for word in words).strip()
