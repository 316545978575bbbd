"""Error rates: how far a transcript is from what was said; in letters where a language writes no spaces, else in words.

Both texts are normalised first as Whisper's authors did for its paper, appendix C (https://arxiv.org/abs/2212.04356):
English by their own rules for contractions, spellings and numbers, other languages by those for all, which leave out
case, punctuation and symbols. Which of its two scripts a model writes Chinese in is no matter of hearing either: with
the extra `chinese` both are compared in simplified characters (by OpenCC), without it the other script counts as wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise, zip_longest
from math import ceil, sqrt
from typing import NamedTuple

from orstt_core.transcript import separator
from orstt_core.types import ErrorRate
from orstt_core.word_diff import common

PART, RUN = 2000, 8
"""Words of a part of a long text at least, and those that are the same in both around its end."""
ENGLISH, BASIC = "Whisper's for English", "Whisper's basic one"
"""What the two ways of normalising are called."""
TWO_SCRIPTS = frozenset({"zh", "yue"})
"""Languages (ISO codes) that are written in traditional characters or in simplified ones."""


def normalization(language: str | None) -> str:
    """Return what the normalisation of a language (ISO code) is called."""
    if language == "en":
        return ENGLISH
    return f"{BASIC}, in simplified characters" if language in TWO_SCRIPTS and _simplified() else BASIC


def knows_scripts(language: str | None) -> bool:
    """Return whether texts in a language (ISO code) count as the same in whichever script they are written."""
    return language not in TWO_SCRIPTS or _simplified() is not None


def normalized(text: str, language: str | None) -> str:
    """Return a text in a language (ISO code) without what is no matter of hearing."""
    plain = _normalizer(english=language == "en")(text)
    if language in TWO_SCRIPTS and (simplified := _simplified()):
        plain = simplified(plain)
    return plain if separator(language) else re.sub(r"\s", "", plain)


def error_rate(reference: str, said: str, language: str | None, *, by_letters: bool = False) -> ErrorRate | None:
    """Return how much of a text is wrong, left out or added; None where the reference holds no word.

    Args:
        reference: what was said.
        said: what was recognised.
        language: of both, as an ISO code; None: it is not known.
        by_letters: count letters although the language has spaces, as is usual for Korean.
    """
    scored = score(reference, said, language, by_letters=by_letters)
    return scored.errors if scored else None


class Score(NamedTuple):
    """How far a text is from a reference, and in which words: (what was said, what was recognised) -> how often."""

    errors: ErrorRate
    wrong: Counter[tuple[str, str]]


def score(reference: str, said: str, language: str | None, *, by_letters: bool = False) -> Score | None:
    """Return what is wrong in a text; arguments as for `error_rate`. A word left out or added has an empty partner."""
    import jiwer  # brings a compiled library: only who asks for errors waits for it

    expected, heard = normalized(reference, language), normalized(said, language)
    letters = by_letters or not separator(language)
    if not any(map(str.isalnum, expected)):
        return None
    texts = [list(text.replace(" ", "")) if letters else text.split() for text in (expected, heard)]
    space, process = ("", jiwer.process_characters) if letters else (" ", jiwer.process_words)
    parts = list(_parts(*texts))
    found = process([space.join(part) for part, _ in parts], [space.join(part) or " " for _, part in parts])
    total = found.hits + found.substitutions + found.deletions
    errors = ErrorRate(
        unit="letters" if letters else "words",
        total=total,
        substitutions=found.substitutions,
        deletions=found.deletions,
        insertions=found.insertions,
        rate=(found.substitutions + found.deletions + found.insertions) / total,
    )
    wrong: Counter[tuple[str, str]] = Counter()
    for (ours, theirs), chunks in zip(parts, found.alignments, strict=True):
        for chunk in chunks:
            if chunk.type != "equal":
                said_there = ours[chunk.ref_start_idx : chunk.ref_end_idx]
                heard_there = theirs[chunk.hyp_start_idx : chunk.hyp_end_idx]
                wrong.update(zip_longest(said_there, heard_there, fillvalue=""))
    return Score(errors, wrong)


def nearest(
    references: Iterable[str], said: str, language: str | None, *, by_letters: bool = False
) -> tuple[str, Score] | None:
    """Return the one of several right texts that what was recognised is nearest to, and how near; None: all are empty.

    Arguments are as for `error_rate`.
    """
    scored = ((text, score(text, said, language, by_letters=by_letters)) for text in references)
    return min(((text, each) for text, each in scored if each), key=lambda pair: pair[1].errors.rate, default=None)


def _parts(expected: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield two texts in parts that belong together, so that the fewest edits of long ones are found in little time.

    They are cut amid words that are the same in both, where the edits of all parts are as many as those of the whole.
    """
    at = upto = run = 0
    before = (-1, -1)
    for place, meets in sorted(common(expected, heard).items()) if len(expected) > PART else ():
        run = run + 1 if (place - 1, meets - 1) == before else 1
        before = place, meets
        if run >= RUN and place - at >= PART:
            cut, ends = place - RUN // 2, meets - RUN // 2
            yield from _even_parts(expected[at:cut], heard[upto:ends])
            at, upto, run = cut, ends, 0
    yield from _even_parts(expected[at:], heard[upto:])


def _even_parts(expected: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield texts with no passage in common by equal shares if they are long: nearly all of both is wrong."""
    shares = min(ceil(sqrt(len(expected) * len(heard)) / (4 * PART)) or 1, len(expected))
    edges = [[len(text) * share // shares for share in range(shares + 1)] for text in (expected, heard)]
    for ours, theirs in zip(pairwise(edges[0]), pairwise(edges[1]), strict=True):
        yield expected[slice(*ours)], heard[slice(*theirs)]


@cache
def _normalizer(*, english: bool) -> Callable[[str], str]:
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer

    normalizer: Callable[[str], str] = EnglishTextNormalizer() if english else BasicTextNormalizer()
    return normalizer


@cache
def _simplified() -> Callable[[str], str] | None:
    """Return what writes Chinese in simplified characters; None: the extra `chinese` is not installed."""
    try:
        from opencc import OpenCC
    except ImportError:
        return None
    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
