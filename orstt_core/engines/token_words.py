"""Words made of the tokens of a passage whose bytes and ends are known, as whisper.cpp gives them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from orstt_core.transcript import WRITTEN_WITHOUT_SPACES
from orstt_core.types import TranscribeOptions, Word


class DecodedToken(NamedTuple):
    """A piece of the text: its bytes, which may be a part of a letter, and its end in the window, in seconds."""

    spelt: bytes
    logprob: float
    end: float


class DecodedSegment(NamedTuple):
    """A passage of a window, from second to second of it."""

    start: float
    end: float
    tokens: list[DecodedToken]


def whole_letters(spelt: Iterable[bytes]) -> bool:
    """Return whether bytes of UTF-8 do not end within a letter."""
    try:
        b"".join(spelt).decode()
    except UnicodeDecodeError as error:
        return "unexpected end" not in error.reason
    return True


def words_of(tokens: Sequence[DecodedToken], start: float, language: str, options: TranscribeOptions) -> Iterator[Word]:
    """Yield the words of a passage, none of which begins before the one before it has ended.

    A mark belongs to the word before it and takes no time.

    Args:
        tokens: of the passage.
        start: the second of the window that the first word may begin at.
        language: what is spoken; some are written without spaces.
        options: whether it is translated.
    """
    spaced = options.task == "translate" or language not in WRITTEN_WITHOUT_SPACES
    for word in _grouped(list(_pieces(tokens)), spaced=spaced):
        ends = [token.end for piece in word for token in piece if _is_spoken(piece)] or [start]
        logprobs = [token.logprob for piece in word for token in piece]
        end = max(start, ends[-1])
        text = "".join(map(_text, word)).strip()
        yield Word(start=start, end=end, word=text, probability=_mean_probability(logprobs))
        start = end


def _pieces(tokens: Sequence[DecodedToken]) -> Iterator[list[DecodedToken]]:
    """Yield the tokens, together where only several spell whole letters."""
    piece: list[DecodedToken] = []
    for token in tokens:
        piece.append(token)
        if whole_letters(each.spelt for each in piece):
            yield piece
            piece = []
    if piece:
        yield piece


def _grouped(pieces: Sequence[list[DecodedToken]], *, spaced: bool) -> Iterator[list[list[DecodedToken]]]:
    word: list[list[DecodedToken]] = []
    for piece in pieces:
        begins = _text(piece).startswith(" ") or (not spaced and _is_spoken(piece))
        if word and begins:
            yield word
            word = []
        word.append(piece)
    if word:
        yield word


def _text(piece: Sequence[DecodedToken]) -> str:
    return b"".join(token.spelt for token in piece).decode(errors="replace")


def _is_spoken(piece: Sequence[DecodedToken]) -> bool:
    return any(map(str.isalnum, _text(piece)))


def _mean_probability(logprobs: Sequence[float]) -> float:
    return min(1.0, math.exp(sum(logprobs) / len(logprobs)))
