"""What is no sound gets a typed error that says so, at once; odd but sound recordings get an answer."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordings import pcm, tone, wav

from orstt_core.audio import decode
from orstt_core.audio.sndfile import SOUNDFILE_MAGIC
from orstt_core.errors import AudioEmpty, AudioError, AudioUnreadable

HOUR = 3600.0


# --- nothing in it --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.raw", "a"])
def test_a_file_of_no_bytes_is_empty(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()

    with pytest.raises(AudioEmpty, match=f"^{name} is empty"):
        decode(tmp_path / name, max_seconds=HOUR)


def test_a_header_without_samples_is_empty(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(b""))

    with pytest.raises(AudioEmpty, match=r"^a\.wav has no sound"):
        decode(tmp_path / "a.wav", max_seconds=HOUR)


@pytest.mark.parametrize("kind", ["WAV", "AIFF", "OGG", "AU", "CAF", "W64"])
def test_every_container_may_be_empty(kind: str, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a", np.zeros(0), 16_000, format=kind)

    with pytest.raises(AudioEmpty):
        decode(tmp_path / "a", max_seconds=HOUR)


@pytest.mark.parametrize("rate", [1_000, 16_000, 44_100, 768_000])
def test_one_sample_is_a_very_short_sound(rate: int, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(b"\0\x40", rate=rate))

    sound = decode(tmp_path / "a.wav", max_seconds=HOUR)

    assert 1 <= len(sound.samples) <= 16


def test_silence_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(bytes(32_000)))

    sound = decode(tmp_path / "a.wav", max_seconds=HOUR)

    assert sound.duration == 1
    assert not sound.samples.any()
    assert sound.warnings == []


# --- not audio ------------------------------------------------------------------------------------

NOT_AUDIO = {
    "text": b"Dear Sir or Madam,\n" * 500,
    "one byte": b"\xff",
    "zeros": bytes(5000),
    "random bytes": np.random.default_rng(1).bytes(100_000),
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde" + bytes(100),
    "a web page": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "an archive": b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(200),
    "40 bytes of a WAV header": wav(b"")[:40],
    "a name of a format and no more": b"RIFF",
    "FLAC's first bytes": b"fLaC",
    "Ogg's first bytes": b"OggS",
}


@pytest.mark.parametrize("content", NOT_AUDIO)
@pytest.mark.parametrize("suffix", [".wav", ".mp3", ""])
def test_what_is_not_audio_is_unreadable(
    content: str, suffix: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(NOT_AUDIO[content])

    with pytest.raises(AudioUnreadable, match=f"^{path.name} is not audio") as refusal:
        decode(path, max_seconds=HOUR)

    assert refusal.value.__cause__ is not None
    assert "wav, flac" in refusal.value.hint
    assert capfd.readouterr() == ("", "")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    magic=st.sampled_from([*SOUNDFILE_MAGIC, b"ID3\x04", b"\x1aE\xdf\xa3", b"\xff\xfb", b"\0\0\0\x18ftyp"]),
    rest=st.binary(),
)
def test_any_bytes_at_all_give_a_sound_or_an_audio_error(magic: bytes, rest: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(magic + rest)

    try:
        sound = decode(tmp_path / "a", max_seconds=60)
    except AudioError:
        return
    assert np.isfinite(sound.samples).all()


@pytest.mark.parametrize("rate", [0, 1, 999, 768_001, 2**31 - 1])
def test_a_rate_that_no_recorder_makes_is_refused(rate: int, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(pcm(), rate=rate))

    with pytest.raises(AudioUnreadable):
        decode(tmp_path / "a.wav", max_seconds=HOUR)


@pytest.mark.parametrize("channels", [0, 65, 1024, 65_535])
def test_a_channel_count_that_no_recorder_makes_is_refused(channels: int, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(pcm(), channels=channels))

    with pytest.raises(AudioUnreadable):
        decode(tmp_path / "a.wav", max_seconds=HOUR)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_values_that_are_no_numbers_are_refused(value: float, tmp_path: Path) -> None:
    samples = tone(16_000)
    samples[20_000] = value
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="FLOAT")

    with pytest.raises(AudioUnreadable, match="not sound: NaN, infinite"):
        decode(tmp_path / "a.wav", max_seconds=HOUR)


def test_floats_beyond_full_scale_are_divided_by_their_peak_and_that_is_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16_000, level=20_000), 16_000, subtype="FLOAT")

    sound = decode(tmp_path / "a.wav", max_seconds=HOUR)

    np.testing.assert_allclose(sound.samples, tone(16_000, level=1), atol=1e-3)
    assert sound.warnings == ["Samples reach 2e+04 instead of 1: all were divided by that."]


def test_the_overshoot_of_a_clipped_recording_stays_within_full_scale(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.sign(tone(44_100)) * 0.99999, 44_100)

    sound = decode(tmp_path / "a.wav", max_seconds=HOUR)

    assert np.abs(sound.samples).max() <= 1
    assert sound.warnings == []
