"""API keys: the part of `RemoteBackend` that asks for them."""

from __future__ import annotations

from orstt_api.remote.base import RemotePart
from orstt_api.wire import API, quote_ref
from orstt_core.conversion import check_kind
from orstt_core.protocols.keys import KeyOperations
from orstt_core.references import key_ref
from orstt_core.types import (
    ApiKey,
    KeyDraft,
    NewKey,
)


class RemoteKeys(RemotePart, KeyOperations):
    """See the methods of `Backend`."""

    async def keys(self) -> list[ApiKey]:
        return await self._server.request("GET", f"{API}/keys", list[ApiKey])

    async def create_key(self, draft: KeyDraft) -> NewKey:
        check_kind(draft, KeyDraft, "draft")
        return await self._server.request("POST", f"{API}/keys", NewKey, json=draft)

    async def revoke_key(self, ref: str) -> ApiKey:
        return await self._server.request("POST", f"{API}/keys/{quote_ref(key_ref(ref))}/revoke", ApiKey)

    async def authenticate(self, secret: str) -> ApiKey | None:  # noqa: ARG002 - the protocol's
        """See `Backend.authenticate`. Always None: who asks a server that passes on would be lost on the way."""
        return None

    async def keyed(self) -> bool:
        """See `Backend.keyed`. Always False: the keys of the other server open that one only."""
        return False
