"""Two texts compared word by word, or by character where a language writes no space between words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from orstt_core.transcript import separator

MOST_COMPARISONS = 4_000_000
"""Pairs of words beyond which only the beginning and the end of two texts are compared: about a second's work."""


class Token(NamedTuple):
    """A word or character: as it is compared, whatever its case and punctuation, and as it is written."""

    folded: str
    written: str


class Piece(NamedTuple):
    """A part of two texts: the same in both, or only in the first (`removed`) or the second (`added`)."""

    kind: Literal["same", "removed", "added"]
    text: str


def tokens(text: str, language: str | None) -> list[Token]:
    """Return the words of a text in a language (ISO code); where it has no spaces, its letters and digits."""
    if separator(language):
        return [Token(_folded(word), word) for word in text.split()]
    return [Token(letter.casefold(), letter) for letter in text if letter.isalnum()]


def common(before: Sequence[str], after: Sequence[str]) -> dict[int, int]:
    """Return which of these come again, in the same order: place before -> place after."""
    shorter = min(len(before), len(after))
    begin = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    left = shorter - begin
    end = next((at for at in range(left) if before[-1 - at] != after[-1 - at]), left)
    pairs = {at: at for at in range(begin)}
    first, second = before[begin : len(before) - end], after[begin : len(after) - end]
    if len(first) * len(second) <= MOST_COMPARISONS:
        for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks():
            pairs |= {begin + block.a + at: begin + block.b + at for at in range(block.size)}
    return pairs | {len(before) - 1 - at: len(after) - 1 - at for at in range(end)}


def differences(before: str, after: str, language: str | None) -> Iterator[Piece]:
    """Yield what two texts have in common and what not, in order; case and punctuation count here."""
    space = separator(language)
    first, second = (text.split() if space else list(text) for text in (before, after))
    pairs = common(first, second)
    at = upto = 0
    for place in [*sorted(pairs), len(first)]:
        meets = pairs.get(place, len(second))
        if at < place:
            yield Piece("removed", space.join(first[at:place]))
        if upto < meets:
            yield Piece("added", space.join(second[upto:meets]))
        if place < len(first):
            yield Piece("same", first[place])
        at, upto = place + 1, meets + 1


def _folded(word: str) -> str:
    """Return a word as it sounds: without its case, and without the marks around it unless it is all marks."""
    bare = word
    while bare and not bare[0].isalnum():
        bare = bare[1:]
    while bare and not bare[-1].isalnum():
        bare = bare[:-1]
    return (bare or word).casefold()
