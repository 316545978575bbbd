"""The times of words in a text that was changed: kept for the words that stayed, invented for none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from orstt_core.transcript import separator
from orstt_core.types import Passage, Segment, Word
from orstt_core.word_diff import common, tokens


class _Owned(NamedTuple):
    """A token as it is compared and written, and the word or text that it belongs to."""

    folded: str
    written: str
    owner: int


def words_of(segments: Iterable[Segment]) -> list[Word]:
    """Return all words of segments that have their times."""
    return [word for segment in segments for word in segment.words or ()]


def distributed(words: Sequence[Word], texts: Sequence[str], language: str | None) -> list[list[Word]]:
    """Return for each of some texts, which follow each other, the words that are in it still, as it spells them."""
    before = _owned((word.word for word in words), language)
    after = _owned(texts, language)
    pairs = common([token.folded for token in before], [token.folded for token in after])
    places: dict[int, list[int | None]] = {}
    for at, token in enumerate(before):
        places.setdefault(token.owner, []).append(pairs.get(at))
    kept: list[list[Word]] = [[] for _ in texts]
    for number, found in sorted(places.items()):
        whole = [place for place in found if place is not None]
        if len(whole) == len(found) == whole[-1] - whole[0] + 1 and after[whole[0]].owner == after[whole[-1]].owner:
            spelled = [after[place].written for place in whole]
            kept[after[whole[0]].owner].append(_spelled(words[number], spelled, language))
    return kept


def within(words: Iterable[Word], passage: Passage) -> list[Word] | None:
    """Return the words whose middle is in a passage; None: there are none."""
    start, end = passage.start, passage.end
    if start is None or end is None:
        return None
    return [word for word in words if start <= (word.start + word.end) / 2 <= end] or None


def _owned(texts: Iterable[str], language: str | None) -> list[_Owned]:
    return [
        _Owned(token.folded, token.written, owner)
        for owner, text in enumerate(texts)
        for token in tokens(text, language)
    ]


def _spelled(word: Word, written: Sequence[str], language: str | None) -> Word:
    """Return a word as the text writes it now; engines put the space before it, or none."""
    space = separator(language)
    if not space:  # tokens have lost their punctuation there
        return word
    text = space.join(written)
    return replace(word, word=f"{space}{text}" if word.word[:1].isspace() else text)
