"""Whatever container a recording is in, the same sound comes out."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import (
    CONTAINERS,
    LEVEL,
    SECONDS,
    TONE,
    dominant_frequency,
    encode,
    headerless,
    level,
    tone,
    video,
    write,
)

from orstt_core.audio import SAMPLE_RATE, decode
from orstt_core.errors import AudioEmpty, AudioUnreadable

HOUR = 3600.0


@pytest.mark.parametrize("container", CONTAINERS)
def test_the_tone_survives(container: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sound = decode(CONTAINERS[container](tmp_path), max_seconds=HOUR)

    assert sound.samples.dtype == np.float32
    assert sound.samples.ndim == 1
    assert sound.duration == len(sound.samples) / SAMPLE_RATE
    # AAC and AC-3 come in frames, with up to 2112 samples of run-up that not every container records.
    assert SECONDS - 0.01 <= sound.duration <= SECONDS + 0.1
    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert level(sound.samples) == pytest.approx(LEVEL, rel=0.05)
    assert sound.warnings == []
    assert capfd.readouterr() == ("", "")


def test_a_real_recording_comes_out_sample_for_sample(austen: Path) -> None:
    expected, _ = soundfile.read(austen, dtype="int16")

    sound = decode(austen, max_seconds=HOUR)

    assert sound.duration == 7.1
    np.testing.assert_array_equal(sound.samples * 2**15, expected)


def test_speech_in_a_lossless_container_is_the_same_speech(austen: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(austen, dtype="int16")
    soundfile.write(tmp_path / "a.flac", samples, rate)

    copy = decode(tmp_path / "a.flac", max_seconds=HOUR)

    np.testing.assert_array_equal(copy.samples, decode(austen, max_seconds=HOUR).samples)


@pytest.mark.parametrize(
    ("suffix", "rate", "subtype", "assumed"),
    [
        (".raw", 16_000, "PCM_16", "16 kHz, 16-bit, mono"),
        (".PCM", 16_000, "PCM_16", "16 kHz, 16-bit, mono"),
        (".ulaw", 8_000, "ULAW", "8 kHz, mu-law, mono"),
        (".al", 8_000, "ALAW", "8 kHz, A-law, mono"),
    ],
)
def test_headerless_sound_is_read_by_its_name_and_the_assumption_is_told(
    suffix: str, rate: int, subtype: str, assumed: str, tmp_path: Path
) -> None:
    sound = decode(headerless(tmp_path / f"a{suffix}", rate, subtype), max_seconds=HOUR)

    assert sound.duration == SECONDS
    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert level(sound.samples) == pytest.approx(LEVEL, rel=0.05)
    (warning,) = sound.warnings
    assert assumed in warning


def test_an_upload_is_known_by_the_name_it_had(tmp_path: Path) -> None:
    stored = headerless(tmp_path / "upload-1", 8_000, "GSM610")

    sound = decode(stored, max_seconds=HOUR, name="voicemail.gsm")

    assert sound.duration == pytest.approx(SECONDS, abs=0.02)
    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)


def test_the_content_decides_where_the_name_lies(tmp_path: Path) -> None:
    lying = encode(tmp_path / "a.m4a", "aac", 44_100).rename(tmp_path / "a.wav")

    assert decode(lying, max_seconds=HOUR).duration == pytest.approx(SECONDS, abs=0.1)


def test_a_tone_above_8_khz_is_filtered_out_instead_of_folded_back(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(48_000, frequency=12_000), 48_000)

    assert level(decode(tmp_path / "a.wav", max_seconds=HOUR).samples) < 0.001


def test_blocks_leave_no_seam(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(44_100, seconds=15), 44_100, subtype="FLOAT")

    samples = decode(tmp_path / "a.wav", max_seconds=HOUR).samples

    assert np.abs(samples - tone(16_000, seconds=15))[100:-100].max() < 1e-4


def test_a_stream_may_change_its_rate_and_channels_on_the_way(tmp_path: Path) -> None:
    first = encode(tmp_path / "1.aac", "aac", 44_100, container="adts").read_bytes()
    second = encode(tmp_path / "2.aac", "aac", 24_000, container="adts", layout="stereo").read_bytes()
    (tmp_path / "a.aac").write_bytes(first + second)

    sound = decode(tmp_path / "a.aac", max_seconds=HOUR)

    assert sound.duration == pytest.approx(2 * SECONDS, abs=0.3)
    for half in np.array_split(sound.samples, 2):
        assert dominant_frequency(half) == pytest.approx(TONE, abs=2)
        assert level(half) == pytest.approx(LEVEL, rel=0.05)


def test_a_video_without_sound_is_empty(tmp_path: Path) -> None:
    with pytest.raises(AudioEmpty, match=r"a\.mp4 has no sound"):
        decode(video(tmp_path / "a.mp4"), max_seconds=HOUR)


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{0}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{0}'\n",
        "[playlist]\nFile1=file://{0}\nNumberOfEntries=1\nVersion=2\n",
    ],
)
@pytest.mark.parametrize("suffix", [".m3u8", ".txt", ".wav"])
def test_a_playlist_opens_no_other_file(playlist: str, suffix: str, tmp_path: Path) -> None:
    inner = encode(tmp_path / "inner.ts", "aac", 44_100, container="mpegts")
    (tmp_path / f"list{suffix}").write_text(playlist.format(inner))

    with pytest.raises(AudioUnreadable):
        decode(tmp_path / f"list{suffix}", max_seconds=HOUR)


def test_tags_in_another_encoding_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp3", 44_100)
    title = b"\x03K\xf6nig"  # says UTF-8, is Latin-1
    frame = b"TIT2" + len(title).to_bytes(4, "big") + b"\0\0" + title
    path.write_bytes(b"ID3\x04\0\0" + bytes([0, 0, 0, len(frame)]) + frame + path.read_bytes())

    assert decode(path, max_seconds=HOUR).duration == pytest.approx(SECONDS, abs=0.1)


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = (
        "import sys, orstt_core.audio\n"
        "print([name for name in ('numpy', 'soundfile', 'soxr', 'av', 'faster_whisper') if name in sys.modules])"
    )

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
