"""An engine that takes one window at a time transcribes any recording, and its times are those of the recording."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orstt_core.audio import decode
from orstt_core.engines.windowed import WindowedSTT
from orstt_core.types import Segment, TranscribeOptions, Word

AUSTEN = Path(__file__).parents[1] / "data/austen.wav"
RATE = 16_000

Samples = NDArray[np.float32]


class LengthSTT(WindowedSTT):
    """Says how many samples each window has."""

    capabilities = frozenset({"segments", "words", "vad", "language_detection"})
    longest_seconds = 4.0

    def is_available(self) -> bool:
        return True

    def __init__(self, model_name: str) -> None:
        super().__init__(model_name)
        self.asked: list[str | None] = []

    def decode(self, samples: Samples, options: TranscribeOptions) -> Iterator[Segment]:
        self.asked.append(options.language)
        assert samples.size <= self.longest_seconds * RATE
        word = Word(start=0.05, end=0.1, word="said")
        yield Segment(id=7, start=None, end=None, text=f"{samples.size}", words=[word], language="ga")


@pytest.fixture(scope="module")
def sentence() -> Samples:
    return decode(AUSTEN, max_seconds=60).samples


def test_windows_are_as_short_as_the_engine_needs_and_hold_all_speech(sentence: Samples) -> None:
    found = list(LengthSTT("any").segments(sentence, TranscribeOptions(language="ga")))
    assert len(found) >= 2
    assert [segment.id for segment in found] == list(range(len(found)))
    assert sum(int(segment.text) for segment in found) >= 0.9 * sentence.size


def test_times_count_from_the_beginning_of_the_recording(sentence: Samples) -> None:
    late = np.concatenate([np.zeros(20 * RATE, np.float32), sentence])
    first = next(LengthSTT("any").segments(late, TranscribeOptions(language="ga")))
    assert first.start is not None
    assert first.words is not None
    assert 19.5 < first.start < 21
    assert first.end == pytest.approx(first.start + int(first.text) / RATE, abs=0.01)
    assert first.words[0].start == pytest.approx(first.start + 0.05, abs=0.01)


def test_the_language_found_first_is_asked_for_afterwards(sentence: Samples) -> None:
    engine = LengthSTT("any")
    list(engine.segments(sentence, TranscribeOptions()))
    assert engine.asked[0] is None
    assert set(engine.asked[1:]) == {"ga"}


def test_nothing_is_decoded_where_nobody_speaks() -> None:
    engine = LengthSTT("any")
    assert not list(engine.segments(np.zeros(5 * RATE, np.float32), TranscribeOptions()))
    assert not engine.asked


def test_windows_are_filled_where_each_costs_a_request(sentence: Samples) -> None:
    class CostlySTT(LengthSTT):
        longest_seconds = 20.0
        fills_windows = True

    recording = np.concatenate([sentence, np.zeros(4 * RATE, np.float32), sentence])
    (found,) = CostlySTT("any").segments(recording, TranscribeOptions(language="ga"))
    assert found.end == pytest.approx(recording.size / RATE, abs=0.3)
    assert int(found.text) < recording.size - 2 * RATE


def test_a_language_is_called_by_its_code_whatever_the_engine_calls_it(sentence: Samples) -> None:
    class RegionalSTT(LengthSTT):
        @classmethod
        def languages(cls, model_name: str) -> tuple[str, ...]:
            return ("gd-GB", "ga-IE")

    engine = RegionalSTT("any")
    found = list(engine.segments(sentence, TranscribeOptions()))
    assert {segment.language for segment in found} == {"ga"}
    assert set(engine.asked[1:]) == {"ga-IE"}
