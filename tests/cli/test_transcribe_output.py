"""`orstt transcribe --output`: files that appear whole, where they belong, or not at all."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import Result, several
from scripted import ScriptedBackend, speech

from orstt_core.errors import AudioUnreadable, EngineFailed, OrsttError, ServerUnreachable

Run = Callable[..., Result]
TEXT = "Hello there. General remarks.\n"


def test_output_writes_one_file_and_prints_nothing(orstt: Run, recording: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.srt"
    assert orstt("transcribe", recording, "--format", "srt", "--output", target) == (0, "", "")
    assert target.read_text().startswith("1\n00:00:00,000 --> 00:00:02,000\nHello there.\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.srt", recording.name]


def test_output_into_a_folder_names_each_file_after_its_recording(orstt: Run, tmp_path: Path) -> None:
    recordings = several(tmp_path, "one.wav", "two.mp3")
    (tmp_path / "out").mkdir()
    assert orstt("transcribe", *recordings, "--format", "vtt", "--output", tmp_path / "out") == (0, "", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.vtt", "two.vtt"]


def test_names_that_are_too_long_with_their_new_ending_are_cut_at_a_character_and_stay_apart(
    orstt: Run, tmp_path: Path
) -> None:
    wide = "ü" * 125  # two bytes each
    recordings = several(tmp_path, f"{wide}1x.m", f"{wide}2x.m", f"{'x' * 251}.wav", f"{'y' * 252}.mp")
    out = tmp_path / "out"
    assert orstt("transcribe", *recordings, "--format", "srt", "--output", f"{out}/") == (0, "", "")
    names = sorted(path.name for path in out.iterdir())
    assert [len(name.encode()) for name in names] == [255, 255, 255, 255]
    assert names[0] == f"{'x' * 251}.srt"
    assert names[1].startswith("y" * 242 + "-")
    assert {name[:121] for name in names[2:]} == {"ü" * 121}
    assert all(path.read_text().startswith("1\n") for path in out.iterdir())
    assert orstt("transcribe", recordings[0], "--output", tmp_path / f"{'z' * 251}.txt").code == 0


def test_a_full_disk_is_called_one(
    orstt: Run, recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = "orstt: /dev/full cannot be written: the disk is full. Make room there, or name another folder.\n"
    assert orstt("transcribe", recording, "--output", "/dev/full") == (5, "", full)

    def used_up(_: int) -> None:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr("os.fsync", used_up)
    code, _, err = orstt("transcribe", recording, "--output", tmp_path / "a.txt")
    assert code == 5
    assert "a.txt cannot be written: your share of the disk (quota) is used up." in err
    assert [path.name for path in tmp_path.iterdir()] == [recording.name]


def test_a_file_that_is_there_is_replaced_and_keeps_its_permissions(
    orstt: Run, recording: Path, tmp_path: Path
) -> None:
    target = tmp_path / "old.txt"
    target.write_text("old")
    target.chmod(0o640)
    assert orstt("transcribe", recording, "--output", target).code == 0
    assert target.read_text() == TEXT
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_output_through_a_link_writes_the_file_it_points_to(orstt: Run, recording: Path, tmp_path: Path) -> None:
    link, target = tmp_path / "link.txt", tmp_path / "target.txt"
    link.symlink_to(target)
    assert orstt("transcribe", recording, "--output", link).code == 0
    assert link.is_symlink()
    assert target.read_text() == TEXT


def test_output_to_a_device_is_written_to_it(orstt: Run, recording: Path) -> None:
    assert orstt("transcribe", recording, "--output", "/dev/null") == (0, "", "")
    assert not Path("/dev/null").is_file()


def test_output_dash_is_standard_output(orstt: Run, recording: Path) -> None:
    assert orstt("transcribe", recording, "--output", "-") == (0, TEXT, "")


@pytest.mark.parametrize("failure", [EngineFailed("It died."), ServerUnreachable("Gone.")])
def test_a_failure_in_the_middle_leaves_nothing_half_written(
    orstt: Run, scripted: ScriptedBackend, recording: Path, tmp_path: Path, failure: OrsttError
) -> None:
    scripted.script = [*speech("Hello there.")[:-1], failure]
    old = tmp_path / "old.txt"
    old.write_text("old")
    code, out, err = orstt("transcribe", recording, "--output", old)
    assert (code, out) == (failure.exit_code, "")
    assert len(err.splitlines()) == 1
    assert old.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old.txt", recording.name]


def test_the_recording_is_never_its_own_output(orstt: Run, scripted: ScriptedBackend, recording: Path) -> None:
    linked = recording.with_name("link.wav")
    linked.hardlink_to(recording)
    for target in (recording, linked):
        code, _, err = orstt("transcribe", recording, "--output", target)
        assert code == 2
        assert "is a recording itself" in err
    assert recording.read_bytes() == b"RIFF"
    assert not scripted.requests


def test_two_recordings_are_never_written_to_one_file(orstt: Run, scripted: ScriptedBackend, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    code, _, err = orstt("transcribe", *several(tmp_path, "a.wav", "a.mp3"), "--output", tmp_path / "out")
    assert code == 2
    assert "a.wav" in err
    assert "a.mp3" in err
    assert not scripted.requests


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nowhere/out.txt", "does not exist"),
        ("nowhere/below/", "does not exist"),
        ("a-file/out.txt", "does not exist"),
        ("folder", "is a folder"),
        ("x" * 300, "cannot be written"),
    ],
)
def test_an_output_that_cannot_be_written_is_named_before_any_work(
    orstt: Run, scripted: ScriptedBackend, recording: Path, tmp_path: Path, where: str, said: str
) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "folder/ward 7.txt").mkdir(parents=True)
    code, out, err = orstt("transcribe", recording, "--output", f"{tmp_path}/{where}")
    assert (code, out) == (3, "")
    assert said in err
    if len(where) < 100:
        assert not scripted.requests


def test_several_recordings_need_a_folder_that_exists(orstt: Run, tmp_path: Path) -> None:
    code, _, err = orstt("transcribe", *several(tmp_path, "a.wav", "b.wav"), "--output", tmp_path / "out")
    assert code == 3
    assert f"There is no folder {tmp_path}/out." in err
    assert f"--output {tmp_path}/out/" in err


def test_a_folder_named_with_a_slash_is_made_once_there_is_something_to_put_into_it(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    recordings = several(tmp_path, "a.wav", "b.wav")
    scripted.script = [AudioUnreadable("Noise.")]
    assert orstt("transcribe", *recordings, "--output", f"{tmp_path}/out/").code == 6
    assert not (tmp_path / "out").exists()
    scripted.script = [*speech("Hello.")]
    assert orstt("transcribe", *recordings, "--output", f"{tmp_path}/out/") == (0, "", "")
    assert (tmp_path / "out/b.txt").read_text() == "Hello.\n"
