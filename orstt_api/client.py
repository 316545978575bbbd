"""RemoteBackend: the other end of the wire. The same Backend as a local one, the work done by a server.

Imports no server code: a laptop that only looks at a server needs none of it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import TracebackType
from typing import Self

import msgspec
from msgspec.json import Decoder

from orstt_api.remote.benchmarks import RemoteBenchmarks
from orstt_api.remote.experiments import RemoteExperiments
from orstt_api.remote.jobs import RemoteJobs
from orstt_api.remote.keys import RemoteKeys
from orstt_api.remote.models import RemoteModels
from orstt_api.remote.vocabularies import RemoteVocabularies
from orstt_api.server_connection import ServerConnection, has_credentials
from orstt_api.wire import API, READY
from orstt_core.backend import Backend
from orstt_core.conversion import check, check_kind
from orstt_core.errors import Busy
from orstt_core.settings import load_settings
from orstt_core.settings.listing import Setting
from orstt_core.types import (
    AuditEntry,
    AuditLimit,
    BackendEvent,
    BackendInfo,
    Diagnosis,
    Measurement,
    Readiness,
    Stats,
    StatsQuery,
)

_BACKEND_EVENT: Decoder[BackendEvent] = Decoder(BackendEvent)
_MEASUREMENT: Decoder[Measurement] = Decoder(Measurement)


class RemoteBackend(
    RemoteModels, RemoteJobs, RemoteKeys, RemoteBenchmarks, RemoteExperiments, RemoteVocabularies, Backend
):
    """The backend of an OR-STT server: what `LocalBackend` does here, done there.

    A recording is read on this machine and sent as it is read. Every method may raise what `Backend` says of it, and
    `ServerUnreachable`.

    Args:
        url: the server's address, such as `http://127.0.0.1:8000`; default: the setting `remote`.
        api_key: its key, if it asks for one; default: the setting `api_key` (`ORSTT_API_KEY`), unless the address
            itself has a name and a password.

    Raises:
        SettingsError: the address is not an http or https one, the key cannot be sent, a setting does not fit, or
            the environment names a proxy that cannot be used.
    """

    def __init__(self, url: str | None = None, api_key: str | None = None) -> None:
        if url is None or (api_key is None and not has_credentials(url)):
            settings = load_settings()
            url = settings.remote if url is None else url
            api_key = settings.api_key if api_key is None and not has_credentials(url) else api_key
        self._server = ServerConnection(url, api_key or "")

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    async def info(self) -> BackendInfo:
        info = await self._server.request("GET", f"{API}/info", BackendInfo)
        return msgspec.structs.replace(info, location=self._server.location)

    async def audit(self, limit: int = 100, subject: str = "") -> list[AuditEntry]:
        asked = {"limit": check(limit, AuditLimit, "limit"), "subject": check(subject, str, "subject")}
        return await self._server.request("GET", f"{API}/audit", list[AuditEntry], params=asked)

    async def readiness(self) -> Readiness:
        return await self._server.request("GET", READY, Readiness, also_accept=Busy.status)

    def measurements(self) -> AsyncGenerator[Measurement]:
        return self._server.events("GET", f"{API}/measurements", _MEASUREMENT, _never, self._ended())

    async def stats(self, query: StatsQuery) -> list[Stats]:
        check_kind(query, StatsQuery, "query")
        wanted = msgspec.to_builtins(query)
        asked = {name: value for name, value in wanted.items() if value is not None}
        return await self._server.request("GET", f"{API}/stats", list[Stats], params=asked)

    async def settings(self) -> list[Setting]:
        return await self._server.request("GET", f"{API}/settings", list[Setting])

    async def diagnose(self) -> Diagnosis:
        return await self._server.request("GET", f"{API}/doctor", Diagnosis)

    def events(self) -> AsyncGenerator[BackendEvent]:
        return self._server.events("GET", f"{API}/events", _BACKEND_EVENT, _never, self._ended())


def _never(_: object) -> bool:
    return False
