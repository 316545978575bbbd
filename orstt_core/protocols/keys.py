"""KeyOperations: what is asked of API keys."""

from __future__ import annotations

from typing import Protocol

from orstt_core.types import ApiKey, KeyDraft, NewKey


class KeyOperations(Protocol):
    """The API keys that open a server to those who have them."""

    async def keys(self) -> list[ApiKey]:
        """Return all API keys, also those revoked or expired, in the order they were created."""
        ...

    async def create_key(self, draft: KeyDraft) -> NewKey:
        """Create an API key; its secret is in the answer and nowhere else.

        Raises:
            InvalidRequest: the name is blank or not printable.
            KeyExists: a key has, or had, that name.
        """
        ...

    async def revoke_key(self, ref: str) -> ApiKey:
        """Let a key open nothing any more; one that is revoked already is returned as it is.

        Raises:
            KeyNotFound: no key has that id or name.
        """
        ...

    async def authenticate(self, secret: str) -> ApiKey | None:
        """Return the usable key that this is the secret of, noting that it was used; None: it is none.

        The answer may be a second old.
        """
        ...

    async def keyed(self) -> bool:
        """Return whether any key was ever created, so that requests need one; may be a second old."""
        ...
