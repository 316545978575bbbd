"""Words made of tokens of which it is known when each was heard, as CTC and transducer models give them.

The tokens must spell the text letter by letter; where they do not, as after text normalisation, no word is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orstt_core.types import Word

MARKS = "▁@"
"""What stands in tokens for no letter: SentencePiece's begin of a word, Paraformer's `@@` of one that goes on."""
FIRST_IDEOGRAPH, LAST_IDEOGRAPH = "\u3040", "\u9fff"
"""From Hiragana to the CJK ideographs of Unicode: a word of those has no space around it."""


def token_words(text: str, tokens: Sequence[str], starts: Sequence[float], lasting: Sequence[float]) -> list[Word]:
    """Return the words of a text; one ends with its last token, and before the next begins.

    Args:
        text: as it is shown.
        tokens: what it was decoded as.
        starts: when each was heard, in seconds.
        lasting: how long each was heard, in seconds.
    """
    letters = [(letter, number) for number, token in enumerate(tokens) for letter in token if _is_letter(letter)]
    words = list(_parted(text))
    if [letter for letter, _ in letters] != list("".join(words)) or len(starts) != len(tokens):
        return []
    found, place = [], 0
    for word in words:
        first, last = letters[place][1], letters[place + len(word) - 1][1]
        place += len(word)
        following = starts[letters[place][1]] if place < len(letters) else float("inf")
        end = max(starts[first], min(starts[last] + lasting[last], following))
        found.append(Word(start=starts[first], end=end, word=word))
    return found


def _parted(text: str) -> Iterator[str]:
    for run in text.split():
        part = ""
        for letter in run:
            if part and (_is_ideograph(letter) or _is_ideograph(part[-1])) and letter.isalnum():
                yield part
                part = ""
            part += letter
        yield part


def _is_letter(letter: str) -> bool:
    return not letter.isspace() and letter not in MARKS


def _is_ideograph(letter: str) -> bool:
    return FIRST_IDEOGRAPH <= letter <= LAST_IDEOGRAPH
