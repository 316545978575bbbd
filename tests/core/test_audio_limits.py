"""No file, however small or forged, makes more sound than is allowed, nor takes more memory than its result."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from recordings import SECONDS, encode, headerless, pcm, wav, write

from orstt_core.audio import decode
from orstt_core.errors import TooLarge

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

    monkeypatch.setattr("orstt_core.audio.sound.MonoBuffer.add", full)

    with pytest.raises(TooLarge, match=r"^a\.wav does not fit"):
        decode(write(tmp_path / "a.wav"), max_seconds=HOUR)
