"""What edits make of segments: whatever they are, nothing is invented, nothing overlaps, and all can be taken back."""

from __future__ import annotations

from time import monotonic

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orstt_core import word_diff
from orstt_core.correction import apply, changes_of, corrected_places, inverted
from orstt_core.errors import InvalidRequest
from orstt_core.transcript import with_segments
from orstt_core.types import (
    Correction,
    Edit,
    MergeSegments,
    MoveBounds,
    Passage,
    ReplaceSegments,
    Segment,
    SetText,
    SplitSegment,
    Transcript,
    UsedModel,
    Word,
)
from orstt_core.word_diff import common, differences, gaps, tokens

WORDS = ["one", "Two,", "three", "don't", "über", "Yes."]
SECONDS = 0.5


def transcript(*texts: str, language: str = "en", channels: int = 0) -> Transcript:
    """A word every half a second; a segment a text, in the next channel each."""
    segments, at = [], 0.0
    for number, text in enumerate(texts):
        spelled = list(text) if language == "ja" else text.split()
        words = [
            Word(start=at + SECONDS * place, end=at + SECONDS * place + 0.4, word=word)
            for place, word in enumerate(spelled)
        ]
        end = at + SECONDS * len(words)
        channel = number % channels + 1 if channels else None
        segments.append(
            Segment(id=number, start=at, end=end, text=text, words=words, channel=channel, confidence=0.9, tokens=[1])
        )
        at = end
    whole = Transcript(
        text="",
        segments=[],
        language=language,
        language_probability=0.9,
        duration=at + 1.0,
        task="transcribe",
        model=UsedModel(name="base", type="whisper", device="cpu", compute_type="int8"),
    )
    return with_segments(whole, segments)


def after(whole: Transcript, *edits: Edit) -> list[Segment]:
    return apply(whole.segments, changes_of(whole, edits))


def said(segments: list[Segment]) -> list[str]:
    return [segment.text for segment in segments]


def timed(segment: Segment) -> list[tuple[str, float]]:
    return [(word.word, word.start) for word in segment.words or ()]


THREE = transcript("so my fellow Americans", "ask not", "what your country")


def test_words_that_stay_keep_their_times_and_others_have_none() -> None:
    first, *others = after(THREE, SetText(segment=0, text="And so,  my\nFellow Canadians!"))
    assert first.text == "And so, my Fellow Canadians!"
    assert timed(first) == [("so,", 0.0), ("my", 0.5), ("Fellow", 1.0)]
    assert (first.start, first.end) == (0.0, 2.0)
    assert (first.confidence, first.tokens) == (None, None)  # they were measured of another text
    assert others == THREE.segments[1:]


def test_a_segment_is_split_where_its_words_say_or_where_a_person_says() -> None:
    by_text = after(THREE, SplitSegment(segment=0, character=5))
    assert said(by_text)[:2] == ["so my", "fellow Americans"]
    assert [(part.start, part.end) for part in by_text[:2]] == [(0.0, 0.9), (1.0, 2.0)]
    assert [timed(part) for part in by_text[:2]] == [[("so", 0.0), ("my", 0.5)], [("fellow", 1.0), ("Americans", 1.5)]]
    by_time = after(THREE, SplitSegment(segment=0, time=0.95))
    assert said(by_time) == said(by_text)
    assert [(part.start, part.end) for part in by_time[:2]] == [(0.0, 0.95), (0.95, 2.0)]
    assert [segment.id for segment in by_time] == [0, 1, 2, 3]
    unmeasured = with_segments(THREE, [msgspec.structs.replace(part, words=None) for part in THREE.segments])
    with pytest.raises(InvalidRequest, match="was not measured") as refused:
        after(unmeasured, SplitSegment(segment=0, character=5))
    assert refused.value.field == "time"
    assert said(after(unmeasured, SplitSegment(segment=0, character=5, time=0.7)))[:2] == ["so my", "fellow Americans"]


def test_two_segments_become_one_with_the_words_of_both() -> None:
    first, second = after(THREE, MergeSegments(segment=1))
    assert (second.text, second.start, second.end, second.id) == ("ask not what your country", 2.0, 4.5, 1)
    assert [word for word, _ in timed(second)] == ["ask", "not", "what", "your", "country"]
    assert first == THREE.segments[0]


def test_what_was_measured_of_a_text_goes_with_it() -> None:
    doubted = msgspec.structs.replace(THREE.segments[1], confidence=0.39, avg_logprob=-0.94, no_speech_prob=0.4)
    whole = with_segments(THREE, [THREE.segments[0], doubted, THREE.segments[2]])
    parts = SplitSegment(segment=1, character=3)
    halves = after(whole, parts)
    assert [(part.text, part.confidence) for part in halves[1:3]] == [("ask", 0.39), ("not", 0.39)]
    [again] = after(whole, parts, MergeSegments(segment=1))[1:2]
    assert (again.text, again.confidence, again.avg_logprob, again.no_speech_prob) == ("ask not", 0.39, -0.94, 0.4)
    for place in (0, 1):  # merged with a surer one, it is no surer
        assert after(whole, MergeSegments(segment=place))[place].confidence == 0.39
    halfway = [Passage(text="ask", start=2.0, end=2.5), Passage(text="not what your country", start=2.5, end=4.5)]
    shifted = after(whole, ReplaceSegments(segment=1, count=2, passages=halfway))
    assert [part.confidence for part in shifted] == [0.9, 0.39, 0.39]
    edited = after(whole, parts, SetText(segment=2, text="nought"), MergeSegments(segment=1))[1]
    assert (edited.text, edited.confidence) == ("ask nought", 0.39)


def test_a_channel_is_merged_with_what_is_said_next_in_it() -> None:
    call = transcript("hello", "yes", "there", channels=2)
    merged = after(call, MergeSegments(segment=0))
    assert [(part.text, part.channel) for part in merged] == [("hello there", 1), ("yes", 2)]
    assert merged[1] == call.segments[1]
    with pytest.raises(InvalidRequest, match="no segment behind"):
        after(call, MergeSegments(segment=1))


def test_bounds_move_as_far_as_the_neighbours_and_keep_what_was_measured() -> None:
    moved = after(THREE, MoveBounds(segment=1, start=2.45, end=2.9))[1]
    assert (moved.start, moved.end, moved.confidence) == (2.45, 2.9, 0.9)
    assert timed(moved) == [("not", 2.5)]
    for beyond in (MoveBounds(segment=1, start=1.9), MoveBounds(segment=1, end=3.1), MoveBounds(segment=2, end=99.0)):
        with pytest.raises(InvalidRequest, match="may not"):
            after(THREE, beyond)
    with pytest.raises(InvalidRequest, match="end before it begins"):
        after(THREE, MoveBounds(segment=1, start=2.8, end=2.5))
    assert after(THREE, MoveBounds(segment=2, end=5.4))[2].end == 5.4


def test_languages_without_spaces_are_compared_by_letters() -> None:
    japanese = transcript("東京都に行く。", language="ja")
    changed = after(japanese, SetText(segment=0, text="京都府に行く。"))[0]
    assert [word for word, _ in timed(changed)] == ["京", "都", "に", "行", "く"]
    assert [piece.text for piece in differences("東京都", "京都府", "ja") if piece.kind != "same"] == ["東", "府"]


def test_segments_are_added_and_removed() -> None:
    added = ReplaceSegments(segment=3, count=0, passages=[Passage(text="can do", start=4.5, end=5.0)])
    assert said(after(THREE, added, ReplaceSegments(segment=0, count=2, passages=[]))) == [
        "what your country",
        "can do",
    ]


@pytest.mark.parametrize(
    "edit",
    [
        SetText(segment=0, text=" \n"),
        SetText(segment=3, text="x"),
        SplitSegment(segment=0),
        SplitSegment(segment=0, character=0),
        SplitSegment(segment=0, character=1000),
        SplitSegment(segment=0, character=5, time=9.0),
        MergeSegments(segment=2),
        ReplaceSegments(segment=2, count=2, passages=[]),
        ReplaceSegments(segment=0, count=1, passages=[Passage(text="without times")]),
        ReplaceSegments(segment=0, count=1, passages=[Passage(text="elsewhere", start=0.0, end=1.0, channel=7)]),
        ReplaceSegments(segment=0, count=1, passages=[Passage(text="elsewhere", start=0.0, end=1.0, track=2)]),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_refused_with_its_reason(edit: Edit) -> None:
    with pytest.raises(InvalidRequest) as refused:
        changes_of(THREE, [edit])
    assert refused.value.field


def test_edits_are_checked_where_they_are_written() -> None:
    for wrong in (-1, 10**12):
        with pytest.raises(InvalidRequest):
            SetText(segment=wrong, text="x")
    for time in (-0.1, float("inf"), float("nan")):
        with pytest.raises(InvalidRequest):
            MoveBounds(segment=0, start=time)
    with pytest.raises(InvalidRequest):
        Correction(version=0, edits=[])


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
places = st.integers(0, 5)
times = st.floats(0, 12).map(lambda time: round(time, 1))
edits = st.one_of(
    st.builds(SetText, segment=places, text=texts),
    st.builds(SplitSegment, segment=places, character=st.none() | st.integers(0, 20), time=st.none() | times),
    st.builds(MergeSegments, segment=places),
    st.builds(MoveBounds, segment=places, start=st.none() | times, end=st.none() | times),
    st.builds(
        ReplaceSegments,
        segment=places,
        count=st.integers(0, 2),
        passages=st.lists(st.builds(Passage, text=texts, start=times, end=times), max_size=2),
    ),
)


@settings(deadline=None)
@given(
    st.lists(texts, max_size=5),
    st.sampled_from(["en", "ja"]),
    st.sampled_from([0, 2]),
    st.lists(edits, min_size=1, max_size=8),
)
def test_whatever_is_edited_nothing_is_invented_and_all_can_be_taken_back(
    said_first: list[str], language: str, channels: int, asked: list[Edit]
) -> None:
    original = current = transcript(*said_first, language=language, channels=channels)
    made = []
    for edit in asked:
        try:
            changes = changes_of(current, [edit])
        except InvalidRequest:
            continue
        current = with_segments(current, apply(current.segments, changes))
        made += changes
    segments = current.segments
    assert apply(original.segments, made) == segments
    assert apply(segments, inverted(made)) == original.segments
    assert [segment.id for segment in segments] == list(range(len(segments)))
    measured = {(word.start, word.end) for segment in original.segments for word in segment.words or ()}
    latest: dict[int, float] = {}
    for place, segment in enumerate(segments):
        assert segment.text
        assert segment.start is not None
        assert segment.end is not None
        assert latest.get(segment.part, 0.0) <= segment.start <= segment.end <= current.duration
        latest[segment.part] = segment.end
        spelled = [token.folded for token in tokens(segment.text, language)]
        for word in segment.words or ():
            assert (word.start, word.end) in measured
            assert segment.start <= (word.start + word.end) / 2 <= segment.end
            assert all(token.folded in spelled for token in tokens(word.word, language))
        if place not in corrected_places(original.segments, segments):
            assert segment.text in said_first


@settings(deadline=None)
@given(texts, st.integers(1, 20))
def test_a_segment_that_is_split_and_merged_is_what_it_was(text: str, character: int) -> None:
    whole = transcript(text)
    try:
        parts = with_segments(whole, after(whole, SplitSegment(segment=0, character=character)))
    except InvalidRequest:
        return
    [merged] = after(parts, MergeSegments(segment=0))
    if text[character - 1 : character + 1].strip() == text[character - 1 : character + 1]:  # within a word
        return
    assert (merged.text, merged.words) == (text, whole.segments[0].words)
    assert (merged.start, merged.end) == (0.0, whole.segments[0].end)


@settings(deadline=None)
@given(texts, texts)
def test_the_differences_spell_both_texts(before: str, after: str) -> None:
    pieces = list(differences(before, after, "en"))
    assert " ".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert " ".join(piece.text for piece in pieces if piece.kind != "removed") == after


def test_of_two_that_say_the_same_each_keeps_what_was_measured_of_it_when_both_move() -> None:
    whole = transcript("Yes.", "three two", "Yes.")
    passages = [
        Passage(text=segment.text, start=segment.start, end=segment.end and segment.end - 0.05)
        for segment in whole.segments
    ]
    moved = after(whole, ReplaceSegments(segment=0, count=3, passages=passages))
    assert [segment.words for segment in moved] == [segment.words for segment in whole.segments]


def test_every_other_segment_of_a_long_recording_may_be_corrected_and_is_found_at_once() -> None:
    original = transcript(*(f"one {number}" for number in range(10_000))).segments
    changed = [msgspec.structs.replace(segment, text="two") if segment.id % 2 else segment for segment in original]
    began = monotonic()
    assert corrected_places(original, changed) == list(range(1, 10_000, 2))
    assert monotonic() - began < 10  # comparing all with all takes minutes


def test_texts_of_models_that_got_stuck_are_not_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(word_diff, "SequenceMatcher")  # takes minutes for these
    stuck, other = ["one", *["yes"] * 1900, "two"], ["three", *["yes", "no"] * 950, "four"]
    assert len(common(stuck, other)) == 950


@settings(deadline=None)
@given(st.lists(st.integers(0, 6), max_size=12), st.lists(st.integers(0, 6), max_size=12))
def test_what_two_sequences_have_in_common_is_the_same_and_in_the_same_order(one: list[int], other: list[int]) -> None:
    pairs = sorted(common(one, other).items())
    assert all(one[first] == other[second] for first, second in pairs)
    assert [second for _, second in pairs] == sorted({second for _, second in pairs})
    rest = list(other)
    for first, second in reversed(list(gaps(one, other))):
        rest[second.start : second.stop] = [one[place] for place in first]
    assert rest == one
