"""What the tests of the job store get."""

from collections.abc import AsyncIterator

import pytest
from stored_jobs import open_store

from orstt_core.db.jobs import JobStore


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[JobStore]:
    """An open job store without jobs, once on each kind of database."""
    async with open_store(database_url) as store:
        yield store
