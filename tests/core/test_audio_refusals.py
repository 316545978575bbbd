"""What is no sound, too much sound or no file gets a typed error that says so, at once."""

import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordings import SECONDS, encode, headerless, tone, write

from orstt_core.audio import check_file, decode
from orstt_core.audio.sndfile import SOUNDFILE_MAGIC
from orstt_core.errors import AudioEmpty, AudioError, AudioUnreadable, FileProblem, TooLarge

HOUR = 3600.0
NOBODY = 65_534


def wav(data: bytes, *, rate: int = 16_000, channels: int = 1, data_size: int | None = None) -> bytes:
    """A 16-bit WAV file with whatever its header claims."""
    claimed = len(data) if data_size is None else data_size
    kind = struct.pack("<HHIIHH", 1, channels, rate, (rate * channels * 2) % 2**32, (channels * 2) % 2**16, 16)
    riff_size = min(claimed + 36, 2**32 - 1)
    return (
        b"RIFF"
        + struct.pack("<I", riff_size)
        + b"WAVEfmt \x10\0\0\0"
        + kind
        + b"data"
        + struct.pack("<I", claimed)
        + data
    )


def pcm(seconds: float = SECONDS) -> bytes:
    return (tone(16_000, seconds) * 2**15).astype("<i2").tobytes()


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


# --- too much -------------------------------------------------------------------------------------


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
def test_a_file_that_states_no_duration_is_limited_all_the_same(make: object, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        decode(make(tmp_path), max_seconds=1)  # type: ignore[operator]  # mypy sees no signature of a lambda


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


# --- no file --------------------------------------------------------------------------------------


def test_a_missing_file_is_named_as_the_person_typed_it(tmp_path: Path) -> None:
    path = tmp_path / "no such.wav"

    with pytest.raises(FileProblem) as problem:
        decode(path, max_seconds=HOUR)

    assert str(problem.value) == f"{path} cannot be read: No such file or directory."


def test_a_missing_upload_shows_no_folder_of_this_machine(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as problem:
        decode(tmp_path / "upload-1", max_seconds=HOUR, name="call.wav")

    assert str(problem.value) == "call.wav cannot be read: No such file or directory."


def test_a_name_of_undecodable_bytes_can_be_printed(tmp_path: Path) -> None:
    with pytest.raises(FileProblem) as problem:
        decode(tmp_path / os.fsdecode(b"caf\xe9.wav"), max_seconds=HOUR)

    assert "caf?.wav cannot be read" in str(problem.value)
    str(problem.value).encode()


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="it is a folder"):
        decode(tmp_path, max_seconds=HOUR)


def test_a_file_can_be_checked_without_decoding_it(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"not audio")

    check_file(tmp_path / "a.wav")

    with pytest.raises(FileProblem, match="No such file"):
        check_file(tmp_path / "b.wav")
    with pytest.raises(FileProblem, match="it is a folder"):
        check_file(tmp_path)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_pipe_or_device_is_refused_instead_of_waited_for(make: object, tmp_path: Path) -> None:
    make(tmp_path / "a.wav")  # type: ignore[operator]  # one of the two above

    with pytest.raises(FileProblem, match="not a regular file"):
        decode(tmp_path / "a.wav", max_seconds=HOUR)


@pytest.fixture
def no_privileges() -> Iterator[None]:
    """Root may read everything: be somebody else for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    yield
    os.seteuid(0)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = write(tmp_path / "a.wav")
    path.chmod(0)
    return path


def test_a_file_without_permission_says_so(secret: Path, no_privileges: None) -> None:
    with pytest.raises(FileProblem, match=r"a\.wav cannot be read: Permission denied"):
        decode(secret, max_seconds=HOUR)


@pytest.mark.parametrize("name", ["a\0b.wav", "x" * 300 + ".wav"])
def test_a_name_that_no_file_can_have_is_a_file_problem(name: str) -> None:
    with pytest.raises(FileProblem):
        decode(Path(name), max_seconds=HOUR)


@pytest.mark.parametrize("name", ["/srv/spool/call.wav", r"C:\Users\me\call.wav", "../../call.wav"])
def test_messages_show_only_the_last_part_of_an_uploads_name(name: str, tmp_path: Path) -> None:
    (tmp_path / "upload-1").write_bytes(b"not audio")

    with pytest.raises(AudioUnreadable) as refusal:
        decode(tmp_path / "upload-1", max_seconds=HOUR, name=name)

    assert str(refusal.value).startswith("call.wav is not audio")
    assert str(tmp_path) not in str(refusal.value)


def test_control_codes_in_a_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "upload-1").touch()

    with pytest.raises(AudioEmpty) as refusal:
        decode(tmp_path / "upload-1", max_seconds=HOUR, name="\x1b[2Jcall\n.wav")

    assert str(refusal.value).startswith("?[2Jcall?.wav is empty")
