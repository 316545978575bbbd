"""From a database's address to Piccolo's engine for it. Importing this module costs nothing: engines load Piccolo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from orstt_core.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from orstt_core.db.postgres import Postgres
    from orstt_core.db.sqlite import SQLite

SQLITE = "sqlite:///"
POSTGRES = ("postgres://", "postgresql://")


def kind_of(url: str) -> Literal["sqlite", "postgres"]:
    """Tell which kind of database an address is of.

    Raises:
        DatabaseUnavailable: it is neither.
    """
    if url.startswith(SQLITE) and url != SQLITE:
        return "sqlite"
    if url.startswith(POSTGRES):
        return "postgres"
    raise DatabaseUnavailable(
        "The database's address is neither SQLite's nor PostgreSQL's.",
        hint="Set `database_url` to postgres://user:password@host:5432/name, or leave it empty for SQLite.",
    )


def engine_for(url: str) -> SQLite | Postgres:
    """Return Piccolo's engine for an address, not yet open.

    Raises:
        DatabaseUnavailable: the address cannot be read.
    """
    if kind_of(url) == "sqlite":
        from orstt_core.db.sqlite import SQLite

        return SQLite(Path(url.removeprefix(SQLITE)).absolute())
    from orstt_core.db.postgres import Postgres

    return Postgres(url)
