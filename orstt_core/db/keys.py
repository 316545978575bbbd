"""KeyStore: the API keys of one database. Of a secret only its digest is stored."""

from __future__ import annotations

import builtins
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from orstt_core.db.job_rows import sanitized
from orstt_core.errors import KeyExists, KeyNotFound
from orstt_core.references import key_ref
from orstt_core.types import ApiKey, KeyDraft

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import ApiKeyRow


class StoredKey(NamedTuple):
    """A key with the SHA-256 of its secret, in hexadecimal digits."""

    key: ApiKey
    digest: str


class KeyStore:
    """The keys of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> builtins.list[StoredKey]:
        """Return all keys in the order they were created."""
        table = self._keys
        rows = await table.select().order_by(table.number)
        return [StoredKey(msgspec.convert(row, ApiKey), row["digest"]) for row in rows]

    async def add(self, draft: KeyDraft, *, key_id: str, digest: str, created_by: str) -> ApiKey:
        """Store a new key and return it.

        Raises:
            KeyExists: a key has, or had, that name.
        """
        from orstt_core.db.failures import DuplicateRow

        table = self._keys
        try:
            async with self._database.transaction():
                now = await self._database.now()
                days = draft.expires_in_days
                row = table(
                    id=key_id,
                    name=draft.name,
                    digest=digest,
                    scope=draft.scope,
                    requests_per_minute=draft.requests_per_minute,
                    concurrent_requests=draft.concurrent_requests,
                    created_at=now,
                    created_by=sanitized(created_by),
                    expires_at=None if days is None else now + timedelta(days=days),
                )
                await table.insert(row)
                return await self._get(key_id)
        except DuplicateRow as error:
            raise KeyExists(
                f"A key called {draft.name!r} was created before.",
                hint="Choose another name: it stands for one key in the audit table.",
                field="name",
            ) from error

    async def revoke(self, ref: str) -> tuple[ApiKey, bool]:
        """Revoke a key by its id or name; return it, and whether that changed anything.

        Raises:
            KeyNotFound: there is none.
        """
        table = self._keys
        async with self._database.transaction():
            key = await self._get(ref)
            if key.revoked_at is not None:
                return key, False
            await table.update({table.revoked_at: await self._database.now()}).where(table.id == key.id)
            return await self._get(key.id), True

    async def note_use(self, key_id: str) -> None:
        """Write down that a key is used now."""
        table = self._keys
        async with self._database.transaction():
            await table.update({table.last_used_at: await self._database.now()}).where(table.id == key_id)

    async def _get(self, ref: str) -> ApiKey:
        ref = key_ref(ref)
        keys = [stored.key for stored in await self.list()]
        for key in [*(key for key in keys if key.id == ref), *(key for key in keys if key.name == ref)]:
            return key
        raise KeyNotFound(f"No key is called {ref[:100]!r}.", hint="See `orstt keys list`.")

    @property
    def _keys(self) -> type[ApiKeyRow]:
        from orstt_core.db.tables import ApiKeyRow

        return self._database.table(ApiKeyRow)
