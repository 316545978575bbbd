"""API keys: who may ask a server for what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from orstt_core.types.checked import Checked
from orstt_core.types.timestamps import Timestamp

Scope = Literal["transcribe", "manage", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""From the smallest to the largest; each may do what those before it may.

`transcribe`: transcribe, and see its own jobs. `manage`: change, load and fetch models, look at the server.
`admin`: everybody's jobs, keys, the audit table.
"""


def covers(scope: Scope, needed: Scope) -> bool:
    """Return whether a key of this scope may do what needs that one."""
    return SCOPES.index(scope) >= SCOPES.index(needed)


class KeyDraft(Checked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person gives to create a key.

    Attributes:
        name: what the key is called in lists, in the audit table and on its jobs; no other key ever had it.
        expires_in_days: None: it does not expire.
        requests_per_minute: how many it may send; 0: any number.
        concurrent_requests: how many may be under way at once; 0: any number.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    scope: Scope = "transcribe"
    expires_in_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    requests_per_minute: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    concurrent_requests: Annotated[int, Meta(ge=0, le=10_000)] = 0


class ApiKey(Struct, frozen=True, kw_only=True):
    """A key without its secret, which is nowhere: only its SHA-256 is stored.

    Attributes:
        id: the part of the key that may be seen.
        last_used_at: to about a minute.
    """

    id: str
    name: str
    scope: Scope
    created_at: Timestamp
    created_by: str
    expires_at: Timestamp | None = None
    revoked_at: Timestamp | None = None
    last_used_at: Timestamp | None = None
    requests_per_minute: int = 0
    concurrent_requests: int = 0

    def usable(self, now: datetime) -> bool:
        """Return whether it opens anything at that time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class NewKey(Struct, frozen=True, kw_only=True):
    """A key just created; the only time its secret is shown."""

    key: ApiKey
    secret: str
    """What goes behind `Authorization: Bearer`."""
