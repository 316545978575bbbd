"""What the tests of jobs and engines get: a store, a pool, or a backend that a module's tests use one after another."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import pytest_asyncio
from counting import write_count
from counting_backend import SECONDS, counting_backend
from databases import SLOW_ON_POSTGRES, DatabasePool
from engine_work import Desk
from loopback_hub import LoopbackHub, loopback_hub, point_to
from msgspec.structs import replace
from serving import eventually
from stored_jobs import open_store

from orstt_core.db.jobs import JobStore
from orstt_core.errors import JobEnded
from orstt_core.local import LocalBackend
from orstt_core.runtime.pool import EnginePool
from orstt_core.settings import Settings
from orstt_core.types import ENDED, JobQuery, TranscribeRequest


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """An empty cache of the hub's; its library, which reads the environment only once, is told of it."""
    from huggingface_hub.utils._http import close_session

    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "hf/token"))
    monkeypatch.setattr("orstt_core.weights.hub_client._named_hosts", set())
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name == "HF_TOKEN"]:
        monkeypatch.delenv(name)
    close_session()
    yield tmp_path / "hf"
    close_session()
    assert capfd.readouterr().err == ""


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub on loopback, which the hub's library finds."""
    with loopback_hub() as hub:
        point_to(hub.address, monkeypatch)
        yield hub


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says "later" is asked again without waiting as long as in earnest."""
    monkeypatch.setattr("orstt_core.weights.attempts.PAUSES", (0.01,) * 4)
    # The library's own clock: with everybody's, what waits for a lock would keep the processor busy.
    monkeypatch.setattr("huggingface_hub.file_download.time", SimpleNamespace(sleep=lambda _: None))


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[JobStore]:
    """An open job store without jobs, once on each kind of database."""
    async with open_store(database_url) as store:
        yield store


@pytest.fixture(scope="module")
def shared_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of `backend`."""
    return Settings(data_dir=tmp_path_factory.mktemp("shared"), job_lease=1.0, max_loaded=2)


@pytest.fixture(scope="module", params=SLOW_ON_POSTGRES)
def settings_on_both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings for modules that have `backend` on each kind of database."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("shared"), job_lease=2.0, max_queued=2)
    if request.param == "sqlite":
        yield settings
        return
    pool: DatabasePool = request.getfixturevalue("database_pool")
    url = pool.borrow()
    yield replace(settings, database_url=url)
    pool.give_back(url)


@pytest.fixture(scope="module")
def shared_behaviour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that tells the engine of `backend` how to behave."""
    return tmp_path_factory.mktemp("behaviour")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_backend(shared_settings: Settings, shared_behaviour: Path) -> AsyncIterator[LocalBackend]:
    """A backend whose active model counts, loaded once for all tests of a module."""
    async with counting_backend(shared_settings, shared_behaviour) as backend:
        yield backend


@pytest_asyncio.fixture(loop_scope="module")
async def backend(shared_backend: LocalBackend, shared_behaviour: Path) -> LocalBackend:
    """The module's backend without jobs, and its engine without orders, whatever the last test left."""
    for order in shared_behaviour.iterdir():
        order.unlink()
    for job in (await shared_backend.jobs(JobQuery())).jobs:
        if job.state not in ENDED:
            with suppress(JobEnded):  # it may end just now
                await shared_backend.cancel_job(job.id)
    await eventually(lambda: not shared_backend._jobs._worker._executions)
    await shared_backend.purge_jobs()
    await shared_backend.activate_model("counting")
    (shared_behaviour / "asked").unlink(missing_ok=True)
    return shared_backend


@pytest.fixture
def behaviour(backend: LocalBackend, shared_behaviour: Path) -> Path:
    """The folder that tells the engine how to behave, with nothing in it."""
    return shared_behaviour


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Makes work for engines."""
    return Desk(tmp_path, Settings())


@pytest.fixture
async def pool(desk: Desk) -> AsyncIterator[EnginePool]:
    """A pool of engines, of which no process is left in the end."""
    pool = desk.pool()
    yield pool
    await pool.close()
    assert not psutil.Process().children()


@pytest.fixture
def recording(tmp_path: Path) -> TranscribeRequest:
    """A recording that counts."""
    return TranscribeRequest(audio=write_count(tmp_path / "count.wav", SECONDS))
