"""Who asks: kept for the audit table, and for what they may see. The API sets it for each request.

Otherwise it is the person at the machine, who may do everything.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from orstt_core.types import Scope


class Caller(Struct, frozen=True, kw_only=True):
    """Whoever asks.

    Attributes:
        name: as the audit table has it: `user alice`, `key NAME`, or an address.
        scope: what they may do.
        remote: they ask over the network, and so name no file of this machine.
    """

    name: str
    scope: Scope = "admin"
    remote: bool = False

    @property
    def owner(self) -> str | None:
        """Whose jobs they may see: None is everybody's."""
        return None if self.scope == "admin" else self.name


_caller: ContextVar[Caller | None] = ContextVar("caller", default=None)


def current_caller() -> Caller:
    """Return who asks."""
    return _caller.get() or Caller(name=f"user {_user()}")


def current_actor() -> str:
    """Return who asks as the audit table names them, e.g. `user alice` or `key dashboard`."""
    return current_caller().name


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Let everything inside, and the tasks started there, count as asked by `caller`."""
    token = _caller.set(caller)
    try:
        yield
    finally:
        _caller.reset(token)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return "unknown"
