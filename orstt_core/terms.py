"""Words to expect as text: several in one, those of a list as they are stored, and how often they were said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from orstt_core.errors import InvalidRequest
from orstt_core.text import normalize_name, printable

_WORD = re.compile("\\w+(?:['\N{RIGHT SINGLE QUOTATION MARK}-]\\w+)*")


def phrases(text: str) -> list[str]:
    """Return the words or phrases of a text of hotwords: between commas where there are any, else between spaces."""
    return [part for part in map(str.strip, text.split(",") if "," in text else text.split()) if part]


def terms_in(text: str) -> list[str]:
    """Return the terms of a text that has one on a line, or several between commas."""
    return [term for term in map(str.strip, text.replace("\n", ",").split(",")) if term]


def joined(terms: Sequence[str]) -> str:
    """Return the terms as one text of hotwords, from which `phrases` gets them again."""
    if not any(" " in term for term in terms):
        return " ".join(terms)
    return ", ".join(terms) if len(terms) > 1 else f"{terms[0]},"


def normalized_terms(texts: Iterable[str], field: str) -> list[str]:
    """Return terms as they are stored, each once: accents composed, single spaces.

    Raises:
        InvalidRequest: one holds a comma, which separates terms, or what cannot be printed; `field` is the field's.
    """
    terms = list(dict.fromkeys(" ".join(normalize_name(text).split()) for text in texts))
    for term in terms:
        if "," in term or not term.isprintable():
            raise InvalidRequest(
                f"{printable(term)[:50]!r} cannot be a term of a list.",
                hint="A term has no comma, which separates terms, and only letters that can be seen.",
                field=field,
            )
    return [term for term in terms if term]


def count_terms(terms: Sequence[str], text: str) -> dict[str, int]:
    """Return how often each term stands in a text, as whole words, whatever their case; those that do not, not.

    In writing without spaces, where no word ends visibly, any place counts.
    """
    folded = {term: term.casefold() for term in terms}
    spoken = text.casefold()
    words = {term: tuple(_WORD.findall(fold)) for term, fold in folded.items()}
    heard = _WORD.findall(spoken)
    runs: Counter[tuple[str, ...]] = Counter()
    for length in {len(run) for run in words.values()} - {0}:
        runs.update(tuple(heard[at : at + length]) for at in range(len(heard) - length + 1))
    counts = {
        term: runs[run] or (0 if _spaced(folded[term]) else spoken.count(folded[term])) for term, run in words.items()
    }
    return {term: count for term, count in counts.items() if count}


def _spaced(text: str) -> bool:
    """Whether a text is in a script that separates words: Chinese, Japanese, Thai and their like are not."""
    return not any("\u0e00" <= letter <= "\u0eff" or "\u3040" <= letter <= "\u9fff" for letter in text)
