"""Piccolo's SQLite engine, made fit for a program that runs for months.

What it adds: one kept connection for plain queries (Piccolo opens one, and a thread, for each), transactions
that lock at once, the write-ahead log, connections that are closed whatever goes wrong, and errors for people.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiosqlite
from piccolo.engine.sqlite import SQLiteEngine, SQLiteTransaction, TransactionType, dict_factory

from orstt_core.db.failures import BUSY_SECONDS, explain_sqlite, translated
from orstt_core.db.transactions import TidyTransaction
from orstt_core.disk import is_full, why_not
from orstt_core.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from piccolo.querystring import QueryString

OLDEST = (3, 35)
"""The first SQLite with RETURNING."""
SETTINGS = "PRAGMA foreign_keys = on; PRAGMA synchronous = full; PRAGMA secure_delete = on"
"""Of every connection: a power cut loses nothing, and what was removed is overwritten in the file."""
LISTEN_SECONDS = 0.25
"""Pause between two looks at whether somebody wrote; one takes a tenth of a millisecond."""
LOCK_SECONDS = 0.1
"""Seconds that SQLite itself waits for a lock; it cannot be interrupted meanwhile, so it is asked again."""


class SQLite(SQLiteEngine):
    """One database file.

    Plain queries share one connection and are for reading: what writes goes in a transaction, which has a
    connection of its own, so that nobody's query waits behind somebody else's lock.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), timeout=BUSY_SECONDS)
        self.explain = partial(explain_sqlite, path=str(path))
        self.write_lock = asyncio.Lock()
        self._kept: aiosqlite.Connection | None = None

    async def open(self) -> None:
        """Make the folder and the file, for this person only, and connect.

        Raises:
            DatabaseUnavailable: the file cannot be made, opened or written, or is not a database.
        """
        if sqlite3.sqlite_version_info < OLDEST:
            raise DatabaseUnavailable(
                f"This Python has SQLite {sqlite3.sqlite_version}, which is too old.",
                hint="Use a Python with SQLite 3.35 or newer, or PostgreSQL by the setting `database_url`.",
            )
        self._make_file()
        with translated(self.explain):
            self._kept = await self.get_connection()
            mode = await self._write_ahead(self._kept)
        if mode != "wal":
            raise DatabaseUnavailable(
                f"SQLite cannot keep its log beside {self.path}: a network drive, as a rule.",
                hint="Choose a folder on a local disk with the setting `data_dir`, or use PostgreSQL.",
            )
        # Whoever opens it reads where it is; what is said from now on may be read by clients.
        self.explain = partial(explain_sqlite, path=Path(self.path).name)

    async def _write_ahead(self, connection: aiosqlite.Connection) -> str:
        """Switch the file to the write-ahead log, unless it is; return the journal mode it has then."""
        give_up = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                [row] = await self._fetch(connection, "PRAGMA journal_mode = wal")
                return str(row["journal_mode"])
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself here, when several processes switch a new file at the same moment.
                if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > give_up:
                    raise
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Close the kept connection."""
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.close()

    def _make_file(self) -> None:
        path = Path(self.path)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Only a file that is not there is made by hand, for its mode: closing a file that SQLite has open
            # in this process would drop its locks.
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, mode=0o600))
        except OSError as error:
            check = "whether there is room" if is_full(error) else "who may write"
            raise DatabaseUnavailable(
                f"The database {path} cannot be created: {why_not(error)}.",
                hint=f"Check {check} there, or choose another folder with the setting `data_dir`.",
            ) from error

    async def lock(self, name: str) -> None:
        """Do nothing: a transaction keeps all other writers out already."""

    async def notify(self, channel: str) -> None:
        """Do nothing: the file itself tells that somebody wrote."""

    async def listen(self, channel: str) -> AsyncGenerator[None]:  # noqa: ARG002 - the file has one for all
        """Yield at first, and whenever another connection has written to the file."""
        seen = None
        while self._kept is not None:
            with translated(self.explain):
                [row] = await self._fetch(self._kept, "PRAGMA data_version")
            if row["data_version"] != seen:
                seen = row["data_version"]
                yield
            await asyncio.sleep(LISTEN_SECONDS)

    async def scrub(self) -> None:
        """Empty the write-ahead log, in which removed rows still stand; not while somebody reads from it."""
        with translated(self.explain):
            # On the kept connection every other question would wait until that reader is done.
            connection = await self.get_connection(timeout=LOCK_SECONDS)
            try:
                await connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                await connection.close()

    async def now(self) -> datetime:
        """Return this machine's time: whoever works on the file is on it."""
        return datetime.now(UTC)

    def transaction(
        self,
        transaction_type: TransactionType = TransactionType.immediate,
        allow_nested: bool = True,  # noqa: FBT001, FBT002 - Piccolo's signature
    ) -> SQLiteTransaction:
        """Return a transaction that holds the write lock from its beginning.

        A deferred one takes it at its first write, and fails at once if anybody wrote since its first read.
        """
        return _Transaction(self, transaction_type, allow_nested)

    async def get_connection(self, timeout: float | None = None) -> aiosqlite.Connection:  # noqa: ASYNC109 - SQLite's
        """Return a new connection, set up, which waits so many seconds for locks; the caller closes it."""
        waits = {} if timeout is None else {"timeout": timeout}
        connecting = aiosqlite.connect(**self.connection_kwargs | waits)
        # Each connection is a thread. Were it not a daemon, a program that ends without closing would hang.
        thread: Any = getattr(connecting, "_thread", connecting)  # the connection was the thread before 0.22
        thread.daemon = True
        try:
            connection = await connecting
        except BaseException:
            thread.join()  # it has its order to stop; left alone, it would report to a loop that is closed by then
            raise
        try:
            connection.row_factory = dict_factory  # type: ignore[assignment] # typed for sqlite3.Row only
            await connection.executescript(SETTINGS)
        except BaseException:
            await connection.close()
            raise
        return connection

    # The signature is Piccolo's.
    async def run_querystring(self, querystring: QueryString, in_pool: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Run a query of Piccolo's; see `explain_sqlite` for what it raises."""
        with translated(self.explain):
            return await super().run_querystring(querystring, in_pool)

    async def run_ddl(self, ddl: str, in_pool: bool = False) -> Any:  # noqa: FBT001, FBT002 - Piccolo's signature
        """Run one statement; see `explain_sqlite` for what it raises."""
        with translated(self.explain):
            return await super().run_ddl(ddl, in_pool)

    async def _run_in_new_connection(
        self,
        query: str,
        args: list[Any] | None = None,
        query_type: str = "generic",  # noqa: ARG002 - Piccolo's signature
        table: Any = None,  # noqa: ARG002 - Piccolo's signature
    ) -> Any:
        if self._kept is not None:
            return await self._fetch(self._kept, query, args)
        connection = await self.get_connection()  # Piccolo's own command line never opens
        try:
            return await self._fetch(connection, query, args)
        finally:
            await connection.close()

    async def _run_in_existing_connection(
        self,
        connection: aiosqlite.Connection,
        query: str,
        args: list[Any] | None = None,
        query_type: str = "generic",  # noqa: ARG002 - Piccolo's signature
        table: Any = None,  # noqa: ARG002 - Piccolo's signature
    ) -> Any:
        return await self._fetch(connection, query, args)

    @staticmethod
    async def _fetch(connection: aiosqlite.Connection, query: str, args: list[Any] | None = None) -> Any:
        # Executing and fetching in one step: nobody else's statement comes between them on a shared connection.
        return await connection.execute_fetchall(query, args)


class _Transaction(TidyTransaction, SQLiteTransaction):
    """One whose wait for the write lock is fair within this process, and ends at once for whoever gives it up."""

    engine: SQLite
    _has_write_lock = False

    async def get_connection(self) -> aiosqlite.Connection:
        return await self.engine.get_connection(timeout=LOCK_SECONDS)

    async def start(self) -> None:
        async with asyncio.timeout(BUSY_SECONDS):
            # SQLite lets the lucky one have its lock, not the first.
            self._has_write_lock = await self.engine.write_lock.acquire()
            while True:
                try:
                    await self.connection.execute(f"BEGIN {self.transaction_type.value}")
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorname != "SQLITE_BUSY":
                        raise
                else:
                    return

    def is_open(self) -> bool:
        return bool(self.connection.in_transaction)  # SQLite itself rolls back when the disk is full

    async def give_back(self) -> None:
        try:
            await self.connection.close()
        finally:
            if self._has_write_lock:
                self._has_write_lock = False
                self.engine.write_lock.release()
