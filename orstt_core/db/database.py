"""Database: the one open database, SQLite or PostgreSQL, that the stores work on.

Importing this module costs nothing: Piccolo is loaded by `open`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeVar

from orstt_core.db.engine import engine_for, kind_of
from orstt_core.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from piccolo.table import Table

    from orstt_core.db.postgres import Postgres
    from orstt_core.db.sqlite import SQLite

AnyTable = TypeVar("AnyTable", bound="Table")


class Database:
    """A database by its address. Several may be open in one process; each belongs to one event loop.

    Args:
        url: `sqlite:///` and the file's path (so four slashes for an absolute one), or
            `postgres://user:password@host:port/name`.

    Raises:
        DatabaseUnavailable: the address is neither.
    """

    def __init__(self, url: str) -> None:
        self.kind: Literal["sqlite", "postgres"] = kind_of(url)
        self._url = url
        self._engine: SQLite | Postgres | None = None
        self._tables: dict[type[Table], type[Table]] = {}

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect, and bring the tables to this version of the program; a new database gets the default models.

        Raises:
            DatabaseUnavailable: the server does not answer or refuses, the file cannot be made, written or
                is not a database, or a newer version of the program made it.
        """
        from orstt_core.db.schema import ensure_schema

        engine = engine_for(self._url)
        try:
            await engine.open()
            await ensure_schema(engine)
        except BaseException:
            await engine.close()
            raise
        self._engine = engine

    async def close(self) -> None:
        """Close all connections; closing twice, or what never opened, does nothing."""
        engine, self._engine = self._engine, None
        self._tables.clear()
        if engine is not None:
            await engine.close()

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Make the queries inside one step: all of them happen or none. Inside another it joins that one.

        Everything that writes goes in one. On SQLite it holds the write lock from its beginning, so that what
        was read inside is still true when writing. On PostgreSQL it is read committed: lock the rows that must
        not change (`Table.select().lock_rows(...)`), or write `UPDATE ... WHERE` what must still hold.

        Start no background task inside: it would inherit a transaction that ends before it does.

        Raises:
            DatabaseUnavailable: the database is not open, or was lost.
        """
        return self._open_engine().transaction()

    async def lock(self, name: str) -> None:
        """Inside a transaction: keep everybody else who asks for the lock of this name waiting until it ends.

        Raises:
            DatabaseUnavailable: the database is not open, was lost, or somebody has held the lock too long.
        """
        await self._open_engine().lock(name)

    async def now(self) -> datetime:
        """Return the time (UTC) that all who share this database agree on: the server's, or this machine's.

        Raises:
            DatabaseUnavailable: the database is not open, or was lost.
        """
        return await self._open_engine().now()

    async def notify(self, channel: str) -> None:
        """Inside a transaction: have those who `listen` to a channel told once it is committed.

        Raises:
            DatabaseUnavailable: the database is not open, or was lost.
        """
        await self._open_engine().notify(channel)

    def listen(self, channel: str) -> AsyncGenerator[None]:
        """Yield at first, after each `notify` in whichever process, and when one may have been missed.

        On SQLite any change of the database counts. A lost connection is made again, for as long as it takes.

        Raises:
            DatabaseUnavailable: the database is not open.
        """
        return self._open_engine().listen(channel)

    async def scrub(self) -> None:
        """Overwrite what was removed where the database still keeps a copy of it for its own purposes.

        On SQLite that is the write-ahead log; while another process reads, it stays until the next time. On
        PostgreSQL the administrator's VACUUM does it.

        Raises:
            DatabaseUnavailable: the database is not open, or was lost.
        """
        await self._open_engine().scrub()

    def table(self, table: type[AnyTable]) -> type[AnyTable]:
        """Return a table of `tables.py` tied to this database.

        Raises:
            DatabaseUnavailable: the database is not open.
        """
        from orstt_core.db.tables import bound

        engine = self._open_engine()
        if table not in self._tables:
            self._tables[table] = bound(table, engine)
        return self._tables[table]  # type: ignore[return-value] # keyed by the class it was made from

    def _open_engine(self) -> SQLite | Postgres:
        if self._engine is None:
            raise DatabaseUnavailable("The database is not open.")
        return self._engine
