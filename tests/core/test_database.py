"""Opening a database: the first time, again, and when something is wrong with it."""

import asyncio
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from postgres import raw_sql

import orstt_core
from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.errors import DatabaseUnavailable
from orstt_core.types import ModelDraft

SEED = {
    "id": ("integer", None),
    "name": ("varchar", 100),
    "model_type": ("varchar", 50),
    "model": ("varchar", 500),
    "device": ("varchar", 20),
    "compute_type": ("varchar", 20),
    "is_active": ("boolean", None),
    "is_default": ("boolean", None),
    "description": ("text", None),
    "created_at": ("timestamptz", None),
    "updated_at": ("timestamptz", None),
}
OURS = {"options": ("text", None), "vocabulary": ("text", None)}
"""The columns that were added to the seed's."""


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """One that has never been opened: what opening does to it is what is tested here."""
    return empty_database_url


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def python(code: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run code in a new interpreter; fails when it does not end by itself."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, **environ},
        check=False,
    )


async def test_the_table_has_the_seeds_columns(database_url: str) -> None:
    async with Database(database_url):
        pass
    if database_url.startswith("sqlite"):
        rows = await raw_sql(database_url, "SELECT name, lower(type) FROM pragma_table_info('api_sttmodel')")
        split = {name: kind.rstrip(")").partition("(") for name, kind in rows}
        columns = {name: (kind, int(length) if length else None) for name, (kind, _, length) in split.items()}
    else:
        rows = await raw_sql(
            database_url,
            """SELECT column_name, data_type, character_maximum_length FROM information_schema.columns
               WHERE table_name = 'api_sttmodel' ORDER BY ordinal_position""",
        )
        short = {"character varying": "varchar", "timestamp with time zone": "timestamptz"}
        columns = {name: (short.get(kind, kind), length) for name, kind, length in rows}
    assert columns == SEED | OURS


async def test_the_program_knows_the_columns_of_the_tables_of_jobs(database_url: str) -> None:
    from orstt_core.db.tables import AuditRow, TranscriptionJob, TranscriptionSegment

    async with Database(database_url):
        pass
    columns_of = (
        "SELECT name FROM pragma_table_info('{}')"
        if database_url.startswith("sqlite")
        else "SELECT column_name FROM information_schema.columns WHERE table_name = '{}'"
    )
    for table in (TranscriptionJob, TranscriptionSegment, AuditRow):
        rows = await raw_sql(database_url, columns_of.format(table._meta.tablename))
        assert {name for (name,) in rows} == {column._meta.db_column_name for column in table._meta.columns}


def test_the_program_reads_every_column_of_the_table() -> None:
    from orstt_core.db.tables import STTModel

    assert [column._meta.db_column_name for column in STTModel._meta.columns] == [*SEED, *OURS]
    lengths = {column._meta.name: getattr(column, "length", None) for column in STTModel._meta.columns}
    assert lengths == {name: length for name, (_, length) in (SEED | OURS).items()}


async def test_models_from_before_the_options_have_none(database_url: str) -> None:
    async with Database(database_url) as database:
        added = await ModelStore(database).add(ModelDraft(name="mine"))
    await raw_sql(
        database_url,
        "ALTER TABLE api_sttmodel DROP COLUMN options",
        "DELETE FROM migration WHERE name = 'orstt_0006_model_options'",
    )
    async with Database(database_url) as database:
        store = ModelStore(database)
        assert await store.get("mine") == added
        await store.update(added.id, {"options": {"threads": 2}})
        assert (await store.get("mine")).options == {"threads": 2}


async def test_opening_again_keeps_what_was_changed(database_url: str) -> None:
    async with Database(database_url) as database:
        store = ModelStore(database)
        await store.add(ModelDraft(name="mine"))
        await store.activate(6)
        await store.delete(1)
        before = await store.list()
    async with Database(database_url) as database:
        assert await ModelStore(database).list() == before


def test_one_process_can_use_it_from_one_event_loop_after_another(database_url: str) -> None:
    async def names() -> list[str]:
        async with Database(database_url) as database:
            return [model.name for model in await ModelStore(database).list()]

    assert asyncio.run(names()) == asyncio.run(names())


async def test_two_databases_can_be_open_at_once(database_url: str, tmp_path: Path) -> None:
    async with Database(database_url) as one, Database(sqlite_url(tmp_path / "other.sqlite")) as other:
        await ModelStore(one).activate(5)
        assert (await ModelStore(one).active()).name == "large"
        assert (await ModelStore(other).active()).name == "base"


async def test_one_database_can_be_open_twice_in_a_process(database_url: str) -> None:
    one, other = Database(database_url), Database(database_url)
    await asyncio.gather(one.open(), other.open())
    await asyncio.gather(ModelStore(one).activate(3), ModelStore(other).activate(3))
    assert await ModelStore(one).list() == await ModelStore(other).list()
    await one.close()
    assert (await ModelStore(other).activate(4)).name == "medium"
    await other.close()


async def test_a_first_start_prints_nothing_and_leaves_the_process_as_it_was(
    database_url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PICCOLO_CONF", "somebody.elses")
    path, environ = sys.path.copy(), dict(os.environ)
    async with Database(database_url):
        pass
    assert sys.path == path
    assert dict(os.environ) == environ
    assert capfd.readouterr() == ("", "")


async def test_closing_leaves_no_thread_behind(database_url: str) -> None:
    before = set(threading.enumerate())
    database = Database(database_url)
    await database.open()
    async with database.transaction():
        pass
    await database.close()
    await database.close()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=20)
        assert not thread.is_alive()


async def test_folder_and_file_are_the_persons_own(tmp_path: Path) -> None:
    path = tmp_path / "data" / "orstt.sqlite"
    async with Database(sqlite_url(path)) as database:
        await ModelStore(database).activate(1)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (path.parent, *path.parent.iterdir())}
    assert modes.pop("data") == 0o700
    assert modes
    assert set(modes.values()) == {0o600}


async def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    async with Database(database_url):
        pass
    await raw_sql(
        database_url,
        "INSERT INTO migration (name, app_name, ran_on) VALUES ('orstt_9999_future', 'orstt', CURRENT_TIMESTAMP)",
    )
    with pytest.raises(DatabaseUnavailable, match="newer version of OR-STT made this database"):
        await Database(database_url).open()


async def test_another_piccolo_programs_migrations_do_not_disturb(database_url: str) -> None:
    await raw_sql(
        database_url,
        "CREATE TABLE migration (id INTEGER PRIMARY KEY, name VARCHAR(200), app_name VARCHAR(200), ran_on TIMESTAMP)",
        "INSERT INTO migration VALUES (100, 'x', 'blog', CURRENT_TIMESTAMP)",
        # PostgreSQL's own migration table counts by itself
        *(
            ["ALTER TABLE migration ALTER id ADD GENERATED BY DEFAULT AS IDENTITY"]
            * database_url.startswith("postgres")
        ),
    )
    async with Database(database_url) as database:
        assert (await ModelStore(database).active()).name == "base"


async def test_somebody_elses_table_of_that_name_is_not_touched(database_url: str) -> None:
    await raw_sql(database_url, "CREATE TABLE api_sttmodel (id INTEGER)", "INSERT INTO api_sttmodel VALUES (7)")
    with pytest.raises(DatabaseUnavailable, match=r"did not make.*database of its own"):
        await Database(database_url).open()
    assert await raw_sql(database_url, "SELECT id FROM api_sttmodel") == [(7,)]


@pytest.mark.parametrize("url", ["", "sqlite:///", "mysql://u:secret@host/db", "/var/lib/orstt.sqlite", "sqlite:x"])
def test_an_address_of_neither_kind_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="neither SQLite's nor PostgreSQL's") as caught:
        Database(url)
    assert "secret" not in str(caught.value)


def test_importing_the_stores_does_not_import_piccolo() -> None:
    ended = python(
        "import sys, orstt_core.db.audit, orstt_core.db.database, orstt_core.db.jobs, orstt_core.db.models;"
        "print([name for name in sys.modules if name.split('.')[0] in {'piccolo', 'asyncpg', 'aiosqlite'}])"
    )
    assert ended.stdout.strip() == "[]", ended.stderr


def test_an_ordinary_start_does_not_import_the_migration_machinery(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from orstt_core.db.database import Database\n"
        "async def main():\n    async with Database(sys.argv[1]): pass\n"
        "asyncio.run(main()); print('black' in sys.modules)"
    )
    url = sqlite_url(tmp_path / "orstt.sqlite")
    assert [python(code, url).stdout.strip(), python(code, url).stdout.strip()] == ["True", "False"]


def test_an_installed_copy_finds_its_migrations_from_any_folder(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    shutil.copytree(Path(orstt_core.__file__).parent, site / "orstt_core")
    ended = python(
        "import os, sys; os.chdir('/'); sys.path.insert(0, sys.argv[1])\n"
        "import asyncio, orstt_core; from orstt_core.db.database import Database\n"
        "async def main():\n    async with Database(sys.argv[2]) as database: print(database.kind)\n"
        "asyncio.run(main()); print(orstt_core.__file__)",
        str(site),
        sqlite_url(tmp_path / "orstt.sqlite"),
    )
    assert ended.stdout.split() == ["sqlite", str(site / "orstt_core" / "__init__.py")], ended.stderr


def test_piccolos_own_command_line_works_on_the_settings_database(tmp_path: Path) -> None:
    ended = python(
        "from piccolo.main import main; import sys; sys.argv = ['piccolo', 'migrations', 'forwards', 'orstt']; main()",
        PICCOLO_CONF="orstt_core.db.piccolo_conf",
        ORSTT_DATA_DIR=str(tmp_path),
    )
    assert "orstt_0001_models [forwards]... ok!" in ended.stdout, ended
    assert asyncio.run(raw_sql(sqlite_url(tmp_path / "orstt.sqlite"), "SELECT count(*) FROM api_sttmodel")) == [(5,)]
