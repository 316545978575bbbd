"""Words out of tokens that may hold parts of letters: none is lost, and none begins before the one before has ended."""

from __future__ import annotations

from collections.abc import Sequence

from orstt_core.engines.token_words import DecodedToken, whole_letters, words_of
from orstt_core.types import TranscribeOptions


def tokens(*pieces: bytes) -> list[DecodedToken]:
    """Each ends a tenth of a second after the one before."""
    return [DecodedToken(piece, -0.1, (number + 1) / 10) for number, piece in enumerate(pieces)]


def said(found: Sequence[DecodedToken], language: str) -> list[tuple[str, float, float]]:
    words = words_of(found, 0.05, language, TranscribeOptions())
    return [(word.word, round(word.start, 2), round(word.end, 2)) for word in words]


def test_words_are_parted_at_spaces_and_marks_take_no_time() -> None:
    found = tokens(b" Mr", b".", b" Dash", b"wood", b" \xc2\xab", b"then", b"\xc2\xbb")
    assert said(found, "en") == [("Mr.", 0.05, 0.1), ("Dashwood", 0.1, 0.4), ("«then»", 0.4, 0.6)]


def test_where_no_spaces_are_written_each_whole_letter_is_a_word() -> None:
    first, second = "場".encode(), "所".encode()
    found = tokens(first[:1], first[1:], second, "。".encode())
    assert said(found, "ja") == [("場", 0.05, 0.2), ("所。", 0.2, 0.3)]


def test_a_letter_that_is_cut_is_noticed_and_damage_is_not_waited_for() -> None:
    letter = "場".encode()
    assert whole_letters([letter])
    assert not whole_letters([b"a", letter[:2]])
    assert whole_letters([b"\xff"])
