"""Paths that are no recording, and names in messages: exact for the person who typed one, discreet otherwise."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from recordings import TONE, dominant_frequency, encode, headerless, write

from orstt_core.audio import Limits, check_file, decode, decode_to, shown_name
from orstt_core.audio.excerpt import Excerpt
from orstt_core.errors import AudioEmpty, AudioUnreadable, FileProblem, InvalidRequest

HOUR = 3600.0
NOBODY = 65_534


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
    for path in (tmp_path, str(tmp_path)):
        with pytest.raises(FileProblem, match="it is a folder"):
            decode(path, max_seconds=HOUR)


def test_a_file_can_be_checked_without_decoding_it(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"not audio")

    check_file(tmp_path / "a.wav")
    check_file(str(tmp_path / "a.wav"))

    with pytest.raises(FileProblem, match="No such file"):
        check_file(tmp_path / "b.wav")
    with pytest.raises(FileProblem, match="it is a folder"):
        check_file(tmp_path)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_pipe_or_device_is_refused_instead_of_waited_for(make: Callable[[Path], None], tmp_path: Path) -> None:
    make(tmp_path / "a.wav")

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


def test_of_a_very_long_name_the_end_is_shown_and_its_suffix_counts(tmp_path: Path) -> None:
    stored = headerless(tmp_path / "upload-1", 8_000, "ULAW")

    sound = decode(stored, max_seconds=3600, name="long " * 60 + "call.ulaw")

    assert dominant_frequency(sound.samples) == pytest.approx(TONE, abs=2)
    assert shown_name("long " * 60 + "call.ulaw").endswith(" call.ulaw")


def test_control_codes_in_a_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "upload-1").touch()

    with pytest.raises(AudioEmpty) as refusal:
        decode(tmp_path / "upload-1", max_seconds=HOUR, name="\x1b[2Jcall\n.wav")

    assert str(refusal.value).startswith("?[2Jcall?.wav is empty")


@pytest.mark.parametrize("name", ["tone.wav", "tone.mp3", "tone.flac"])
def test_a_part_of_a_recording_is_that_part_of_the_whole_and_what_follows_is_not_read(
    tmp_path: Path, name: str
) -> None:
    path = encode(tmp_path / name, "libmp3lame", 44_100) if name.endswith("mp3") else write(tmp_path / name, 44_100)
    whole = decode(path, max_seconds=HOUR).samples

    def part(start: float, end: float | None = None) -> NDArray[np.float32]:
        sink = io.BytesIO()
        # Limited to what is asked for: were more of it decoded, it would be too long.
        limits = Limits(seconds=HOUR if end is None else end - start + 0.1)
        count, warnings = decode_to(sink, path, limits=limits, excerpt=Excerpt(start, end))
        assert warnings == []
        samples = np.frombuffer(sink.getvalue(), np.float32)
        assert samples.size == count
        return samples

    middle = part(0.5, 1.25)
    assert middle.size == pytest.approx(12_000, abs=1)
    # The resampler knows nothing of what is before and behind a part.
    np.testing.assert_allclose(middle[400:11_600], whole[8_400:19_600], atol=1e-3)
    assert part(1.0).size == pytest.approx(whole.size - 16_000, abs=1)
    assert part(1.0, 99.0).size == part(1.0).size
    with pytest.raises(InvalidRequest, match=rf"^{name} ends after \d+\.\d seconds, before 99\.$"):
        part(99.0)
