"""What the tests of the job store get."""

from collections.abc import AsyncIterator

import pytest
from postgres import raw_sql
from stored_jobs import open_store

from orstt_core.db.database import Database
from orstt_core.db.jobs import JobStore


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def jobs_url(request: pytest.FixtureRequest) -> str:
    """The address of a database without jobs, once of each kind; PostgreSQL's is the same one emptied, for speed."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path') / 'orstt.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    async with Database(url):
        await raw_sql(url, "TRUNCATE transcription_job, recording CASCADE")
    return url


@pytest.fixture
async def store(jobs_url: str) -> AsyncIterator[JobStore]:
    """An open job store without jobs, once on each kind of database."""
    async with open_store(jobs_url) as store:
        yield store
