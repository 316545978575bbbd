"""What database drivers raise, in a person's words: the one place that knows both drivers' errors.

Nothing a driver says about an address is passed on: it may hold the password.
"""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import asyncpg

from orstt_core.errors import DatabaseUnavailable

BUSY_SECONDS = 30
"""How long a statement may wait for a lock, or a PostgreSQL server for its turn."""


class RowRefused(Exception):
    """The database itself refused to write a row: a rule, a reference or a length forbids it."""


class DuplicateRow(RowRefused):
    """The row repeats a value that must be unique."""


_LOST_CONNECTION = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    ConnectionError,
)
_CLOSED = "the handler is closed"
"""How the text of a RuntimeError ends that uvloop raises of a transport that is closed (`UVHandle._ensure_alive`)."""
_NO_THREAD = "can't start new thread"
"""The text of the RuntimeError by which Python says that the system starts no more threads; both drivers need some."""

_DRIVER_ERRORS = (
    sqlite3.Error,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    OverflowError,
    UnicodeEncodeError,
)
_DUPLICATE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}
_ELSEWHERE = "Check who may write there, or choose another folder with the setting `data_dir`."
_ADDRESS_HINT = "Correct the setting `database_url`: postgres://user:password@host:5432/name."

_SQLITE = {
    "SQLITE_BUSY": (
        f"The database {{path}} has been in use by another program for {BUSY_SECONDS} seconds.",
        "Try again when that program is done.",
    ),
    "SQLITE_CANTOPEN": ("The database {path} cannot be opened.", _ELSEWHERE),
    "SQLITE_CORRUPT": (
        "The database {path} is damaged.",
        "Restore it from a backup, or move it away to begin with the default models.",
    ),
    "SQLITE_FULL": ("The disk that holds {path} is full.", "Make room and try again."),
    "SQLITE_IOERR": (
        "The disk that holds {path} cannot be read or written.",
        "Check the disk, and whether there is room on it and in your share of it (quota).",
    ),
    "SQLITE_NOTADB": (
        "{path} is not a database.",
        "Move that file away, or choose another folder with the setting `data_dir`.",
    ),
    "SQLITE_PERM": ("The database {path} cannot be opened.", _ELSEWHERE),
    "SQLITE_READONLY": ("The database {path} cannot be written.", _ELSEWHERE),
}

_POSTGRES: dict[type[Exception], tuple[str, str]] = {
    asyncpg.InvalidAuthorizationSpecificationError: (
        "{server} refuses the user or the password.",
        "Correct them in the setting `database_url`.",
    ),
    asyncpg.InvalidCatalogNameError: (
        "{server} has no database of that name.",
        "Create it with `createdb`, or correct the name in the setting `database_url`.",
    ),
    asyncpg.InsufficientPrivilegeError: (
        "{server} does not let this user make or change the tables.",
        "Make the user the owner: ALTER DATABASE name OWNER TO user.",
    ),
    asyncpg.TooManyConnectionsError: (
        "{server} has no connection to spare.",
        "Try again, or raise its max_connections.",
    ),
    asyncpg.DiskFullError: ("The disk of {server} is full.", "Make room there and try again."),
    asyncpg.CannotConnectNowError: ("{server} is starting up or shutting down.", "Try again in a moment."),
    asyncpg.PostgresConnectionError: ("The connection to {server} was lost.", "Try again in a moment."),
    asyncpg.OperatorInterventionError: ("{server} broke the work off.", "Try again in a moment."),
    asyncpg.ReadOnlySQLTransactionError: ("{server} is read-only.", "Use the primary server."),
    asyncpg.ClientConfigurationError: ("The database's address is not one of PostgreSQL's.", _ADDRESS_HINT),
    asyncpg.InterfaceError: ("The connection to {server} was lost.", "Try again in a moment."),
    asyncpg.InternalClientError: ("The connection to {server} was lost.", "Try again in a moment."),
    socket.gaierror: ("{server} cannot be found: no machine has that name.", _ADDRESS_HINT),
    TimeoutError: (
        "{server} does not answer in time.",
        "Check that it runs, and that neither a firewall nor somebody's lock stands in the way.",
    ),
    OSError: ("{server} does not answer.", "Start it, or correct the setting `database_url`."),
}


@contextmanager
def translated(explain: Callable[[Exception], Exception]) -> Iterator[None]:
    """Let no driver's error out: raise what `explain` makes of it instead."""
    try:
        yield
    except asyncpg.ClientConfigurationError as error:
        raise explain(error) from None  # its text quotes the address
    except _DRIVER_ERRORS as error:
        raise explain(error) from error
    except RuntimeError as error:
        if not str(error).endswith((_CLOSED, _NO_THREAD)):
            raise  # a fault of ours
        raise explain(error) from error


def is_lost_connection(error: BaseException) -> bool:
    """Whether the PostgreSQL driver raises this on a connection that the server has closed, as a restart does."""
    return isinstance(error, _LOST_CONNECTION) or (isinstance(error, RuntimeError) and str(error).endswith(_CLOSED))


def explain_sqlite(error: Exception, path: str) -> Exception:
    """Return what to raise for an error of the SQLite driver on a file, which messages call `path`."""
    name = "SQLITE_BUSY" if isinstance(error, TimeoutError) else getattr(error, "sqlite_errorname", "")
    if name in _DUPLICATE:
        return DuplicateRow(str(error))
    if isinstance(error, sqlite3.IntegrityError | OverflowError | UnicodeEncodeError):
        return RowRefused(str(error))
    # Extended codes refine the primary one: SQLITE_READONLY_DIRECTORY is a SQLITE_READONLY.
    if known := _SQLITE.get("_".join(name.split("_")[:2])):
        message, hint = known
        return DatabaseUnavailable(message.format(path=path), hint=hint)
    return DatabaseUnavailable(f"SQLite failed on {path}: {error}.")


def explain_postgres(error: Exception, server: str) -> Exception:
    """Return what to raise for an error of the PostgreSQL driver; `server` names it, without secrets."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return DuplicateRow(str(error))
    # The driver raises ValueErrors for what it cannot send, and for an address it cannot read.
    unsendable = isinstance(error, ValueError) and not isinstance(error, asyncpg.ClientConfigurationError)
    if unsendable or isinstance(error, asyncpg.IntegrityConstraintViolationError | asyncpg.DataError):
        return RowRefused(str(error))
    closed = isinstance(error, RuntimeError) and is_lost_connection(error)
    raised = asyncpg.PostgresConnectionError if closed else type(error)
    for kind, (message, hint) in _POSTGRES.items():
        if issubclass(raised, kind):
            return DatabaseUnavailable(message.format(server=server), hint=hint)
    return DatabaseUnavailable(f"{server} failed: {getattr(error, 'message', type(error).__name__)}.")
