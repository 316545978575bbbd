"""KeyRing: the API keys of one database, and whether a secret is one of them.

A secret reads `orstt_<id>_<random>`: the id finds the key, the random part (256 bits) makes it one that nobody
guesses, which is why a plain SHA-256 of it is enough to store.
"""

from __future__ import annotations

import asyncio
import builtins
import hashlib
import hmac
import logging
import secrets
import time
from datetime import UTC, datetime

import msgspec

from orstt_core.background import BackgroundTasks
from orstt_core.caller import current_actor
from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.keys import KeyStore, StoredKey
from orstt_core.errors import InvalidRequest, OrsttError
from orstt_core.text import normalize_name
from orstt_core.types import ApiKey, KeyDraft, NewKey

logger = logging.getLogger(__name__)

PREFIX = "orstt"
KNOWN_SECONDS = 1.0
"""How old what is known of the keys may be: another process may have revoked one meanwhile."""
NOTED_SECONDS = 60.0
"""How often the use of a key is written down at most."""
NOBODYS = hashlib.sha256(secrets.token_bytes()).hexdigest()
"""Compared with where there is no such key, so that the time of an answer does not tell."""


class KeyRing:
    """The keys of one database, which must be open while a method runs."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database, self._audit = database, audit
        self._store = KeyStore(database)
        self._known: list[StoredKey] = []
        self._known_at = -KNOWN_SECONDS
        self._reading = asyncio.Lock()
        self._noted: dict[str, float] = {}
        self._notes = BackgroundTasks()

    async def close(self) -> None:
        """Wait until the last use is written down."""
        await self._notes.join()

    async def list(self) -> builtins.list[ApiKey]:
        """See `Backend.keys`."""
        return [stored.key for stored in await self._store.list()]

    async def create(self, draft: KeyDraft) -> NewKey:
        """See `Backend.create_key`."""
        draft = msgspec.structs.replace(draft, name=normalize_name(draft.name))
        if not (draft.name and draft.name.isprintable()):
            raise InvalidRequest(
                "A key's name is a word or a few, of letters that can be seen.", hint="Give it another.", field="name"
            )
        key_id = secrets.token_hex(4)
        secret = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(32)}"
        async with self._database.transaction():
            key = await self._store.add(draft, key_id=key_id, digest=_digest(secret), created_by=current_actor())
            await self._audit.add(current_actor(), "key.created", key.name, f"scope {key.scope}")
        self._forget()
        return NewKey(key=key, secret=secret)

    async def revoke(self, ref: str) -> ApiKey:
        """See `Backend.revoke_key`."""
        async with self._database.transaction():
            key, changed = await self._store.revoke(ref)
            if changed:
                await self._audit.add(current_actor(), "key.revoked", key.name)
        self._forget()
        return key

    async def authenticate(self, secret: str) -> ApiKey | None:
        """See `Backend.authenticate`."""
        keys = await self._keys()
        named = secret.split("_", 2)[1:2]
        stored = next((one for one in keys if [one.key.id] == named), None)
        right = hmac.compare_digest(_digest(secret), stored.digest if stored else NOBODYS)
        if not (stored and right and stored.key.usable(datetime.now(UTC))):
            return None
        self._note(stored.key.id)
        return stored.key

    async def keyed(self) -> bool:
        """See `Backend.keyed`."""
        # Revoked ones count too: whoever takes the last key away means to keep people out.
        return bool(await self._keys())

    async def _keys(self) -> builtins.list[StoredKey]:
        async with self._reading:
            if time.monotonic() - self._known_at >= KNOWN_SECONDS:
                began = time.monotonic()
                self._known = await self._store.list()
                self._known_at = began
            return self._known

    def _forget(self) -> None:
        self._known_at = -KNOWN_SECONDS

    def _note(self, key_id: str) -> None:
        now = time.monotonic()
        if now - self._noted.get(key_id, -NOTED_SECONDS) < NOTED_SECONDS:
            return
        self._noted[key_id] = now
        self._notes.start(self._write_note(key_id))

    async def _write_note(self, key_id: str) -> None:
        try:
            await self._store.note_use(key_id)
        except OrsttError as error:
            logger.warning("The use of a key cannot be written down: %s", error.message)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
