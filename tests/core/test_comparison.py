"""Two transcripts compared: every word of both is in exactly one row, the same words face each other, errors count."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_jobs import a_job
from stored_jobs import a_transcript

from orstt_core.measurements import scoring
from orstt_core.measurements.comparison import Compared, Reference, compare
from orstt_core.measurements.scoring import error_rate, knows_scripts, normalization
from orstt_core.transcript import with_segments
from orstt_core.types import Comparison, ErrorRate, JobTranscript, Segment, Transcript, Word

Timed = tuple[float, float, str]


def said(*segments: Timed, language: str | None = "en", channels: Sequence[int] = ()) -> Transcript:
    """A transcript of ten seconds, of segments with their times and texts."""
    found = [
        Segment(
            id=number, start=start, end=end, text=text, confidence=0.9, channel=channels[number] if channels else None
        )
        for number, (start, end, text) in enumerate(segments)
    ]
    empty = msgspec.structs.replace(a_transcript(), duration=10.0, language=language)
    return with_segments(empty, found)


def compared(first: Transcript, second: Transcript, reference: str = "") -> Comparison:
    sides = [
        Compared(a_job(number, result=text), JobTranscript(job=f"{number}", version=0, latest=0, transcript=text))
        for number, text in enumerate((first, second))
    ]
    return compare(sides[0], sides[1], Reference(reference) if reference else None)


def shown(comparison: Comparison) -> list[list[str]]:
    """The pieces of each row; of those that differ both sides, between strokes."""
    return [
        [f"{each.first.strip()}|{each.second.strip()}" if each.differs else each.first.strip() for each in row.pieces]
        for row in comparison.rows
    ]


def test_words_face_each_other_and_what_one_alone_heard_stands_in_its_time() -> None:
    first = said((0, 2, "Well, the knee is stable."), (2, 4, "No pain at rest."), (8, 9, "Goodbye"))
    second = said((0, 3, "well the new is stable no"), (3, 4, "pain at rest"), (5, 7, "Take this."), (8, 9, "Good bye"))
    found = compared(first, second)
    assert shown(found) == [
        ["Well, the", "knee|new", "is stable."],
        ["No pain at rest."],
        ["|Take this."],
        ["Goodbye|Good bye"],
    ]
    assert [(row.first and row.first.start, row.second and row.second.start) for row in found.rows] == [
        (0, 0),
        (2, 0),
        (None, 5),
        (8, 8),
    ]
    assert (found.first.words, found.first.differing, found.second.words, found.second.differing) == (10, 2, 13, 5)
    assert found.differing == pytest.approx(7 / 23)
    assert found.first.confidence == pytest.approx(0.9)
    both = "visit-0.wav (10.0 s) and visit-1.wav (10.0 s)"
    assert found.remarks == [f"These may be different recordings: {both} have only about the same length."]
    assert shown(compared(said(), second))[0] == ["|well the new is stable no"]
    assert shown(compared(first, said()))[-1] == ["Goodbye|"]


@pytest.mark.parametrize(
    ("language", "texts", "words", "sure"),
    [
        pytest.param(
            "en",
            ("the knee, is", "the new is"),
            ([" the", " knee", " is"], [" the", " new", " is"]),
            (0.2, 0.2),
            id="en",
        ),
        pytest.param(
            "ja", ("今日は天気", "今日は電気"), (["今日", "は", "天気"], ["今日は", "電気"]), (0.3, 0.2), id="ja"
        ),
        pytest.param("en", ("the knee is", "the new is"), (["the", "corrected"], []), (None, None), id="not measured"),
    ],
)
def test_of_differing_words_it_is_told_how_sure_each_engine_was_of_them(
    language: str, texts: tuple[str, str], words: tuple[list[str], list[str]], sure: tuple[float | None, float | None]
) -> None:
    sides = []
    for text, spoken in zip(texts, words, strict=True):
        (segment,) = said((0, 2, text), language=language).segments
        # The probability of a word is its place, from 0.1 on.
        measured = [Word(start=0, end=1, word=word, probability=place / 10) for place, word in enumerate(spoken, 1)]
        transcript = said((0, 2, text), language=language)
        sides.append(with_segments(transcript, [msgspec.structs.replace(segment, words=measured)]))
    (row,) = compared(sides[0], sides[1]).rows
    (differing,) = (piece for piece in row.pieces if piece.differs)
    assert (differing.first_confidence, differing.second_confidence) == sure
    assert all(piece.first_confidence is None for piece in row.pieces if not piece.differs)


def test_languages_without_spaces_are_compared_by_letters_and_channels_by_themselves() -> None:
    found = compared(said((0, 2, "今日は、いい天気。"), language="ja"), said((0, 2, "今日はいい電気"), language="ja"))
    assert shown(found) == [["今日は、いい", "天|電", "気。"]]
    both = [(0.0, 2.0, "one two"), (1.0, 3.0, "three four")]
    found = compared(said(*both, channels=(1, 2)), said(*both[::-1], channels=(2, 1)))
    assert shown(found) == [["one two"], ["three four"]]
    assert [row.channel for row in found.rows] == [1, 2]


def test_errors_are_counted_as_whispers_authors_count_them(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(said((0, 2, "It's twenty degrees.")), said((0, 2, "it is 30")), "IT IS 20 DEGREES")
    assert found.first.errors == ErrorRate(unit="words", total=4, substitutions=0, deletions=0, insertions=0, rate=0.0)
    assert found.second.errors is not None
    assert (found.second.errors.substitutions, found.second.errors.deletions, found.second.errors.rate) == (1, 1, 0.5)
    japanese = error_rate("今日は、いい天気。", "今日 はいい電気", "ja")
    assert japanese is not None
    assert (japanese.unit, japanese.total, japanese.substitutions) == ("letters", 7, 1)
    simplified, traditional = "我们说汉语。", "我們說漢語"
    for reference, heard in ((simplified, traditional), (traditional, simplified)):
        chinese = error_rate(reference, heard, "zh")
        assert chinese is not None
        assert (chinese.total, chinese.wrong) == (5, 0)
    assert normalization("zh") == "Whisper's basic one, in simplified characters"
    with monkeypatch.context() as patched:
        patched.setattr(scoring, "_simplified", lambda: None)  # as without the extra `chinese`
        chinese = error_rate(simplified, traditional, "zh")
        assert chinese is not None
        assert (chinese.wrong, normalization("zh"), knows_scripts("zh")) == (4, normalization("de"), False)
    assert error_rate("...", "something", "en") is None
    assert error_rate("something", "", None).deletions == 1


def test_errors_of_a_long_text_are_those_of_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Random(1)
    said_words = [chance.choice("abcdefghijklmnopqrstuvwxyz") * 2 for _ in range(900)]
    heard = [word for word in said_words if chance.random() > 0.05]
    heard = ["zyx" if chance.random() < 0.05 else word for word in heard]
    whole = error_rate(" ".join(said_words), " ".join(heard), "de")
    monkeypatch.setattr(scoring, "PART", 40)
    assert error_rate(" ".join(said_words), " ".join(heard), "de") == whole
    unrelated = error_rate(" ".join(said_words), "other words " * 400, "de")
    assert unrelated is not None
    assert (unrelated.total, unrelated.substitutions, unrelated.rate) == (900, 800, 1.0)


WORDS = st.lists(st.sampled_from(["a", "b", "c", "-", "d."]), min_size=0, max_size=6).map(" ".join)


@given(first=st.lists(WORDS, max_size=5), second=st.lists(WORDS, max_size=5), timed=st.booleans())
def test_no_word_of_either_is_lost_or_told_twice(first: list[str], second: list[str], *, timed: bool) -> None:
    sides = [
        said(*((2.0 * number, 2.0 * number + 1.5, text) for number, text in enumerate(texts)))
        for texts in (first, second)
    ]
    if not timed:
        untimed = [msgspec.structs.replace(segment, start=None, end=None) for segment in sides[0].segments]
        sides[0] = with_segments(sides[0], untimed)
    found = compared(sides[0], sides[1])
    for side, texts in (("first", first), ("second", second)):
        told = "".join(getattr(piece, side) for row in found.rows for piece in row.pieces)
        assert told.split() == " ".join(texts).split()


def test_a_long_text_that_repeats_itself_is_compared_word_by_word() -> None:
    sentence = "it is a truth universally acknowledged that a single man"
    texts = [(2.0 * number, 2.0 * number + 2, sentence) for number in range(600)]
    other = [(start, end, text.replace("truth", "lie") if start % 200 == 100 else text) for start, end, text in texts]
    found = compared(said(*texts), said(*other))
    assert (found.first.differing, found.second.differing) == (6, 6)
    assert [number for number, row in enumerate(found.rows) if row.differs] == list(range(50, 600, 100))
