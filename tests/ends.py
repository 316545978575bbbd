"""A real backend, opened in this process or on the other end of a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NamedTuple

from pace import QUICK
from serving import served

from orstt_api.client import RemoteBackend
from orstt_core.backend import Backend
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings

WHERE = ["local", "remote"]


class Ends(NamedTuple):
    """Two ways to the same models: the one under test, and whoever else works on them."""

    backend: Backend
    other: Backend


@asynccontextmanager
async def opened(where: str, settings: Settings) -> AsyncIterator[Ends]:
    """Open a local backend, and for `remote` a server over it and two clients."""
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(LocalBackend(settings, pace=QUICK))
        if where == "local":
            yield Ends(core, core)
            return
        url = await stack.enter_async_context(served(core, api_key="contract", max_upload_mb=32))
        clients = [await stack.enter_async_context(RemoteBackend(url, api_key="contract")) for _ in WHERE]
        yield Ends(*clients)
