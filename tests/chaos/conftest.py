"""What every test of the chaos suite gets: servers to attack, on SQLite or on a PostgreSQL of their own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chaos.recordings import Studio
from chaos.server import Server
from chaos.trial import Trial
from postgres import PostgresServer, running_server

SAID = (
    "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do "
    "for them"
)

Begin = Callable[..., Any]

CUT_CONNECTIONS = [
    pytest.mark.filterwarnings(f"ignore:Exception ignored in. <{what}:pytest.PytestUnraisableExceptionWarning")
    for what in ("function _SelectorTransport.__del__", "socket.socket")
]
"""The HTTP client of these tests drops a socket unclosed when it is cancelled while the server at the other end is
killed; what the server leaves open, the database and the spool show."""

SEED = int(os.environ.get("ORSTT_CHAOS_SEED", "3"))
"""Decides the course of every trial, as far as the machine lets it. Read before the tests' own home hides it."""


@pytest.fixture
async def begin(tmp_path: Path, austen: Path, request: pytest.FixtureRequest) -> AsyncIterator[Begin]:
    """Start a server with the settings given and return a trial of it; nothing of it outlives the test."""
    servers: list[Server] = []
    trials: list[Trial] = []

    async def begin(name: str = "", *, database_url: str = "", **settings: object) -> Trial:
        folder = tmp_path / f"server-{len(servers)}"
        folder.mkdir()
        server = Server(folder, database_url, **settings)
        servers.append(server)
        await server.start()
        trials.append(Trial(name or request.node.name, server, Studio(SEED, (austen, SAID)), SEED))
        return trials[-1]

    yield begin
    for trial in trials:
        await trial.http.aclose()
    for server in servers:
        server.end()


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server that may be restarted: no other test uses it."""
    with running_server() as server:
        yield server


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> str:
    """An empty database on it."""
    return postgres.create_database()
