"""Speech in a decoded window that none of its words covers: a text that ends too soon, or in the wrong language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from orstt_core.engines.alignment import POSITION_SECONDS, AlignedWord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_SECONDS = 2.0
"""Of speech that no word covers: less may be a breath, a laugh or an error of the alignment."""
LONGEST_WORD = 2.0
"""A longer one was drawn over speech that is not its own."""
MARGIN_SECONDS = 0.2
"""How far beside its times a word may be spoken."""
MOST_KNOWN = 0.5
"""Share of the words found there that may stand in the text already: it was decoded, and laid elsewhere."""


def unheard(words: Sequence[AlignedWord], speech: NDArray[np.bool_]) -> slice | None:
    """Return the positions of the longest stretch of speech that no word covers; None: nothing worth looking at.

    Args:
        words: of the window, with times from its beginning.
        speech: whether each position of 20 ms holds speech, shape (positions,).
    """
    import numpy as np

    if not words:  # nobody knows where they are
        return None
    covered = np.zeros(speech.size, bool)
    for word in words:
        if word.end - word.start <= LONGEST_WORD:
            first, last = word.start - MARGIN_SECONDS, word.end + MARGIN_SECONDS
            covered[max(round(first / POSITION_SECONDS), 0) : max(round(last / POSITION_SECONDS), 0)] = True
    edges = np.flatnonzero(np.diff(covered.astype(np.int8), prepend=1, append=1)).reshape(-1, 2).tolist()
    stretches = [(int(speech[first:last].sum()), first, last) for first, last in edges]
    count, first, last = max(stretches, default=(0, 0, 0))
    if count * POSITION_SECONDS < LEAST_SECONDS:
        return None
    places = np.flatnonzero(speech[first:last]) + first
    margin = round(MARGIN_SECONDS / POSITION_SECONDS)
    return slice(max(int(places[0]) - margin, first), min(int(places[-1]) + 1 + margin, last))


def are_known(found: Sequence[AlignedWord], words: Sequence[AlignedWord]) -> bool:
    """Whether what was found is in the text already."""
    known = {_bare(word) for word in words}
    return sum(_bare(word) in known for word in found) > MOST_KNOWN * len(found)


def parted(words: Sequence[AlignedWord], place: slice) -> tuple[Sequence[AlignedWord], Sequence[AlignedWord]]:
    """Return the words before and after a place of a window."""
    middle = (place.start + place.stop) / 2 * POSITION_SECONDS
    before = [word for word in words if (word.start + word.end) / 2 < middle]
    return before, words[len(before) :]


def moved(words: Sequence[AlignedWord], place: slice) -> list[AlignedWord]:
    """Return words with times from a window's beginning, given those from the beginning of a place of it."""
    begin = place.start * POSITION_SECONDS
    return [replace(word, start=word.start + begin, end=word.end + begin) for word in words]


def _bare(word: AlignedWord) -> str:
    return "".join(letter for letter in word.text.casefold() if letter.isalnum())
