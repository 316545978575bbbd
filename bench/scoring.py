"""Wrong words against a reference, letters where no spaces are, as Whisper's authors normalise both."""

from __future__ import annotations

import re
from collections.abc import Iterable

WITHOUT_SPACES = ("zh", "ja")


def normalized(text: str, language: str) -> str:
    """Return a text without what is no matter of hearing: case, punctuation, spelling of numbers, old characters."""
    from whisper_normalizer.basic import BasicTextNormalizer
    from whisper_normalizer.english import EnglishTextNormalizer
    from zhconv import convert

    if language == "en":
        return str(EnglishTextNormalizer()(text))
    plain = str(BasicTextNormalizer()(text))
    if language in WITHOUT_SPACES:
        plain = re.sub(r"\s", "", convert(plain, "zh-cn") if language == "zh" else plain)
    return plain


def errors(reference: str, said: str, language: str, *, by_letters: bool = False) -> tuple[int, int]:
    """Return how many words, or letters, are wrong, left out or added, and of how many."""
    import jiwer

    expected, heard = normalized(reference, language), normalized(said, language)
    if by_letters:
        expected, heard = expected.replace(" ", ""), heard.replace(" ", "")
    process = jiwer.process_characters if by_letters or language in WITHOUT_SPACES else jiwer.process_words
    found = process(expected, heard or " ")
    return found.substitutions + found.deletions + found.insertions, found.hits + found.substitutions + found.deletions


def fewest_errors(references: Iterable[str], said: str, language: str, *, by_letters: bool = False) -> tuple[int, int]:
    """Return the same against the reference that it is nearest to."""
    return min((errors(each, said, language, by_letters=by_letters) for each in references), key=lambda pair: pair[0])
