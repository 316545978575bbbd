"""SQLite files and folders that cannot be used: each is named, with what to do."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from orstt_core.db.database import Database
from orstt_core.errors import DatabaseUnavailable


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


async def test_what_is_not_a_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orstt.sqlite"
    path.write_bytes(b"These are somebody's notes, not a database. " * 100)
    with pytest.raises(DatabaseUnavailable, match=f"{path} is not a database"):
        await Database(sqlite_url(path)).open()
    assert path.read_bytes().startswith(b"These are")


async def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orstt.sqlite"
    async with Database(sqlite_url(path)):
        pass
    content = path.read_bytes()
    path.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    with pytest.raises(DatabaseUnavailable, match="is damaged"):
        await Database(sqlite_url(path)).open()


async def test_a_folder_in_the_files_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="cannot be opened"):
        await Database(sqlite_url(tmp_path)).open()


async def test_a_file_in_the_folders_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnavailable, match=r"cannot be created.*data_dir"):
        await Database(sqlite_url(tmp_path / "file" / "orstt.sqlite")).open()


OPEN_AS_NOBODY = """
import asyncio, os, sys
from orstt_core.db.database import Database
from orstt_core.errors import DatabaseUnavailable

async def main(url, warm_up):
    async with Database(warm_up):
        pass  # imports everything while the interpreter's files may still be read
    if os.geteuid() == 0:
        os.setgroups([]), os.setgid(65534), os.setuid(65534)
    try:
        async with Database(url):
            print("opened")
    except DatabaseUnavailable as error:
        print(error)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("held", ["nothing", "a database"])
async def test_a_folder_one_may_not_write_is_named(tmp_path: Path, held: str) -> None:
    with tempfile.TemporaryDirectory() as root:  # pytest's own folders are closed to other users
        folder = Path(root) / "locked"
        folder.mkdir()
        url = sqlite_url(folder / "orstt.sqlite")
        if held == "a database":
            async with Database(url):
                pass
            (folder / "orstt.sqlite").chmod(0o444)
        Path(root).chmod(0o755)
        folder.chmod(0o555)
        ended = subprocess.run(
            [sys.executable, "-c", OPEN_AS_NOBODY, url, sqlite_url(tmp_path / "warm-up.sqlite")],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        folder.chmod(0o755)
    assert re.match(f"The database {folder}/orstt.sqlite cannot be (created|opened|written).*data_dir", ended.stdout)
    assert ended.stderr == ""


async def test_a_disk_without_shared_memory_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orstt_core.db.sqlite import SQLite

    engine = SQLite(tmp_path / "orstt.sqlite")
    # SQLite's driver for file systems that cannot lock or share memory, as network drives are.
    engine.connection_kwargs |= {"database": f"file:{engine.path}?vfs=unix-none", "uri": True}
    monkeypatch.setattr(SQLite, "_make_file", lambda self: None)
    with pytest.raises(DatabaseUnavailable, match=r"network drive.*local disk"):
        await engine.open()
    await engine.close()
