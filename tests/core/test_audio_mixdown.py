"""Many channels become one: the speakers' weights, and nothing that cancels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from recordings import LEVEL, SECONDS, TONE, dominant_frequency, encode, level, tone

from orstt_core.audio import decode

HOUR = 3600.0
RATE = 48_000
FRONT, CENTRE, SURROUND, TOTAL = 0.7071, 1.0, 0.5, 2 * 0.7071 + 1 + 2 * 0.5


def frequencies(channels: int) -> NDArray[np.float32]:
    return np.stack([tone(RATE, frequency=300 + 100 * number) for number in range(channels)], axis=1)


def shares(path: Path, channels: int) -> list[float]:
    """How much of each channel of `frequencies` is in the mix."""
    samples = decode(path, max_seconds=HOUR).samples[8_000:24_000]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) * 4 / len(samples) / LEVEL
    return [float(spectrum[300 + 100 * number]) for number in range(channels)]


@pytest.mark.parametrize(("suffix", "kind"), [("wav", "WAVEX"), ("flac", "FLAC")])
def test_surround_is_mixed_by_the_weights_of_its_speakers(suffix: str, kind: str, tmp_path: Path) -> None:
    soundfile.write(path := tmp_path / f"a.{suffix}", frequencies(6), RATE, format=kind)

    expected = [FRONT, FRONT, CENTRE, 0, SURROUND, SURROUND]
    assert shares(path, 6) == pytest.approx([weight / TOTAL for weight in expected], abs=0.01)


def test_the_centre_of_ogg_is_its_second_channel_and_the_bass_its_last(tmp_path: Path) -> None:
    soundfile.write(path := tmp_path / "a.ogg", frequencies(6), RATE)

    expected = [FRONT, CENTRE, FRONT, SURROUND, SURROUND, 0]
    assert shares(path, 6) == pytest.approx([weight / TOTAL for weight in expected], abs=0.02)


def test_six_channels_for_which_nothing_is_stated_are_like_surround_but_none_is_left_out(tmp_path: Path) -> None:
    soundfile.write(path := tmp_path / "a.wav", frequencies(6), RATE)

    expected = [FRONT, FRONT, CENTRE, SURROUND, SURROUND, SURROUND]
    assert shares(path, 6) == pytest.approx([weight / (TOTAL + SURROUND) for weight in expected], abs=0.01)


def test_four_channels_for_which_nothing_is_stated_count_alike(tmp_path: Path) -> None:
    soundfile.write(path := tmp_path / "a.wav", frequencies(4), RATE)

    assert shares(path, 4) == pytest.approx([1 / 4] * 4, abs=0.01)


def test_what_is_only_in_the_channel_for_the_bass_is_heard_all_the_same(tmp_path: Path) -> None:
    samples = np.zeros((RATE * 2, 6), np.float32)
    samples[:, 3] = tone(RATE)
    soundfile.write(tmp_path / "a.flac", samples, RATE)

    assert dominant_frequency(decode(tmp_path / "a.flac", max_seconds=HOUR).samples) == pytest.approx(TONE, abs=2)


def test_fronts_of_opposite_sign_do_not_cancel_the_whole(tmp_path: Path) -> None:
    samples = np.zeros((RATE * 2, 6), np.float32)
    samples[:, 0], samples[:, 1] = tone(RATE), -tone(RATE)
    soundfile.write(tmp_path / "a.flac", samples, RATE)

    heard = decode(tmp_path / "a.flac", max_seconds=HOUR).samples
    assert dominant_frequency(heard) == pytest.approx(TONE, abs=2)
    assert level(heard) == pytest.approx(LEVEL * 2 * FRONT / TOTAL, rel=0.02)


def test_a_codec_of_films_says_its_speakers_too(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.ac3", "ac3", RATE, layout="5.1")

    heard = decode(path, max_seconds=HOUR).samples
    assert level(heard) == pytest.approx(LEVEL, rel=0.1)  # the same on all channels stays what it is


def test_a_silent_channel_halves_the_level_and_no_more(tmp_path: Path) -> None:
    one_sided = np.stack([tone(44_100), np.zeros(round(44_100 * SECONDS), np.float32)], axis=1)
    soundfile.write(tmp_path / "a.wav", one_sided, 44_100)

    sound = decode(tmp_path / "a.wav", max_seconds=HOUR)

    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert level(sound.samples) == pytest.approx(LEVEL / 2, rel=0.01)


@pytest.mark.parametrize("opposite", [-1.0, -0.97])
def test_sides_of_opposite_sign_do_not_cancel_each_other_out(opposite: float, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.stack([tone(44_100), opposite * tone(44_100)], axis=1), 44_100)

    sound = decode(tmp_path / "a.wav", max_seconds=HOUR)

    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert level(sound.samples) == pytest.approx(LEVEL, rel=0.03)
