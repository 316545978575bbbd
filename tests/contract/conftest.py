"""The backends that keep Backend's promises: one in this process, one on the other end of a real socket."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from databases import BOTH
from ends import WHERE, Ends, SharedEnds, opened, reached
from pace import QUICK
from postgres import PostgresServer

from orstt_core.backend import Backend
from orstt_core.local import LocalBackend
from orstt_core.runtime import engine_process
from orstt_core.settings import Settings


@pytest.fixture(scope="module", params=WHERE)
def where(request: pytest.FixtureRequest) -> str:
    """How a backend is reached."""
    where: str = request.param
    return where


@pytest.fixture(scope="module", params=BOTH)
def shared_database_url(
    request: pytest.FixtureRequest,
    where: str,  # each has one of its own
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of a database that the tests of a module share, once of each kind."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("shared") / "orstt.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_ends(
    where: str,
    shared_database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    weights_cache: Path,
) -> AsyncIterator[SharedEnds]:
    """Both ends of a database of each kind, reached in each way: to start all that takes longer than most tests."""
    settings = Settings(
        database_url=shared_database_url,
        data_dir=tmp_path_factory.mktemp("data"),
        cache_dir=weights_cache,
        max_queued=1,
    )
    with pytest.MonkeyPatch.context() as patched:
        # Tests hang many an engine, which is given twice as long each time.
        patched.setattr(engine_process, "LONGEST_GRACE", 1.0)
        async with LocalBackend(settings, pace=QUICK) as core, reached(where, core) as ends:
            shared = SharedEnds(ends, core)
            await shared.keep_models()
            yield shared


@pytest_asyncio.fixture(loop_scope="module")
async def ends(shared_ends: SharedEnds) -> AsyncIterator[Ends]:
    """Both ends of a database without jobs, with the models of a new one."""
    yield shared_ends.ends
    await shared_ends.restore()


@pytest.fixture
def backend(ends: Ends) -> Backend:
    return ends.backend


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def speaking(where: str, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> AsyncIterator[Backend]:
    """One backend for all tests that transcribe, so that they load the real model once."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("speaking"), cache_dir=weights_cache)
    async with opened(where, settings) as ends:
        yield ends.backend
