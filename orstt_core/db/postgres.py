"""Piccolo's PostgreSQL engine, made fit for a program that runs for months.

What it adds: a pool from the start, time limits, connections that go back to the pool whatever goes wrong, a second
try where the server was restarted meanwhile, and errors for people that never show the password.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

import asyncpg
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction
from piccolo.querystring import QueryString

from orstt_core.db.failures import BUSY_SECONDS, explain_postgres, is_lost_connection, translated
from orstt_core.db.transactions import TidyTransaction
from orstt_core.errors import DatabaseUnavailable

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 5
"""How long the server may take to answer at all."""
CLOSE_SECONDS = 5
"""How long work under way may take to give its connection back at the end."""
RECONNECT_SECONDS = 1.0
"""Pause before a lost connection that listens is made again."""
LOCKS = 0x6F7273 << 32
"""What the keys of this program's advisory locks begin with: `ors` in ASCII."""


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

    async def lock(self, name: str) -> None:
        """Keep others who ask for the lock of this name waiting until the transaction ends."""
        await self.run_querystring(QueryString("SELECT pg_advisory_xact_lock({})", LOCKS | crc32(name.encode())))

    async def notify(self, channel: str) -> None:
        """Tell those who listen, once the transaction is committed."""
        await self.run_querystring(QueryString("SELECT pg_notify({}, '')", channel))

    async def listen(self, channel: str) -> AsyncGenerator[None]:
        """Yield at first, after each `notify`, and once more after the connection was lost."""
        while True:
            heard = asyncio.Event()
            heard.set()
            try:
                with translated(self.explain):
                    connection = await self._listener(channel, heard.set)
            except DatabaseUnavailable as error:
                logger.info("Notifications cannot be listened to now: %s", error.message)
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            try:
                while not connection.is_closed():
                    heard.clear()
                    yield
                    await heard.wait()
            finally:
                connection.terminate()

    async def _listener(self, channel: str, tell: Callable[[], None]) -> Any:
        """Return a connection of its own that calls `tell` for each notification, and when it is lost."""
        connection = await asyncpg.connect(**self.config)
        try:
            connection.add_termination_listener(lambda *_: tell())
            await connection.add_listener(channel, lambda *_: tell())
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def scrub(self) -> None:
        """Do nothing: what was removed goes with the server's own VACUUM."""

    async def now(self) -> datetime:
        """Return the server's time: the clocks of the machines that share it need not agree."""
        [row] = await self.run_querystring(QueryString("SELECT clock_timestamp() AS now"))
        now: datetime = row["now"]
        return now

    async def forget_connections(self) -> None:
        """Have every connection replaced before its next use: where one was lost, all may be."""
        if self.pool is not None:
            await self.pool.expire_connections()

    def transaction(self, allow_nested: bool = True) -> PostgresTransaction:  # noqa: FBT001, FBT002 - Piccolo's
        """Return a transaction at PostgreSQL's own level, read committed."""
        return _Transaction(self, allow_nested)

    # The signature is Piccolo's.
    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> Any:  # noqa: FBT001, FBT002
        """Run a query of Piccolo's; see `explain_postgres` for what it raises."""
        with translated(self.explain):
            try:
                return await super().run_querystring(querystring, in_pool)
            except Exception as error:
                # What only reads may be asked again. Inside a transaction its earlier part would be missing.
                reads = querystring.template.lstrip().startswith("SELECT")
                if not is_lost_connection(error) or self.current_transaction.get() or not reads:
                    raise
                await self.forget_connections()
                return await super().run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> Any:  # noqa: FBT001, FBT002 - Piccolo's signature
        """Run one statement; see `explain_postgres` for what it raises."""
        with translated(self.explain):
            return await super().run_ddl(ddl, in_pool)


class _Transaction(TidyTransaction, PostgresTransaction):
    """One that begins on another connection when its own was lost: the server may have been restarted."""

    engine: Postgres

    async def start(self) -> None:
        try:
            await self._start()
        except Exception as error:
            if not is_lost_connection(error):
                raise
            await self.give_back()
            await self.engine.forget_connections()
            self.connection = await self.get_connection()
            await self._start()

    async def _start(self) -> None:
        self.transaction = self.connection.transaction()
        await self.transaction.start()

    def is_open(self) -> bool:
        return not self.connection.is_closed()  # the server rolls back what it lost the connection to

    async def give_back(self) -> None:
        if self.engine.pool is not None:
            try:
                await self.engine.pool.release(self.connection)
            except Exception as error:
                if not is_lost_connection(error):
                    raise
                # How the transaction ended is known by now; the pool replaces the connection.


def _server(url: str) -> str:
    """Name the server for messages, by host and port only."""
    unreadable = "@" in url.partition("://")[2].partition("/")[2]  # a password with a / ended the host's part early
    try:
        parts = urlsplit(url)
        where = f"{parts.hostname}:{parts.port or 5432}" if parts.hostname else "this machine's socket"
        unreadable |= "@" in f"{parts.query}{parts.fragment}"  # or one with a ? or #
    except ValueError:
        unreadable = True
    if unreadable:
        raise DatabaseUnavailable(
            "The database's address cannot be read.",
            hint="Correct the setting `database_url`: postgres://user:password@host:5432/name. "
            "In the password, write / as %2F, : as %3A, @ as %40, # as %23 and ? as %3F; "
            "write every other @ but the one before the host as %40 too.",
        )  # outside of the handler: the cause quotes the address, and with it the password
    return f"PostgreSQL at {where}"
