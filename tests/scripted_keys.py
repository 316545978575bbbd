"""The keys of the scripted backend: in memory, each with the secret `secret of NAME`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from orstt_core.errors import KeyExists, KeyNotFound
from orstt_core.types import ApiKey, KeyDraft, NewKey

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class ScriptedKeys:
    """The part of `ScriptedBackend` that has keys."""

    def __init__(self) -> None:
        self.held: list[ApiKey] = []

    async def keys(self) -> list[ApiKey]:
        self._maybe_fail()
        return self.held

    async def create_key(self, draft: KeyDraft) -> NewKey:
        self._maybe_fail()
        if any(key.name == draft.name for key in self.held):
            raise KeyExists(f"A key called {draft.name!r} was created before.", hint="Choose another name.")
        days = draft.expires_in_days
        key = ApiKey(
            id=f"{len(self.held):08x}",
            name=draft.name,
            scope=draft.scope,
            created_at=CREATED,
            created_by="user alice",
            expires_at=None if days is None else CREATED + timedelta(days=days),
            requests_per_minute=draft.requests_per_minute,
            concurrent_requests=draft.concurrent_requests,
        )
        self.held.append(key)
        return NewKey(key=key, secret=f"secret of {key.name}")

    async def revoke_key(self, ref: str) -> ApiKey:
        self._maybe_fail()
        for number, key in enumerate(self.held):
            if ref in (key.id, key.name):
                self.held[number] = msgspec.structs.replace(key, revoked_at=CREATED)
                return self.held[number]
        raise KeyNotFound(f"No key is called {ref!r}.", hint="See `orstt keys list`.")

    async def authenticate(self, secret: str) -> ApiKey | None:
        return next((key for key in self.held if secret == f"secret of {key.name}" and not key.revoked_at), None)

    async def keyed(self) -> bool:
        return bool(self.held)

    def _maybe_fail(self) -> None:
        raise NotImplementedError
