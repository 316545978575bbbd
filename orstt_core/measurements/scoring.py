"""Error rates: how far a transcript is from what was said; in letters where a language writes no spaces, else in words.

Both texts are normalised first as Whisper's authors did for its paper, appendix C (https://arxiv.org/abs/2212.04356):
English by their own rules for contractions, spellings and numbers, other languages by those for all, which leave out
case, punctuation and symbols.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from orstt_core.transcript import separator
from orstt_core.types import ErrorRate

if TYPE_CHECKING:
    from collections.abc import Callable

ENGLISH, BASIC = "Whisper's for English", "Whisper's basic one"
"""What the two ways of normalising are called."""


def normalization(language: str | None) -> str:
    """Return what the normalisation of a language (ISO code) is called."""
    return ENGLISH if language == "en" else BASIC


def normalized(text: str, language: str | None) -> str:
    """Return a text in a language (ISO code) without what is no matter of hearing."""
    plain = _normalizer(normalization(language))(text)
    return plain if separator(language) else re.sub(r"\s", "", plain)


def error_rate(reference: str, said: str, language: str | None, *, by_letters: bool = False) -> ErrorRate | None:
    """Return how much of a text is wrong, left out or added; None where the reference holds no word.

    Args:
        reference: what was said.
        said: what was recognised.
        language: of both, as an ISO code; None: it is not known.
        by_letters: count letters although the language has spaces, as is usual for Korean.
    """
    import jiwer  # brings a compiled library: only who asks for errors waits for it

    expected, heard = normalized(reference, language), normalized(said, language)
    letters = by_letters or not separator(language)
    if letters:
        expected, heard = expected.replace(" ", ""), heard.replace(" ", "")
    if not any(map(str.isalnum, expected)):
        return None
    found = (jiwer.process_characters if letters else jiwer.process_words)(expected, heard or " ")
    total = found.hits + found.substitutions + found.deletions
    return ErrorRate(
        unit="letters" if letters else "words",
        total=total,
        substitutions=found.substitutions,
        deletions=found.deletions,
        insertions=found.insertions,
        rate=(found.substitutions + found.deletions + found.insertions) / total,
    )


@cache
def _normalizer(name: str) -> Callable[[str], str]:
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

    normalizer: Callable[[str], str] = EnglishTextNormalizer() if name == ENGLISH else BasicTextNormalizer()
    return normalizer
