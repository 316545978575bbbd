"""Promises of the store: a recording that was handed in is whole, is this user's only, and never outlives its need."""

import asyncio
import errno
import hashlib
import io
import os
import resource
import tempfile
import time
from pathlib import Path

import pytest

from orstt_core.errors import FileProblem, StorageFull
from orstt_core.recordings.files import LEFT_OVER_SECONDS, cannot_write, files_in, new_file
from orstt_core.recordings.folder import FolderStore
from orstt_core.recordings.store import RecordingStore

SOUND = b"sound" * 500_000
SHA256 = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def store(folder: Path) -> RecordingStore:
    return FolderStore(folder)


def aged(path: Path) -> Path:
    os.utime(path, (0, time.time() - LEFT_OVER_SECONDS - 1))
    return path


async def test_what_is_put_is_lent_until_it_is_removed_and_named_by_its_bytes(
    store: RecordingStore, folder: Path
) -> None:
    blob = await store.put(io.BytesIO(SOUND))
    assert blob.sha256 == SHA256
    async with store.local_path(blob.name) as path:
        assert path.read_bytes() == SOUND
    for _ in range(2):
        await store.remove(blob.name)
    assert files_in(folder) == []


async def test_a_file_is_moved_into_the_store_not_copied(store: RecordingStore, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "visit.ogg").write_bytes(SOUND)
    with new_file(folder, "upload") as arrived:
        arrived.write(SOUND)
    for source in (tmp_path / "visit.ogg", Path(arrived.name)):
        inode = source.stat().st_ino
        blob = await store.put(source)
        assert not source.exists()
        async with store.local_path(blob.name) as path:
            assert (path.parent, path.stat().st_ino, blob.sha256) == (folder, inode, SHA256)


async def test_the_bytes_of_an_upload_are_not_read_again_to_be_counted(
    store: RecordingStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(hashlib, "file_digest")
    (tmp_path / "upload").write_bytes(SOUND)
    assert (await store.put(tmp_path / "upload", sha256=SHA256)).sha256 == SHA256


async def test_the_same_bytes_put_twice_do_not_share_a_name(store: RecordingStore) -> None:
    first, second = await asyncio.gather(store.put(io.BytesIO(SOUND)), store.put(io.BytesIO(SOUND)))
    assert first.sha256 == second.sha256
    await store.remove(first.name)
    async with store.local_path(second.name) as path:
        assert path.read_bytes() == SOUND


async def test_nobody_else_may_read_what_is_in_it(store: RecordingStore, folder: Path) -> None:
    await store.put(io.BytesIO(SOUND))
    [path] = files_in(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_sweep_removes_only_what_nobody_names_writes_or_locks(store: RecordingStore, folder: Path) -> None:
    paths = {name: folder / (await store.put(io.BytesIO(SOUND))).name for name in ("named", "fresh", "left")}
    for name in ("named", "left"):
        aged(paths[name])
    late = []

    async def named() -> set[str]:
        late.append(aged(folder / (await store.put(io.BytesIO(SOUND))).name))
        return {paths["named"].name}

    with new_file(folder, "busy") as busy:
        aged(Path(busy.name))
        await store.sweep(named)
    assert set(files_in(folder)) == {paths["named"], paths["fresh"], Path(busy.name), *late}


async def test_what_an_earlier_version_named_by_a_whole_path_is_found_where_its_folder_was_moved(
    store: RecordingStore, folder: Path, tmp_path: Path
) -> None:
    blob = await store.put(io.BytesIO(SOUND))
    aged(folder / blob.name)
    old = str(tmp_path / "before" / "spool" / blob.name)

    async def named() -> set[str]:
        return {old}

    await store.sweep(named)
    async with store.local_path(old) as path:
        assert path == folder / blob.name
    await store.remove(old)
    again = await store.put(io.BytesIO(SOUND))
    await store.restore(old, again.name)
    async with store.local_path(old) as path:
        assert path.read_bytes() == SOUND
    here = tmp_path / "elsewhere"
    here.touch()
    async with store.local_path(str(here)) as path:
        assert path == here


async def test_a_folder_that_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "upload").write_bytes(SOUND)
    store = FolderStore(tmp_path / "file" / "spool")
    for source in (io.BytesIO(SOUND), tmp_path / "upload"):
        with pytest.raises(FileProblem, match="cannot be stored"):
            await store.put(source)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


OTHER_DISK = Path("/dev/shm")


async def test_a_copy_from_another_disk_that_fails_in_the_middle_leaves_nothing(
    store: RecordingStore, folder: Path, tmp_path: Path
) -> None:
    if not OTHER_DISK.is_dir() or OTHER_DISK.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("This machine has no other disk.")
    with tempfile.NamedTemporaryFile(dir=OTHER_DISK, delete=False) as upload:
        upload.write(SOUND)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(SOUND) // 2, usual[1]))
    try:
        with pytest.raises(StorageFull):
            await store.put(Path(upload.name))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert (files_in(folder), Path(upload.name).exists()) == ([], False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_not_the_requests_fault(number: int) -> None:
    error = cannot_write(OSError(number, os.strerror(number)))
    assert isinstance(error, StorageFull)
    assert "data_dir" in error.hint
