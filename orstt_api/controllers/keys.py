"""API keys, for whoever may hand them out."""

from __future__ import annotations

from urllib.parse import unquote

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.scopes import ADMIN
from orstt_api.wire import API
from orstt_core.errors import KeyExists, KeyNotFound, TooLarge
from orstt_core.types import ApiKey, KeyDraft, NewKey


class Keys(Controller):
    """A key is named in the path by its id or its name, percent-encoded."""

    path = f"{API}/keys"
    tags = ("Keys",)
    opt = ADMIN

    @get("/", operation_id="listKeys", responses=problems())
    async def list_keys(self, backend: InjectedBackend) -> list[ApiKey]:
        """List all keys, also those that are revoked or have expired; never a secret."""
        return await backend.keys()

    @post("/", operation_id="createKey", responses=problems(KeyExists, TooLarge))
    async def create(self, backend: InjectedBackend, data: JSONBody[KeyDraft]) -> NewKey:
        """Create a key; its secret is in this answer and nowhere else."""
        return await backend.create_key(data)

    @post("/{ref:str}/revoke", operation_id="revokeKey", status_code=200, responses=problems(KeyNotFound))
    async def revoke(self, backend: InjectedBackend, ref: FromPath[str]) -> ApiKey:
        """Let a key open nothing any more; one that is revoked already is returned as it is."""
        return await backend.revoke_key(unquote(ref))
