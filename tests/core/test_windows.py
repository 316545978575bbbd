"""Windows: speech cut at its pauses, none too long, none of it lost."""

from itertools import pairwise

import numpy as np
import pytest

from orstt_core.engines import voice_activity, windows
from orstt_core.engines.silero import FRAME
from orstt_core.engines.voice_activity import SpeechDetection
from orstt_core.engines.windows import LONGEST_SECONDS, cut
from orstt_core.units import SAMPLE_RATE

RATE = SAMPLE_RATE / FRAME
"""Frames of the detector in a second."""


def heard(seconds: float, *pauses: tuple[float, float]) -> np.ndarray:
    """The probabilities of speech that goes on for so many seconds, but for pauses at a second, so long."""
    found = np.full(int(seconds * RATE), 0.9, np.float32)
    for start, length in pauses:
        found[int(start * RATE) : int((start + length) * RATE)] = 0.05
    return found


def seconds_of(found: list[tuple[int, int]]) -> list[float]:
    return [round((end - start) / SAMPLE_RATE, 1) for start, end in found]


def ends(probabilities: np.ndarray) -> list[float]:
    found = cut(probabilities, 0, (0, probabilities.size * FRAME))
    assert all(before[1] == after[0] for before, after in pairwise(found)), "something was lost or doubled"
    assert (found[0][0], found[-1][1]) == (0, probabilities.size * FRAME)
    assert max(seconds_of(found)) <= LONGEST_SECONDS
    return [round(end / SAMPLE_RATE, 1) for _, end in found[:-1]]


def test_speech_is_cut_in_the_middle_of_its_longer_pauses() -> None:
    assert ends(heard(9)) == []
    assert ends(heard(24, (5, 0.2), (10, 0.6), (15, 0.2))) == [10.3]
    assert ends(heard(36, (11, 0.1), (12, 1), (23, 1), (25, 0.1))) == [12.5, 23.5]


def test_a_window_grows_rather_than_cut_a_word() -> None:
    assert ends(heard(26)) == []
    assert ends(heard(40, (20, 0.5))) == [20.2]


def test_where_there_is_no_pause_at_all_it_is_cut_where_speech_is_least() -> None:
    endless = heard(50)
    endless[int(23 * RATE)] = 0.6
    assert ends(endless) == [pytest.approx(23, abs=0.2)]


def test_a_long_pause_that_is_kept_is_cut_too() -> None:
    first, *_ = ends(heard(90, (10, 70)))
    assert 11 <= first <= 20


@pytest.mark.parametrize("detection", [SpeechDetection(), None], ids=["speech only", "everything"])
def test_a_recording_is_looked_at_piece_by_piece_and_nothing_of_it_is_lost(
    detection: SpeechDetection | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = np.arange(1, 700 * SAMPLE_RATE + 1, dtype=np.float32) / np.float32(2**24)  # each says where it stands
    heard_by_frame = heard(701, *((second, 0.4) for second in range(7, 700, 9)), (300, 30))
    looked_at: list[int] = []

    def probabilities(part: np.ndarray) -> np.ndarray:
        first = int(part[0] * 2**24) // FRAME
        looked_at.append(part.size // SAMPLE_RATE)
        return heard_by_frame[first : first + part.size // FRAME + 1]

    monkeypatch.setattr(voice_activity, "speech_probabilities", probabilities)
    found = windows.windows(samples, detection=detection)
    spans = [next(found).word_times(0, 1e9)]
    assert looked_at == [30], "decoding could not begin before the whole was looked at"
    spans += [chunk.word_times(0, 1e9) for chunk in found]
    assert max(looked_at) <= windows.MOST_SECONDS
    assert (spans[0][0], spans[-1][1]) == (0.0, 700.0)
    assert max(end - start for start, end in spans) <= LONGEST_SECONDS
    gaps = [time for before, after in pairwise(spans) if before[1] != after[0] for time in (before[1], after[0])]
    assert gaps == pytest.approx([] if detection is None else [300.3, 329.7], abs=0.1)


def test_a_long_recording_begins_with_a_short_window_where_somebody_pauses() -> None:
    def begun(probabilities: np.ndarray) -> list[float]:
        return seconds_of(windows._begun(probabilities, (0, probabilities.size * FRAME)))

    assert begun(heard(30, (4, 0.3), (12, 1))) == [4.1, 25.9]
    assert begun(heard(30, (4, 0.3), (6, 0.6))) == [6.3, 23.7]
    assert begun(heard(30, (4, 0.1), (12, 1))) == [30.0]
    assert begun(heard(30, (0.5, 0.5))) == [30.0]
