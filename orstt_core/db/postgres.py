"""Piccolo's PostgreSQL engine, made fit for a program that runs for months.

What it adds: a pool from the start, time limits, connections that go back to the pool whatever goes wrong, and
errors for people that never show the password.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

from orstt_core.db.failures import BUSY_SECONDS, explain_postgres, translated
from orstt_core.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from piccolo.querystring import QueryString

CONNECT_SECONDS = 5
"""How long the server may take to answer at all."""
CLOSE_SECONDS = 5
"""How long work under way may take to give its connection back at the end."""
SCHEMA_LOCK = 0x6F72737474
"""Key of the advisory lock that guards the tables' layout: `orstt` in ASCII."""


class Postgres(PostgresEngine):
    """A database on a PostgreSQL server.

    Raises:
        DatabaseUnavailable: the address cannot be read.
    """

    def __init__(self, url: str) -> None:
        super().__init__(
            {
                "dsn": url,
                "timeout": CONNECT_SECONDS,
                "command_timeout": BUSY_SECONDS,
                "server_settings": {"application_name": "orstt"},
            }
        )
        self.explain = partial(explain_postgres, server=_server(url))

    async def check_version(self) -> None:
        """Do nothing: Piccolo would connect here already, and wait for a dead server."""

    async def open(self) -> None:
        """Connect.

        Raises:
            DatabaseUnavailable: the server does not answer, or refuses; within a few seconds.
        """
        with translated(self.explain):
            await self.start_connection_pool(min_size=1, max_size=10)

    async def close(self) -> None:
        """Close all connections; those still at work after a few seconds are cut off."""
        pool, self.pool = self.pool, None
        if pool is not None:
            with suppress(TimeoutError):  # on being cancelled the pool cuts its connections off itself
                await asyncio.wait_for(pool.close(), CLOSE_SECONDS)

    async def lock_schema(self) -> None:
        """Keep others from changing the tables until the transaction ends."""
        await self.run_ddl(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:  # noqa: FBT001, FBT002 - Piccolo's
        """Return a transaction at PostgreSQL's own level, read committed."""
        return _Transaction(self, allow_nested)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:  # noqa: FBT001, FBT002 - Piccolo's signature
        """Run a query of Piccolo's; see `explain_postgres` for what it raises."""
        with translated(self.explain):
            return await super().run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:  # noqa: FBT001, FBT002 - Piccolo's signature
        """Run one statement; see `explain_postgres` for what it raises."""
        with translated(self.explain):
            return await super().run_ddl(ddl, in_pool)


class _Transaction(PostgresTransaction):
    """Piccolo's, which loses the pool's connection when BEGIN, COMMIT or ROLLBACK fails."""

    engine: Postgres

    async def __aenter__(self) -> PostgresTransaction:
        with translated(self.engine.explain):
            return await super().__aenter__()

    async def begin(self) -> None:
        try:
            await super().begin()  # type: ignore[no-untyped-call] # Piccolo leaves it so
        except BaseException:
            await self._give_back()
            raise

    async def rollback(self) -> None:
        if not self.connection.is_closed():  # the server rolls back what it lost the connection to
            await super().rollback()  # type: ignore[no-untyped-call] # Piccolo leaves it so

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._parent is not None:
            return False
        try:
            with translated(self.engine.explain):
                return await super().__aexit__(kind, error, trace)
        finally:
            self.engine.current_transaction.set(None)
            await self._give_back()

    async def _give_back(self) -> None:
        if self.engine.pool is not None:
            await self.engine.pool.release(self.connection)


def _server(url: str) -> str:
    """Name the server for messages, by host and port only."""
    try:
        parts = urlsplit(url)
        where = f"{parts.hostname}:{parts.port or 5432}" if parts.hostname else "this machine's socket"
    except ValueError:
        raise DatabaseUnavailable(
            "The database's address cannot be read.",
            hint="Correct the setting `database_url`: postgres://user:password@host:5432/name. "
            "In the password, write / as %2F, : as %3A, @ as %40 and # as %23.",
        ) from None  # the cause quotes the address, and with it the password
    return f"PostgreSQL at {where}"
