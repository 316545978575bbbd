"""Transactions, lost connections and the end of the process: what Piccolo alone gets wrong."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import connect

import pytest
from postgres import PostgresServer, raw_sql

from orstt_core.db import sqlite
from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.db.tables import STTModel
from orstt_core.errors import DatabaseUnavailable
from orstt_core.types import ModelDraft


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url) as database:
        yield database


async def test_an_error_inside_undoes_all_of_it(database: Database) -> None:
    store = ModelStore(database)
    before = await store.list()
    with suppress(ZeroDivisionError):
        async with database.transaction():
            await store.add(ModelDraft(name="mine"))
            await store.activate(3)
            raise ZeroDivisionError
    assert await store.list() == before


async def test_cancelling_inside_undoes_all_of_it(database: Database) -> None:
    store = ModelStore(database)
    inside = asyncio.Event()

    async def work() -> None:
        async with database.transaction():
            await store.activate(3)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert (await store.active()).name == "base"
    assert (await store.activate(4)).name == "medium"


async def test_what_is_inside_is_seen_by_nobody_else_until_the_end(database: Database) -> None:
    store = ModelStore(database)
    async with database.transaction():
        await store.activate(3)
        seen_here = (await store.active()).name
        seen_elsewhere = await raw_sql(database._url, "SELECT name FROM api_sttmodel WHERE is_active")
    assert (seen_here, seen_elsewhere) == ("small", [("base",)])


async def test_a_transaction_inside_another_ends_with_the_outer_one(database: Database) -> None:
    store = ModelStore(database)
    with suppress(ZeroDivisionError):
        async with database.transaction():
            async with database.transaction():
                await store.activate(3)
            raise ZeroDivisionError
    assert (await store.active()).name == "base"


async def test_reading_and_then_writing_is_right_under_contention(database: Database) -> None:
    table = database.table(STTModel)

    async def count_up() -> None:
        async with database.transaction():
            query = table.select(table.description).where(table.id == 1)
            [row] = await (query.lock_rows("UPDATE") if database.kind == "postgres" else query)
            await table.update({table.description: f"{int(row['description'] or 0) + 1}"}).where(table.id == 1)

    await raw_sql(database._url, "UPDATE api_sttmodel SET description = '0'")
    await asyncio.gather(*(count_up() for _ in range(30)))
    assert (await ModelStore(database).get(1)).description == "30"


async def test_a_locked_sqlite_file_is_named_and_works_again_when_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.db.sqlite.BUSY_SECONDS", 0.2)
    path = tmp_path / "orstt.sqlite"
    async with Database(f"sqlite:///{path}") as database:
        store = ModelStore(database)
        threads = set(threading.enumerate())
        with closing(connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            # Clients read it, and folders of a server are nothing to them.
            with pytest.raises(DatabaseUnavailable, match=r"^The database orstt\.sqlite has been in use by another"):
                await store.activate(3)
            for thread in set(threading.enumerate()) - threads:
                thread.join(timeout=20)
                assert not thread.is_alive(), "the connection that could not begin stays open"
            assert (await store.active()).name == "base"
            other.execute("ROLLBACK")
        assert (await store.activate(3)).name == "small"


async def test_a_full_disk_is_named_and_undoes_all_of_it(tmp_path: Path) -> None:
    async def fill(database: Database) -> None:
        async with database.transaction():
            await ModelStore(database).activate(3)
            await database.table(STTModel).raw("PRAGMA max_page_count = 1")  # no page more than there are
            await ModelStore(database).add(ModelDraft(name="mine", description="x" * 1_000_000))

    async with Database(f"sqlite:///{tmp_path / 'orstt.sqlite'}") as database:
        with pytest.raises(DatabaseUnavailable, match=r"The disk that holds orstt\.sqlite is full\. Make room"):
            await fill(database)
        assert (await ModelStore(database).active()).name == "base"
        assert (await ModelStore(database).activate(4)).name == "medium"


async def test_a_file_that_somebody_else_is_writing_at_first_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "orstt.sqlite"
    with closing(connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # SQLite refuses to switch to its write-ahead log at once, without waiting
        database = Database(f"sqlite:///{path}")
        opening = asyncio.create_task(database.open())
        await asyncio.wait([opening], timeout=0.2)
        assert not opening.done()
        other.execute("ROLLBACK")
    await opening
    await database.close()


@pytest.mark.postgres
async def test_a_lost_postgres_connection_is_named_and_replaced(postgres_url: str) -> None:
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'orstt'"

    async def lose(store: ModelStore, database: Database) -> None:
        async with database.transaction():
            await raw_sql(postgres_url, kill)
            await store.list()

    async with Database(postgres_url) as database:
        store = ModelStore(database)
        for _ in range(12):  # more often than the pool has connections
            with pytest.raises(
                DatabaseUnavailable, match=r"The connection to PostgreSQL at .* was lost|broke the work"
            ):
                await lose(store, database)
        assert len(await store.list()) == 5


@pytest.mark.postgres
async def test_a_restarted_postgres_server_is_not_noticed_by_the_next_queries(postgres_server: PostgresServer) -> None:
    async with Database(postgres_server.create_database()) as database:
        store = ModelStore(database)
        for model in (3, 4):
            await asyncio.gather(*(store.list() for _ in range(30)))  # fills the pool
            postgres_server.restart()  # blocks the loop: nobody has heard of the lost connections yet
            if model == 3:
                assert len(await store.list()) == 5
            assert (await store.activate(model)).is_active
            await asyncio.gather(*(store.list() for _ in range(30)))


@pytest.mark.postgres
async def test_a_connection_that_uvloop_says_is_closed_is_replaced_or_named_and_a_fault_of_ours_passes(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, reason = 0, "unable to perform operation on <TCPTransport closed=True>; the handler is closed"

    async def fetch(*_: object, **__: object) -> None:
        nonlocal refused
        refused += 1
        monkeypatch.undo()
        raise RuntimeError(reason)

    async with Database(postgres_url) as database:
        store = ModelStore(database)
        monkeypatch.setattr("asyncpg.connection.Connection.fetch", fetch)
        assert len(await store.list()) == 5
        monkeypatch.setattr("asyncpg.connection.Connection.fetch", fetch)
        with pytest.raises(DatabaseUnavailable, match="was lost"):
            await store.activate(3)
        reason = "dictionary changed size during iteration"
        monkeypatch.setattr("asyncpg.connection.Connection.fetch", fetch)
        with pytest.raises(RuntimeError, match="dictionary changed size"):
            await store.list()
    assert refused == 3


@pytest.mark.postgres
async def test_what_a_restart_broke_off_in_the_middle_is_undone_and_told(postgres_server: PostgresServer) -> None:
    async def broken_off(database: Database) -> None:
        async with database.transaction():
            await ModelStore(database).activate(3)
            postgres_server.restart()
            await ModelStore(database).list()  # on another connection it would succeed, outside the transaction

    async with Database(postgres_server.create_database()) as database:
        with pytest.raises(DatabaseUnavailable):
            await broken_off(database)
        assert (await ModelStore(database).active()).name == "base"


@pytest.mark.postgres
async def test_a_commit_that_was_broken_off_is_told(postgres_server: PostgresServer) -> None:
    async def broken_off(database: Database) -> None:
        async with database.transaction():
            await ModelStore(database).activate(3)
            postgres_server.restart()

    async with Database(postgres_server.create_database()) as database:
        with pytest.raises(DatabaseUnavailable):
            await broken_off(database)
        assert (await ModelStore(database).active()).name == "base"


async def test_sqlite_has_written_a_transaction_to_the_disk_before_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_wait_for_the_disk: str
) -> None:
    monkeypatch.setattr(sqlite, "SETTINGS", no_wait_for_the_disk)
    async with Database(f"sqlite:///{tmp_path / 'orstt.sqlite'}") as database, database.transaction():
        [row] = await database.table(STTModel).raw("PRAGMA synchronous")
        assert row["synchronous"] == 2, "2 is FULL: a power cut loses nothing"


async def test_giving_up_the_wait_for_a_lock_is_prompt(tmp_path: Path) -> None:
    path = tmp_path / "orstt.sqlite"
    async with Database(f"sqlite:///{path}") as database:
        store = ModelStore(database)
        with closing(connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            waiting = asyncio.create_task(store.activate(3))
            await asyncio.wait([waiting], timeout=0.3)
            assert not waiting.done()
            started = time.monotonic()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert time.monotonic() - started < 20
            other.execute("ROLLBACK")
        assert (await store.activate(4)).name == "medium"


HANGS = {
    "a transaction that cannot begin": """
        import orstt_core.db.sqlite; orstt_core.db.sqlite.BUSY_SECONDS = 0.1
        database = Database(url)
        await database.open()
        import sqlite3
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with database.transaction(): pass
    """,
    "a database that was never closed": """
        global database
        database = Database(url)
        await database.open()
        raise RuntimeError("and nobody closed it")
    """,
    "a transaction that never ended": """
        global transaction
        database = Database(url)
        await database.open()
        transaction = database.transaction()
        await transaction.__aenter__()
        raise RuntimeError("and nobody ended it")
    """,
}


@pytest.mark.parametrize("code", HANGS.values(), ids=HANGS)
def test_the_process_ends_at_once_after(code: str, tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from orstt_core.db import sqlite
from orstt_core.db.database import Database
url = sys.argv[1]
async def main():{code}
asyncio.run(main())
"""
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'orstt.sqlite'}"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert time.monotonic() - started < 15
