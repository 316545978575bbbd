"""Promises of the spool: a recording that was taken over is whole, is this user's only, and never outlives its need."""

import errno
import os
import time
from pathlib import Path

import pytest

from orstt_core.errors import FileProblem, StorageFull
from orstt_core.jobs.spool import LEFT_OVER_SECONDS, Spool
from orstt_core.spool_files import cannot_write, new_file
from orstt_core.types import RawAudio, SampleFormat, TranscribeRequest


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool")


def aged(path: Path) -> Path:
    os.utime(path, (0, time.time() - LEFT_OVER_SECONDS - 1))
    return path


def test_a_persons_own_file_stays_where_it_is(spool: Spool, austen: Path) -> None:
    stored = spool.store(TranscribeRequest(audio=austen))
    assert (stored.path, stored.owned) == (austen, False)
    spool.remove(stored)
    assert austen.exists()


def test_a_disposable_file_is_moved_into_the_spool(spool: Spool, tmp_path: Path) -> None:
    upload = tmp_path / "upload.ogg"
    upload.write_bytes(b"sound")
    stored = spool.store(TranscribeRequest(audio=upload, disposable=True, keep_audio=True))
    assert not upload.exists()
    assert stored.path.parent == tmp_path / "spool"
    assert stored.path.suffix == ".ogg"
    assert (stored.path.read_bytes(), stored.owned, stored.keep) == (b"sound", True, True)
    spool.remove(stored)
    assert spool.files() == []


def test_an_upload_that_lies_in_the_spool_is_not_copied(spool: Spool, tmp_path: Path) -> None:
    with new_file(tmp_path / "spool", "upload") as file:
        file.write(b"sound")
    inode = Path(file.name).stat().st_ino
    stored = spool.store(TranscribeRequest(audio=Path(file.name), disposable=True))
    assert stored.path.stat().st_ino == inode


def test_samples_are_written_with_their_layout(spool: Spool) -> None:
    stored = spool.store(TranscribeRequest(audio=RawAudio(data=b"\1\2\3\4", rate=8000, channels=2)))
    assert stored.path.read_bytes() == b"\1\2\3\4"
    assert stored.sample_format == SampleFormat(rate=8000, channels=2)


def test_nobody_else_may_read_what_is_in_it(spool: Spool) -> None:
    stored = spool.store(TranscribeRequest(audio=RawAudio(data=b"\0\0", rate=8000)))
    assert stored.path.stat().st_mode & 0o777 == 0o600
    assert stored.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_sweep_removes_only_what_nobody_names_writes_or_locks(spool: Spool, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    names = {}
    for name in ("named", "fresh", "left"):
        with new_file(folder, name) as file:
            names[name] = Path(file.name)
    for name in ("named", "left"):
        aged(names[name])
    with new_file(folder, "busy") as busy:
        aged(Path(busy.name))
        assert spool.sweep(spool.files(), {names["named"]}) == [names["left"]]
    assert set(spool.files()) == {names["named"], names["fresh"], Path(busy.name)}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileProblem, match="cannot be stored"):
        Spool(tmp_path / "file" / "spool").store(TranscribeRequest(audio=RawAudio(data=b"", rate=8000)))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_not_the_requests_fault(tmp_path: Path, number: int) -> None:
    error = cannot_write(OSError(number, os.strerror(number)))
    assert isinstance(error, StorageFull)
    assert "data_dir" in error.hint
