"""PostgreSQL servers that are not there, refuse, or are something else: named in time, the password never shown."""

import asyncio
import socket
import time
from collections.abc import Iterator
from urllib.parse import quote

import asyncpg
import pytest
from postgres import PASSWORD, PostgresServer

from orstt_core.db.database import Database
from orstt_core.db.failures import explain_postgres
from orstt_core.db.models import ModelStore
from orstt_core.errors import DatabaseUnavailable
from orstt_core.settings import Settings

pytestmark = pytest.mark.postgres
SECRET = "s3cret/with:odd@signs"


async def refusal(url: str) -> str:
    """What a person reads when this database is opened."""
    with pytest.raises(DatabaseUnavailable) as caught:
        await Database(url).open()
    shown = f"{caught.value!s} {caught.value!r}"
    for secret in (SECRET, quote(SECRET, safe=""), PASSWORD, quote(PASSWORD, safe="")):
        assert secret not in shown
    return str(caught.value)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


async def test_a_server_that_is_not_there_is_named_at_once() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        started = time.monotonic()
        said = await refusal(f"postgres://u:{quote(SECRET, safe='')}@127.0.0.1:{port}/d")
    assert said.startswith(f"PostgreSQL at 127.0.0.1:{port} does not answer. Start it")
    assert time.monotonic() - started < 20


async def test_a_server_that_says_nothing_is_given_up(listener: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orstt_core.db.postgres.CONNECT_SECONDS", 0.3)
    started = time.monotonic()
    said = await refusal(f"postgresql://u:p@127.0.0.1:{listener.getsockname()[1]}/d")
    assert "does not answer in time" in said
    assert time.monotonic() - started < 20


async def test_a_server_that_speaks_something_else_is_named() -> None:
    async def web_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(web_server, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        said = await refusal(f"postgres://u:p@127.0.0.1:{port}/d")
    assert said.startswith(f"PostgreSQL at 127.0.0.1:{port} does not answer")


async def test_a_host_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "no machine has that name" in await refusal("postgres://u:p@no-such-host.invalid/d")


@pytest.mark.parametrize("sign", ["/", "#", "?", "/x@", "#x@"])
@pytest.mark.parametrize("beginning", ["qx", "12345"], ids=["no port", "as if a port"])
async def test_a_password_that_ends_the_address_early_is_refused_and_never_quoted(beginning: str, sign: str) -> None:
    url = f"postgres://u:{beginning}{sign}topsecret@127.0.0.1:5432/d"
    said = await refusal(url)
    assert "cannot be read" in said
    assert "%2F" in said
    assert beginning not in said
    assert "topsecret" not in said
    assert Settings(database_url=url).spool.name.startswith("spool-")


@pytest.mark.parametrize("url", ["postgres://u:p@host:port/d", "postgres://u:p@[host/d"])
async def test_an_address_that_cannot_be_read_is_refused_without_quoting_it(url: str) -> None:
    said = await refusal(url)
    assert "cannot be read" in said or "not one of PostgreSQL's" in said
    assert ":port" not in said


async def test_a_wrong_password_is_refused_and_not_shown(postgres_server: PostgresServer) -> None:
    url = postgres_server.url("postgres").replace(quote(PASSWORD, safe=""), quote(SECRET, safe=""))
    assert "refuses the user or the password" in await refusal(url)


async def test_a_missing_database_is_named(postgres_server: PostgresServer) -> None:
    assert "has no database of that name. Create it with `createdb`" in await refusal(postgres_server.url("missing"))


async def test_a_user_who_may_not_create_tables_is_told_so(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_empty_database()
    postgres_server.execute(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'")
    said = await refusal(url.replace("//orstt:", "//guest:"))
    assert "does not let this user make or change the tables. Make the user the owner" in said


async def test_a_full_server_is_named(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    postgres_server.execute(f"CREATE ROLE narrow LOGIN CONNECTION LIMIT 0 PASSWORD '{PASSWORD}'")
    assert "has no connection to spare" in await refusal(url.replace("//orstt:", "//narrow:"))


def test_a_full_disk_of_the_server_is_named() -> None:
    error = explain_postgres(asyncpg.DiskFullError("could not extend file"), "PostgreSQL at db:5432")
    assert str(error) == "The disk of PostgreSQL at db:5432 is full. Make room there and try again."


async def test_both_spellings_of_the_scheme_work(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    for address in (url, url.replace("postgres://", "postgresql://")):
        async with Database(address) as database:
            assert database.kind == "postgres"
            assert (await ModelStore(database).active()).name == "base"


async def test_closing_does_not_wait_for_ever_for_work_under_way(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.db.postgres.CLOSE_SECONDS", 0.2)
    database = Database(postgres_server.create_database())
    await database.open()
    holding = database.transaction()
    await holding.__aenter__()
    started = time.monotonic()
    await database.close()
    assert time.monotonic() - started < 20
    with pytest.raises(DatabaseUnavailable):
        await holding.__aexit__(None, None, None)
