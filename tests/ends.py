"""A real backend, opened in this process or on the other end of a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import NamedTuple

from pace import QUICK
from serving import served

from orstt_api.client import RemoteBackend
from orstt_core.backend import Backend
from orstt_core.db.tables import STTModel
from orstt_core.errors import JobEnded
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import ENDED, JobQuery

WHERE = ["local", "remote"]


class Ends(NamedTuple):
    """Two ways to the same models: the one under test, and whoever else works on them."""

    backend: Backend
    other: Backend


@asynccontextmanager
async def opened(where: str, settings: Settings) -> AsyncIterator[Ends]:
    """Open a local backend, and for `remote` a server over it and two clients."""
    async with LocalBackend(settings, pace=QUICK) as core, reached(where, core) as ends:
        yield ends


@asynccontextmanager
async def reached(where: str, core: LocalBackend) -> AsyncIterator[Ends]:
    """Reach a local backend directly, or for `remote` by two clients of a server over it."""
    if where == "local":
        yield Ends(core, core)
        return
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(served(core, api_key="contract", max_upload_mb=32))
        clients = [await stack.enter_async_context(RemoteBackend(url, api_key="contract")) for _ in WHERE]
        yield Ends(*clients)


class SharedEnds(NamedTuple):
    """Both ends of a database that several tests use one after another; `core` is what works on it."""

    ends: Ends
    core: LocalBackend

    async def keep_models(self) -> None:
        """Note the models of the new database."""
        await self.execute("CREATE TABLE kept AS SELECT * FROM api_sttmodel")

    async def restore(self) -> None:
        """Remove all jobs, and bring back the models as they were; what is loaded stays, and so does the audit."""
        backend = self.ends.backend
        for job in (await backend.jobs(JobQuery(limit=500))).jobs:
            if job.state not in ENDED:
                with suppress(JobEnded):  # it may end just now
                    await backend.cancel_job(job.id)
        while (await backend.purge_jobs()).jobs or (await backend.jobs(JobQuery())).jobs:
            pass
        await self.execute(*RESTORE)

    async def execute(self, *statements: str) -> None:
        """Run statements, with braces doubled, in one transaction."""
        # On the backend's own connection: another would wait for the lock of a transaction in this very loop.
        database = self.core._database
        async with database.transaction():
            for statement in statements:
                await database.table(STTModel).raw(statement)


RESTORE = [
    "UPDATE model_selection SET (active_id, default_id) = (SELECT id, id FROM kept WHERE name = 'base')",
    "DELETE FROM api_sttmodel WHERE id NOT IN (SELECT id FROM kept)",
    """UPDATE api_sttmodel SET (name, model, device, description, options)
        = (SELECT name, model, device, description, options FROM kept WHERE kept.id = api_sttmodel.id)""",
]
