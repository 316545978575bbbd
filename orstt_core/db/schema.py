"""Brings a database to the tables of this version of the program, whoever else tries at the same time."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

from piccolo.apps.migrations.tables import Migration

from orstt_core.db.tables import STTModel, bound
from orstt_core.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from orstt_core.db.postgres import Postgres
    from orstt_core.db.sqlite import SQLite

APP = "orstt"
FOLDER = Path(__file__).parent / "migrations"

_migrating = threading.Lock()


def known_migrations() -> set[str]:
    """Return the ids of the migrations in this package: the names of their files."""
    return {file.stem for file in FOLDER.glob(f"{APP}_*.py")}


async def ensure_schema(engine: SQLite | Postgres) -> None:
    """Run the migrations that have not run; all of them or none. Costs two small queries when all have.

    Raises:
        DatabaseUnavailable: a newer version made the database, or its tables are someone else's.
    """
    if not await _pending(engine):
        return
    async with _one_at_a_time(), engine.transaction():
        await engine.lock("schema")
        if pending := await _pending(engine):  # another process may have been faster
            if pending == known_migrations() and await bound(STTModel, engine).table_exists():
                raise DatabaseUnavailable(
                    "The database has a table `api_sttmodel` that OR-STT did not make.",
                    hint="Give OR-STT a database of its own.",
                )
            await _migrate(engine)


async def _pending(engine: SQLite | Postgres) -> set[str]:
    migration = bound(Migration, engine)
    done = set(await migration.get_migrations_which_ran(APP)) if await migration.table_exists() else set()
    if done - known_migrations():
        raise DatabaseUnavailable(
            "A newer version of OR-STT made this database; this one would damage it.",
            hint="Upgrade with `pip install --upgrade orstt`, or use another database.",
        )
    return known_migrations() - done


async def _migrate(engine: SQLite | Postgres) -> None:
    # Imported here: it brings a code formatter with it, half a second that only the first start pays.
    from piccolo.apps.migrations.commands.forwards import run_forwards

    with _contained(engine):
        await run_forwards(APP)


@asynccontextmanager
async def _one_at_a_time() -> AsyncIterator[None]:
    # What `_contained` changes is the whole process's. Other tasks and other threads' loops wait.
    while not _migrating.acquire(blocking=False):  # noqa: ASYNC110 - asyncio's locks belong to one loop
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        _migrating.release()


@contextmanager
def _contained(engine: SQLite | Postgres) -> Iterator[None]:
    """Point Piccolo's runner at the engine, and undo what it does to the process: it prints and changes paths."""
    from orstt_core.db import piccolo_conf

    path, conf = sys.path.copy(), os.environ.get("PICCOLO_CONF")
    os.environ["PICCOLO_CONF"] = piccolo_conf.__name__
    table = Migration._meta  # noqa: SLF001 - so Piccolo names it
    piccolo_conf.DB = table.db = engine
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        del piccolo_conf.DB
        table._db = None  # noqa: SLF001 - so that it is looked up anew
        sys.path[:] = path
        if conf is None:
            del os.environ["PICCOLO_CONF"]
        else:
            os.environ["PICCOLO_CONF"] = conf
