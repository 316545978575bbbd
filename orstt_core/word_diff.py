"""Two texts compared word by word, or by character where a language writes no space between words."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal, NamedTuple

from orstt_core.transcript import separator

MOST_STEPS = 10_000_000
"""Beyond which the fewest edits are looked for, not the longest passages in common: a quarter of a second's work."""

WINDOW = 4000
"""Words of each text in which the fewest edits are looked for at once: a twentieth of a second's work."""


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
        return [Token(folded(word), word) for word in text.split()]
    return [Token(letter.casefold(), letter) for letter in text if letter.isalnum()]


def common(before: Sequence[Hashable], after: Sequence[Hashable]) -> dict[int, int]:
    """Return which of these come again, in the same order: place before -> place after.

    What is there once in both is found first, and divides the rest: comparing all with all would take a minute for the
    segments of a long recording of which every other one was corrected.
    """
    shorter = min(len(before), len(after))
    begin = next((at for at in range(shorter) if before[at] != after[at]), shorter)
    left = shorter - begin
    end = next((at for at in range(left) if before[-1 - at] != after[-1 - at]), left)
    pairs = {at: at for at in range(begin)} | {len(before) - 1 - at: len(after) - 1 - at for at in range(end)}
    unique = _unique_pairs(before[begin : len(before) - end], after[begin : len(after) - end])
    anchors = [(begin + first, begin + second) for first, second in unique]
    bounds = [(begin - 1, begin - 1), *anchors, (len(before) - end, len(after) - end)]
    for (first, second), (until, meets) in pairwise(bounds):
        pairs |= _matching(before, after, range(first + 1, until), range(second + 1, meets))
    return pairs | dict(anchors)


def gaps(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[tuple[range, range]]:
    """Yield where two sequences differ, in order, as places in the one and in the other."""
    pairs = common(before, after)
    at = upto = 0
    for place in [*sorted(pairs), len(before)]:
        meets = pairs.get(place, len(after))
        if at < place or upto < meets:
            yield range(at, place), range(upto, meets)
        at, upto = place + 1, meets + 1


def _unique_pairs(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return as many as come once in both as stand in the same order: "patience" diff, by Bram Cohen."""
    counts, others = Counter(before), Counter(after)
    places = {token: place for place, token in enumerate(after)}
    once = [(at, places[token]) for at, token in enumerate(before) if counts[token] == others[token] == 1]
    # The longest rising sequence: for each length the pair with the lowest end, and what goes before each pair.
    ends: list[int] = []
    piles: list[int] = []
    earlier: list[int] = []
    for number, (_, place) in enumerate(once):
        pile = bisect_left(ends, place)
        earlier.append(piles[pile - 1] if pile else -1)
        ends[pile : pile + 1], piles[pile : pile + 1] = [place], [number]
    found: list[tuple[int, int]] = []
    number = piles[-1] if piles else -1
    while number >= 0:
        found.append(once[number])
        number = earlier[number]
    return found[::-1]


def _matching(before: Sequence[Hashable], after: Sequence[Hashable], first: range, second: range) -> dict[int, int]:
    """Return what comes again in a part of both."""
    if not first or not second:
        return {}
    parts = before[first.start : first.stop], after[second.start : second.stop]
    if _most_steps(*parts) > MOST_STEPS:
        return {first[at]: second[upto] for at, upto in _fewest_edits(*parts)}
    blocks = SequenceMatcher(None, *parts, autojunk=False).get_matching_blocks()
    return {first[block.a + at]: second[block.b + at] for block in blocks for at in range(block.size)}


def _most_steps(before: Sequence[Hashable], after: Sequence[Hashable]) -> int:
    """Return how many steps `SequenceMatcher` may take: for each passage it goes through all pairs of the same word.

    Texts that repeat a few words, as models do that got stuck, have nearly as many pairs as there can be.
    """
    counts, others = Counter(before), Counter(after)
    pairs = sum(count * others[token] for token, count in counts.items())
    return min(pairs, len(before), len(after)) * (len(before) + pairs)


def _fewest_edits(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[tuple[int, int]]:
    """Yield which of two long parts, such as of a text that repeats itself, stay where as few as possible change.

    They are looked at in windows, each of which begins where the one before is sure: the whole at once would keep every
    other thread waiting, for a minute where nothing is the same.
    """
    from rapidfuzz.distance import Levenshtein

    at = upto = 0
    while at < len(before) and upto < len(after):
        first, second = before[at : at + WINDOW], after[upto : upto + WINDOW]
        last = at + WINDOW >= len(before) and upto + WINDOW >= len(after)
        sure = WINDOW if last else WINDOW * 3 // 4
        pairs = [
            (at + place, upto + meets)
            for edit in Levenshtein.opcodes(first, second)
            if edit.tag == "equal"
            for place, meets in zip(
                range(edit.src_start, edit.src_end), range(edit.dest_start, edit.dest_end), strict=True
            )
            if place < sure and meets < sure and first[place] == second[meets]  # it compares hashes
        ]
        yield from pairs
        if last:
            return
        reached = pairs[-1] if pairs else (at, upto)
        far = reached[0] - at + reached[1] - upto >= sure // 2
        at, upto = (
            (reached[0] + 1, reached[1] + 1)
            if far
            else (max(at + sure, reached[0] + 1), max(upto + sure, reached[1] + 1))
        )


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


def folded(word: str) -> str:
    """Return a word as it sounds: without its case, and without the marks around it unless it is all marks."""
    sounding = [at for at, letter in enumerate(word) if letter.isalnum()]
    bare = word[sounding[0] : sounding[-1] + 1] if sounding else word
    return bare.casefold()
