"""Databases for the tests, of each kind: fixtures, which `tests/conftest.py` imports.

`database_url` runs a test twice, on SQLite and on PostgreSQL, each with the tables of this version and no jobs in
them; `empty_database_url` has no tables yet.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from postgres import PostgresServer, migrate, running_server

SCHEMA = """
    SELECT md5(string_agg(item, ' ' ORDER BY item)) FROM (
        SELECT format('%s %s %s', oid, relname, relnatts) FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s', oid, prosrc) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s', oid, tgenabled) FROM pg_trigger
        UNION ALL SELECT oid::text FROM pg_constraint
        UNION ALL SELECT oid::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
        UNION ALL SELECT setconfig::text FROM pg_db_role_setting
    ) items (item)
"""
"""A digest of all that a test could change beside the rows."""
DISCONNECT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class DatabasePool:
    """PostgreSQL databases with the content of the template, used by one test after another.

    To bring the rows back takes a tenth of the time in which a database is made and dropped. A database whose
    schema or settings a test changed is dropped.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._unused: list[str] = []
        self._connections: dict[str, asyncpg.Connection] = {}
        self._schema = ""
        self._reset = ""

    def borrow(self) -> str:
        """Return the address of a database with the tables of this version and no jobs in them."""
        url = self._unused.pop() if self._unused else self._server.create_database()
        if not self._reset:
            self._server.run(self._learn(url))
        return url

    def give_back(self, url: str) -> None:
        """Take a database back from a test."""
        if self._server.run(self._cleaned(url)):
            self._unused.append(url)
        else:
            self._connections.pop(url, None)
            self._server.drop_database(url)

    def close(self) -> None:
        """Close the pool's own connections."""
        for connection in self._connections.values():
            self._server.run(connection.close())

    async def _learn(self, url: str) -> None:
        """Read what an untouched database has in it."""
        connection = await self._connection(url)
        self._schema = await connection.fetchval(SCHEMA)
        statements = ["SET LOCAL session_replication_role = replica"]  # neither triggers nor foreign keys
        for [table] in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            rows = await connection.fetchval(f"SELECT coalesce(json_agg(t), '[]') FROM {table} t")
            filled = f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $rows${rows}$rows$)"
            statements += [f"DELETE FROM {table}", filled]
        for name, last in await connection.fetch("SELECT sequencename, last_value FROM pg_sequences"):
            statements.append(f"SELECT setval('{name}', {last or 1}, {last is not None})")
        self._reset = ";".join(statements)

    async def _cleaned(self, url: str) -> bool:
        try:
            connection = await self._connection(url)
            await connection.execute(DISCONNECT)
            if await connection.fetchval(SCHEMA) != self._schema:
                return False
            async with connection.transaction():
                await connection.execute(self._reset)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        return True

    async def _connection(self, url: str) -> asyncpg.Connection:
        if url not in self._connections:
            self._connections[url] = await asyncpg.connect(url)
        return self._connections[url]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server that runs until the session ends."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def database_pool(postgres_server: PostgresServer) -> Iterator[DatabasePool]:
    """PostgreSQL databases that tests use one after another."""
    pool = DatabasePool(postgres_server)
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of one PostgreSQL database, the same for the whole session."""
    return postgres_server.create_database()


BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
SLOW_ON_POSTGRES = ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])]
"""The same, for what takes long enough once."""


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own with tables and nothing in them, once of each kind."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "orstt.sqlite")
        yield f"sqlite:///{tmp_path / 'orstt.sqlite'}"
        return
    pool: DatabasePool = request.getfixturevalue("database_pool")
    url = pool.borrow()
    yield url
    pool.give_back(url)


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database of this test's own without tables, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'orstt.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_empty_database()
    yield url
    server.drop_database(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the tables of this version and nothing in them, to copy."""
    template = tmp_path_factory.mktemp("template") / "orstt.sqlite"
    migrate(f"sqlite:///{template}")
    return template
