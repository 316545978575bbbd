"""Wrong words of a recognised text, by `orstt_core.measurements`; of several references the nearest counts."""

from __future__ import annotations

from collections.abc import Iterable

from orstt_core.measurements.scoring import error_rate


def errors(reference: str, said: str, language: str, *, by_letters: bool = False) -> tuple[int, int]:
    """Return how many words, or letters, are wrong, left out or added, and of how many; Chinese in either script."""
    found = error_rate(_script(reference, language), _script(said, language), language, by_letters=by_letters)
    assert found is not None, "the reference is empty"
    return found.substitutions + found.deletions + found.insertions, found.total


def fewest_errors(references: Iterable[str], said: str, language: str, *, by_letters: bool = False) -> tuple[int, int]:
    """Return the same against the reference that it is nearest to."""
    return min((errors(each, said, language, by_letters=by_letters) for each in references), key=lambda pair: pair[0])


def _script(text: str, language: str) -> str:
    """Return Chinese in simplified characters: which of both a model writes is no matter of hearing."""
    if language != "zh":
        return text
    from zhconv import convert

    return str(convert(text, "zh-cn"))
