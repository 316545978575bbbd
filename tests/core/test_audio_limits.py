"""No file, however small or forged, makes more sound than is allowed, nor takes more memory than its result."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import SECONDS, encode, headerless, pcm, tone, wav, write

from orstt_core.audio import Limits, decode, decode_to
from orstt_core.audio.mono import RESCALED_BYTES
from orstt_core.errors import AudioUnreadable, TooLarge
from orstt_core.types import RawAudio, SampleFormat

HOUR = 3600.0


def silence(path: Path, minutes: int) -> Path:
    with soundfile.SoundFile(path, "w", 44_100, 2, "PCM_16") as file:
        minute = np.zeros((44_100 * 60, 2), np.int16)
        for _ in range(minutes):
            file.write(minute)
    return path


def test_a_small_file_of_much_silence_is_stopped_at_the_limit(tmp_path: Path) -> None:
    bomb = silence(tmp_path / "a.flac", 10)
    assert bomb.stat().st_size < 200_000

    began = time.process_time()
    with pytest.raises(TooLarge, match=r"^a\.flac is longer than the limit of 0\.0167 hours") as refusal:
        decode(bomb, max_seconds=60)

    assert time.process_time() - began < 1
    assert "max_audio_hours" in refusal.value.hint
    assert "ORSTT_MAX_AUDIO_HOURS" in refusal.value.hint


def test_the_limit_itself_is_allowed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", 44_100)

    assert decode(path, max_seconds=SECONDS).duration == SECONDS
    with pytest.raises(TooLarge):
        decode(path, max_seconds=SECONDS - 0.001)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: encode(folder / "a.webm", "libopus", 48_000, live="1"),
        lambda folder: encode(folder / "a.mp3", "libmp3lame", 44_100),
        lambda folder: headerless(folder / "a.raw", 16_000, "PCM_16"),
    ],
)
def test_a_file_that_states_no_duration_is_limited_all_the_same(make: Callable[[Path], Path], tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        decode(make(tmp_path), max_seconds=1)


def test_a_flac_that_hides_its_length_is_limited_all_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.flac")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)  # STREAMINFO: the number of samples, 0 for unknown
    path.write_bytes(content)

    with pytest.raises(TooLarge):
        decode(path, max_seconds=1)


def test_a_forged_rate_counts_as_what_it_claims(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(pcm(2), rate=1_000))  # 2 s that claim to be 32

    assert decode(tmp_path / "a.wav", max_seconds=32).duration == 32
    with pytest.raises(TooLarge):
        decode(tmp_path / "a.wav", max_seconds=31)


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_wav_whose_recorder_left_the_size_open_is_read_to_its_end(size: int, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(wav(pcm(), data_size=size))

    sound = decode(tmp_path / "a.wav", max_seconds=HOUR)

    assert sound.duration == SECONDS
    assert sound.warnings == []


def test_memory_holds_the_result_and_little_more(tmp_path: Path) -> None:
    """Ten minutes: 37 MiB of result, where the recording at its own rate and channels would take 202."""
    program = (
        "import sys, resource, numpy, soundfile, soxr\n"
        "from pathlib import Path\n"
        "from orstt_core.audio import decode\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        "before = peak()\n"
        "sound = decode(Path(sys.argv[1]), max_seconds=3600)\n"
        "print(peak() - before, sound.samples.nbytes / 2**20)\n"
    )
    path = silence(tmp_path / "a.flac", 10)

    answer = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)

    grown, result = map(float, answer.stdout.split())
    assert grown < result + 16


def test_a_recording_that_memory_cannot_hold_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("orstt_core.audio.sound.MonoWriter.add", full)

    with pytest.raises(TooLarge, match=r"^a\.wav does not fit"):
        decode(write(tmp_path / "a.wav"), max_seconds=HOUR)


def test_the_samples_of_all_channels_are_counted_as_recorded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", 44_100, channels=4)
    recorded = round(44_100 * SECONDS) * 4

    with (tmp_path / "out").open("w+b") as sink:
        assert decode_to(sink, path, limits=Limits(samples=recorded)) == (16_000 * SECONDS, [])
        with pytest.raises(TooLarge, match=r"^a\.wav holds more than 352,799 samples on all its channels") as refusal:
            decode_to(sink, path, limits=Limits(samples=recorded - 1))
    assert "ORSTT_MAX_DECODED_SAMPLES" in refusal.value.hint


# --- into a file ----------------------------------------------------------------------------------


@pytest.mark.parametrize("loud", [1.0, 4.0], ids=["within full scale", "beyond it"])
def test_a_file_gets_the_same_samples_as_memory(loud: float, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(44_100, seconds=30, level=loud), 44_100, subtype="FLOAT")
    (tmp_path / "out").write_bytes(b"what was there before" * 1_000_000)

    with (tmp_path / "out").open("r+b") as sink:
        samples, warnings = decode_to(sink, path, limits=Limits())

    here = decode(path, max_seconds=HOUR)
    assert here.samples.nbytes > RESCALED_BYTES  # so that more than one block was divided
    np.testing.assert_array_equal(np.fromfile(tmp_path / "out", np.float32), here.samples)
    assert (samples, warnings) == (len(here.samples), here.warnings)
    assert np.abs(here.samples).max() <= 1


def test_bare_pcm_in_a_file_gives_the_same_as_in_memory(tmp_path: Path) -> None:
    data = np.repeat(tone(44_100, 10.0) * 2**15, 3).astype("<i2").tobytes() + b"\1\2\3"
    (tmp_path / "a").write_bytes(data)

    with (tmp_path / "out").open("w+b") as sink:
        layout = SampleFormat(rate=44_100, channels=3)
        found = decode_to(sink, tmp_path / "a", limits=Limits(), sample_format=layout)

    here = decode(RawAudio(data=data, rate=44_100, channels=3), max_seconds=HOUR)
    np.testing.assert_array_equal(np.fromfile(tmp_path / "out", np.float32), here.samples)
    assert found == (len(here.samples), ["The last sample is incomplete; it seems to be cut off."])


@pytest.mark.parametrize("layout", [SampleFormat(rate=0), SampleFormat(rate=16_000, channels=65)])
def test_bare_pcm_that_cannot_be_sound_is_refused(layout: SampleFormat, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(100))
    with (tmp_path / "out").open("w+b") as sink, pytest.raises(AudioUnreadable, match=r"^a (has|cannot have) "):
        decode_to(sink, tmp_path / "a", limits=Limits(), sample_format=layout)
