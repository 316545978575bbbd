"""Whether a text can have been said in so short a time, in any writing: what was written in less was invented.

Speech models that are given a scrap of sound complete it to a sentence they know well, such as "Thank you very much."
"""

from __future__ import annotations

from unicodedata import category, name

from orstt_core.types import Segment

SHORT_SECONDS = 1.0
"""What took longer is not judged: the fastest talkers say 11 English words a second, loops of a model are no faster."""
SYLLABLES_PER_SECOND = 9.1
"""The fastest of the speakers of 17 languages in Coupe et al. 2019, Science Advances 5, eaaw2594; the slowest say 4."""
FREE_SYLLABLES = 1.0
"""Engines measure the ends of words to a tenth of a second: a syllable is never too much."""
LETTERS_PER_SYLLABLE = 3.0
"""English and German text has 2.8 to 3.1, most other alphabets fewer; digits are counted like letters."""
SYLLABIC = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HANGUL SYLLABLE", "HIRAGANA LETTER", "KATAKANA LETTER")
"""What the names of characters begin with that are a syllable each, or more."""


def is_invented(segment: Segment, duration: float) -> bool:
    """Whether nobody can have said what a segment holds, by its time in a sound of so many seconds.

    One that is said to end where it begins, or before, is not judged: no sound does, so nothing was measured.
    """
    if segment.start is not None and segment.end is not None and segment.end <= segment.start:
        return False
    start, end = segment.start or 0.0, duration if segment.end is None else segment.end
    return not is_speakable(segment.text, min(end - start, duration))


def is_speakable(text: str, seconds: float) -> bool:
    """Whether anybody could have said a text in so many seconds."""
    if seconds >= SHORT_SECONDS:
        return True
    return sum(map(_syllables, text)) <= FREE_SYLLABLES + SYLLABLES_PER_SECOND * max(seconds, 0.0)


def _syllables(character: str) -> float:
    if category(character)[0] not in "LN":  # marks, spaces, vowels that are signs on a letter
        return 0.0
    return 1.0 if name(character, "").startswith(SYLLABIC) else 1 / LETTERS_PER_SYLLABLE
