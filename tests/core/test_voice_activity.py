"""Times in a recording whose silences were left out, and where a long one is cut."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from faster_whisper.vad import get_speech_timestamps

from orstt_core.audio.mapped import map_samples
from orstt_core.engines import voice_activity
from orstt_core.engines.silero import speech_probabilities, speech_spans
from orstt_core.engines.voice_activity import Chunk, SpeechDetection, chunks
from orstt_core.units import SAMPLE_RATE

LENGTH = 60
"""Seconds of the recording in these tests."""


@pytest.fixture
def recording() -> np.ndarray:
    """Samples that say at which second they stand."""
    return (np.arange(LENGTH * SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)


def chunk(recording: np.ndarray, *spans: tuple[float, float]) -> Chunk:
    return Chunk(recording, [(int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)) for start, end in spans])


def test_a_chunk_holds_its_spans_and_nothing_else(recording: np.ndarray) -> None:
    samples = chunk(recording, (2, 5), (20, 24)).samples
    assert samples.size == 7 * SAMPLE_RATE
    assert samples[0] == 2
    assert samples[3 * SAMPLE_RATE] == 20


@pytest.mark.parametrize(
    ("heard", "in_the_recording"),
    [
        pytest.param((0.5, 2.5), (2.5, 4.5), id="inside the first span"),
        pytest.param((3.5, 6.0), (20.5, 23.0), id="inside the second"),
        pytest.param((1.0, 5.0), (3.0, 22.0), id="over the joint"),
        pytest.param((2.8, 6.0), (20.0, 23.0), id="begins in the padding before the joint: belongs after it"),
        pytest.param((1.0, 3.2), (3.0, 5.0), id="ends in the padding after the joint: belongs before it"),
        pytest.param((2.95, 3.3), (20.0, 20.3), id="short, mostly after the joint"),
        pytest.param((2.7, 3.05), (4.7, 5.0), id="short, mostly before the joint"),
        pytest.param((6.5, 9.0), (23.5, 24.0), id="said to end after the end"),
    ],
)
def test_a_segment_is_placed_where_it_was_spoken(
    recording: np.ndarray, heard: tuple[float, float], in_the_recording: tuple[float, float]
) -> None:
    assert chunk(recording, (2, 5), (20, 24)).times(*heard) == in_the_recording


def test_a_word_stays_on_its_side_of_a_joint(recording: np.ndarray) -> None:
    joined = chunk(recording, (2, 5), (20, 24))
    assert joined.word_times(2.6, 3.1) == (4.6, 5.0)
    assert joined.word_times(2.95, 3.4) == (20.0, 20.4)


def test_the_seek_position_is_one_of_the_recording(recording: np.ndarray) -> None:
    joined = chunk(recording, (2, 5), (20, 24))
    assert (joined.seek(0), joined.seek(100), joined.seek(400)) == (200, 300, 2100)


def test_times_never_run_backwards_over_many_joints(recording: np.ndarray) -> None:
    joined = chunk(recording, *[(second, second + 1.0) for second in range(0, LENGTH - 1, 3)])
    length = joined.samples.size / SAMPLE_RATE
    starts = [joined.times(time, time + 0.5)[0] for time in np.arange(0, length - 0.5, 0.1)]
    assert starts == sorted(starts)


def test_a_short_recording_is_one_chunk_and_not_copied(recording: np.ndarray) -> None:
    (only,) = chunks(recording, detection=None)
    assert np.shares_memory(only.samples, recording)
    assert only.samples.size == recording.size


def test_a_long_recording_is_cut_where_it_is_quietest_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_activity, "CHUNK_SECONDS", 30)
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 90 * SAMPLE_RATE).astype(np.float32)
    pauses = [(17.0, 17.5), (39.0, 39.5), (66.0, 66.5)]
    for start, end in pauses:
        noise[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)] *= 0.01
    parts = [part.samples for part in chunks(noise, detection=None)]
    assert np.array_equal(np.concatenate(parts), noise)
    cuts = np.cumsum([part.size for part in parts])[:-1] / SAMPLE_RATE
    assert len(cuts) == len(pauses)
    for cut, (start, end) in zip(cuts, pauses, strict=True):
        assert start < cut < end


def test_times_after_a_cut_are_those_of_the_recording(recording: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice_activity, "CHUNK_SECONDS", 30)
    first, second = list(chunks(recording, detection=None))[:2]
    begin = float(second.samples[0])
    assert begin == pytest.approx(first.samples.size / SAMPLE_RATE, abs=0.001)
    assert second.times(1.0, 2.0) == pytest.approx((begin + 1.0, begin + 2.0), abs=0.001)


@pytest.mark.parametrize(
    "settings",
    [{}, {"threshold": 0.3, "silence_ms": 100}, {"threshold": 0.9, "silence_ms": 0}, {"threshold": 0.01}],
)
@pytest.mark.parametrize("padding", [0.0, 0.3, 2.0])
def test_spans_are_those_that_the_library_finds(austen: Path, settings: dict[str, float], padding: float) -> None:
    speech, _ = soundfile.read(austen, dtype="float32")
    samples = np.concatenate([speech, np.zeros(3 * SAMPLE_RATE, np.float32), speech[: -SAMPLE_RATE // 2 - 77]])
    theirs = {"threshold": settings.get("threshold", 0.5), "min_silence_duration_ms": settings.get("silence_ms", 2000)}
    stamps = get_speech_timestamps(samples, speech_pad_ms=padding * 1000, **theirs)
    found = speech_spans(speech_probabilities(samples), samples.size, padding=padding, **settings)
    assert found == [(stamp["start"], stamp["end"]) for stamp in stamps]


def test_speech_is_heard_from_its_beginning_however_long_there_was_none(austen: Path) -> None:
    speech, _ = soundfile.read(austen, dtype="float32")
    time = np.arange(45 * SAMPLE_RATE) / SAMPLE_RATE
    hiss = np.random.default_rng(1).normal(0, 0.01, time.size)
    chord = sum(0.05 * np.sin(2 * np.pi * hertz * time) * (1 + np.sin(4 * np.pi * time)) for hertz in (220, 277, 330))
    alone, *later = (
        speech_spans(speech_probabilities(samples), samples.size, padding=0)[0][0] / SAMPLE_RATE
        for samples in (speech, *(np.concatenate([each, speech]).astype(np.float32) for each in (hiss, chord)))
    )
    assert later == pytest.approx([45 + alone] * 2, abs=0.1)


def test_a_chunk_knows_where_speech_is_heard_in_it(austen: Path) -> None:
    speech, _ = soundfile.read(austen, dtype="float32")
    samples = np.concatenate(
        [np.zeros(5 * SAMPLE_RATE, np.float32), speech, np.zeros(9 * SAMPLE_RATE, np.float32), speech]
    )
    for detection in (None, SpeechDetection()):
        [found] = chunks(samples, detection=detection)
        assert found.speech.size == pytest.approx(found.samples.size / 320, abs=1)
        heard = [found.word_times(place / 50, (place + 1) / 50)[0] for place in np.flatnonzero(found.speech)]
        assert heard[0] == pytest.approx(5.2, abs=0.2)
        assert heard[-1] == pytest.approx(5 + 7.1 + 9 + 6.8, abs=0.3)
        assert not [time for time in heard if 5 + 7.2 < time < 5 + 7.1 + 9]


@pytest.mark.parametrize("decibels", [0, -40, -70])
def test_speech_is_found_whatever_its_level(austen: Path, decibels: int) -> None:
    speech, _ = soundfile.read(austen, dtype="float32")
    quiet = np.concatenate([np.zeros(5 * SAMPLE_RATE, np.float32), speech * np.float32(10 ** (decibels / 20))])

    [found] = chunks(quiet, detection=SpeechDetection())

    start, end = found.times(0, found.samples.size / SAMPLE_RATE)
    assert start == pytest.approx(5, abs=0.35)
    assert end == pytest.approx(5 + 7.1, abs=0.35)
    assert found.samples.size > 6.5 * SAMPLE_RATE
    assert np.array_equal(found.samples, quiet[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)])


def resident(path: Path) -> int:
    """How many bytes of a file this process has in memory."""
    total, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if not line.split()[0].endswith(":"):
            ours = line.endswith(str(path))
        elif ours and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total


@pytest.mark.slow
@pytest.mark.parametrize("skipped", [0, 1_000_003])
def test_a_recording_mapped_from_a_file_is_in_memory_by_chunkes_only(
    tmp_path: Path, skipped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voice_activity, "CHUNK_SECONDS", 60)
    path = tmp_path / "a.f32"
    np.random.default_rng(0).uniform(-0.5, 0.5, 600 * SAMPLE_RATE).astype(np.float32).tofile(path)
    mapped = map_samples(path, 600 * SAMPLE_RATE)
    kept = []
    for part in chunks(mapped[skipped:], detection=None):
        assert type(part.samples) is np.ndarray
        assert part.samples.any()
        kept.append(resident(path))
    chunk, page = 60 * SAMPLE_RATE * 4, 2 << 20  # the system may map in pages as large as that
    assert max(kept) < chunk + 2 * page
    assert min(kept[:-1]) > chunk // 2
    assert resident(path) <= page
