"""Subtitles laid out to be read: lines and cues as long as allowed, divided only where times were measured."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orstt_core.cue_layout import Limits, wrap
from orstt_core.formats import render
from orstt_core.types import Segment, SubtitleOptions, Transcript, UsedModel, Word

LONG = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a "
    "wife. However little known the feelings of such a man may be, this truth is so well fixed."
)
COMMA = "\uff0c"
CHINESE = f"这是一个很长的句子{COMMA}它没有空格{COMMA}所以必须在字与字之间换行。第二个句子在这里开始{COMMA}也很长很长。"
CUE = re.compile(r"\d+\n(\S+) --> (\S+)\n(.+?)\n(?:\n|\Z)", re.DOTALL)


def said(text: str, *, language: str = "en", measured: bool = True, end: float = 20.0) -> Transcript:
    """A transcript of one segment, whose words are spoken evenly, or not measured."""
    words = re.findall(r"\s*\S+", text) if " " in text else list(text)
    step = end / len(words)
    timed = [Word(start=number * step, end=(number + 1) * step, word=word) for number, word in enumerate(words)]
    segment = Segment(id=0, start=0.0, end=end, text=text, words=timed if measured else None)
    return Transcript(
        text=text,
        segments=[segment],
        language=language,
        language_probability=1.0,
        duration=end,
        task="transcribe",
        model=UsedModel(name="base", type="whisper", device="cpu", compute_type="int8"),
    )


def cues(transcript: Transcript, options: SubtitleOptions) -> list[tuple[float, float, list[str]]]:
    """The cues of SubRip: start, end, lines."""

    def seconds(clock: str) -> float:
        hours, minutes, rest = clock.replace(",", ".").split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(rest)

    found = CUE.findall(render(transcript, "srt", options))
    return [(seconds(start), seconds(end), lines.split("\n")) for start, end, lines in found]


@pytest.mark.parametrize(("text", "language", "length"), [(LONG, "en", 42), (CHINESE, "zh", 16), (CHINESE, "ja", 13)])
def test_a_long_segment_is_divided_into_cues_that_can_be_read(text: str, language: str, length: int) -> None:
    found = cues(said(text, language=language), SubtitleOptions())
    assert len(found) > 2
    assert all(len(line) <= length + 1 for _, _, lines in found for line in lines)  # one that no line begins with
    assert all(len(lines) <= 2 for _, _, lines in found)
    assert all(end - start <= 7.001 for start, end, _ in found)
    assert all(end <= start for (_, end, _), (start, _, _) in pairwise(found))
    joined = (" " if language == "en" else "").join(line for _, _, lines in found for line in lines)
    assert joined == text, "nothing is lost"
    assert not any(line[0] in f"{COMMA}。" for _, _, lines in found for line in lines)


def test_cues_are_divided_behind_sentences_and_their_lines_are_about_as_long() -> None:
    found = cues(said(LONG, end=16.0), SubtitleOptions(cue_seconds=15.0, lines=3))
    assert found[0][2][-1].endswith("wife."), "not in the middle of the next sentence"
    first, second = wrap("However little known the feelings or views of such a man may be", Limits(42, 2, 7, 20))
    assert abs(len(first) - len(second)) < 8


def test_without_times_of_words_a_cue_is_wrapped_and_stays_one() -> None:
    [(start, end, lines)] = cues(said(LONG, measured=False), SubtitleOptions())
    assert (start, end) == (0.0, 20.0)
    assert all(len(line) <= 42 for line in lines)
    lost = said(LONG)
    segment = msgspec.structs.replace(lost.segments[0], words=[Word(start=0, end=1, word="elsewhere")])
    assert len(cues(msgspec.structs.replace(lost, segments=[segment]), SubtitleOptions())) == 1


def test_a_short_cue_stays_until_it_can_be_read_but_not_into_the_next() -> None:
    segments = [
        Segment(id=0, start=0.0, end=0.5, text="That was said rather fast, was it not?"),
        Segment(id=1, start=1.0, end=1.2, text="And so was this, though nothing follows it."),
    ]
    fast = msgspec.structs.replace(said("Yes."), segments=segments)
    (_, first_end, _), (_, second_end, _) = cues(fast, SubtitleOptions())
    assert first_end == 1.0
    at_once = [Word(start=1.0, end=1.0, word=word) for word in ("Hello", " there", " everybody")]
    timeless = [msgspec.structs.replace(segments[1], text="Hello there everybody", words=at_once)]
    narrow = cues(msgspec.structs.replace(fast, segments=timeless), SubtitleOptions(line_length=9, lines=1))
    assert [(start, end) for start, end, _ in narrow[:2]] == [(1.0, 1.001)] * 2
    assert second_end == pytest.approx(1.0 + len(segments[1].text) / 20, abs=0.01)


@given(st.text(alphabet="abc é,。漢字 ", min_size=1, max_size=80), st.integers(5, 40), st.sampled_from(["en", "ja"]))
def test_wrapping_loses_no_letter(text: str, length: int, language: str) -> None:
    text = " ".join(text.split())
    lines = wrap(text, SubtitleOptions(line_length=length).limits(language))
    assert "".join("".join(lines).split()) == "".join(text.split())
