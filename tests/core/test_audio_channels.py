"""One channel instead of the mix, and which channels hold a sound of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from recordings import SECONDS, TONE, dominant_frequency, encode, tone, write

from orstt_core.audio import Limits, OneChannel, decode_to
from orstt_core.errors import TooLarge

RATE = 44_100
OTHER = 880.0


def taken(path: Path, number: int) -> tuple[NDArray[np.float32], OneChannel]:
    channel = OneChannel(number)
    with path.with_suffix(".f32").open("w+b") as sink:
        decode_to(sink, path, limits=Limits(), channel=channel)
    return np.fromfile(path.with_suffix(".f32"), np.float32), channel


def beside(path: Path, *channels: NDArray[np.float32]) -> Path:
    soundfile.write(path, np.stack(channels, axis=1), RATE)
    return path


SILENCE = np.zeros(round(RATE * SECONDS), np.float32)
VOICE, ANSWER = tone(RATE), tone(RATE, frequency=OTHER)
ECHO = (VOICE + 0.1 * ANSWER).astype(np.float32), (ANSWER + 0.1 * VOICE).astype(np.float32)
"""The sides of a call, each with the other one 20 dB below it."""


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg"])
def test_each_channel_is_taken_by_itself(suffix: str, tmp_path: Path) -> None:
    path = beside(tmp_path / f"a.{suffix}", VOICE, ANSWER)

    for number, frequency in ((1, TONE), (2, OTHER)):
        samples, channel = taken(path, number)
        assert dominant_frequency(samples) == pytest.approx(frequency, abs=2)
        assert len(samples) == pytest.approx(SECONDS * 16_000, abs=1_000)
        assert (channel.numbers, channel.notes) == ([1, 2], [])


@pytest.mark.parametrize(
    ("channels", "numbers", "notes"),
    [
        ((VOICE, SILENCE), [1], ["Channel 2 is silent."]),
        ((SILENCE, VOICE), [2], ["Channel 1 is silent."]),
        ((SILENCE, SILENCE), [1], ["Channel 1 is silent.", "Channel 2 is silent."]),
        (
            (VOICE, VOICE),
            [],
            ["All 2 channels of the recording hold the same sound, so there is one transcript of it."],
        ),
        ((VOICE,), [], ["The recording has one channel, so there is one transcript of it."]),
        ((VOICE, ANSWER, VOICE), [1, 2], ["Channel 3 holds the same as channel 1."]),
        ((VOICE, -VOICE), [1, 2], []),
        (ECHO, [1, 2], []),
        ((VOICE, np.concatenate([VOICE[: RATE // 2], VOICE[RATE // 2 :] + ANSWER[RATE // 2 :]])), [1, 2], []),
    ],
    ids=["right silent", "left silent", "silent", "dual mono", "mono", "a copy", "opposite", "crosstalk", "later"],
)
def test_silent_and_equal_channels_are_told(
    channels: tuple[NDArray[np.float32], ...], numbers: list[int], notes: list[str], tmp_path: Path
) -> None:
    _, channel = taken(beside(tmp_path / "a.wav", *channels), 1)

    assert (channel.numbers, channel.notes) == (numbers, notes)


def test_more_channels_than_can_be_transcribed_by_themselves_are_refused_as_soon_as_they_are_heard(
    tmp_path: Path,
) -> None:
    voices = [tone(RATE, 0.1, frequency=200.0 + 40 * number) for number in range(21)]
    quiet = np.zeros_like(voices[0])
    _, channel = taken(beside(tmp_path / "20.caf", *voices[:20], quiet, voices[0]), 1)
    assert channel.numbers == list(range(1, 21))
    with pytest.raises(TooLarge, match="more than 20 channels") as refusal:
        taken(beside(tmp_path / "21.caf", *voices), 1)
    assert refusal.value.field == "channels"


@pytest.mark.parametrize(
    ("suffix", "codec"), [("mp3", "libmp3lame"), ("m4a", "aac"), ("opus", "libopus"), ("ac3", "ac3"), ("mp2", "mp2")]
)
def test_a_codec_leaves_a_mono_recording_that_was_stored_as_stereo_one_sound(
    suffix: str, codec: str, tmp_path: Path
) -> None:
    _, channel = taken(encode(tmp_path / f"a.{suffix}", codec, 48_000, layout="stereo"), 1)

    assert channel.numbers == []


def test_a_stream_that_changes_its_channels_on_the_way_keeps_its_times(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", RATE)
    path.write_bytes(path.read_bytes() + beside(tmp_path / "b.wav", VOICE, ANSWER).read_bytes())

    samples, channel = taken(path, 2)

    middle = round(SECONDS * 16_000)
    assert len(samples) == pytest.approx(2 * middle, abs=10)
    assert np.abs(samples[: middle - 500]).max() < 0.01
    assert dominant_frequency(samples[middle:]) == pytest.approx(OTHER, abs=2)
    assert channel.numbers == [1, 2]
