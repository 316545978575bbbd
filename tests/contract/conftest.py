"""The backends that keep Backend's promises: one in this process, one on the other end of a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from ends import WHERE, Ends, opened

from orstt_core.backend import Backend
from orstt_core.settings import Settings


@pytest.fixture(params=WHERE)
async def ends(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> AsyncIterator[Ends]:
    """Both ends of a new database of each kind, reached in each way."""
    async with opened(request.param, Settings(database_url=database_url, data_dir=tmp_path)) as ends:
        yield ends


@pytest.fixture
def backend(ends: Ends) -> Backend:
    return ends.backend


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=WHERE)
async def speaking(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, weights_cache: Path
) -> AsyncIterator[Backend]:
    """One backend for all tests that transcribe, so that they load the real model once."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("speaking"), cache_dir=weights_cache)
    async with opened(request.param, settings) as ends:
        yield ends.backend
