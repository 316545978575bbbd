"""Wrong words: how far a text is from what was said, without regard to case and punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

SPELLINGS = {"mister": "mr"}
"""What models write either way."""


def wrong_words(said: str, heard: str) -> int:
    """Return how many words must be replaced, added or left out to make the one of the other (Levenshtein)."""
    return _distance(_words(said), _words(heard))


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\W_]+", text.casefold())
    return [SPELLINGS.get(word, word) for word in found]


def _distance(first: Sequence[str], second: Sequence[str]) -> int:
    row = list(range(len(second) + 1))
    for count, word in enumerate(first, 1):
        following = [count]
        for (diagonal, above), other in zip(pairwise(row), second, strict=True):
            following.append(min(above + 1, following[-1] + 1, diagonal + (word != other)))
        row = following
    return row[-1]
