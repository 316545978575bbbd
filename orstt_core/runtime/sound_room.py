"""SoundRoom: the disk that the decoded sound of all recordings of this process may take together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial

from orstt_core.budget import Account, Budget
from orstt_core.units import MIB

Grow = Callable[[int], Awaitable[bool]]
"""Has room for so many bytes of a recording's sound in all, and says whether there is."""


class SoundRoom:
    """Gives room to recordings while they are decoded, and takes it back at their end.

    Where there is none, one recording is refused, and the others wait until its room is free: were all refused that
    ask meanwhile, none would get on.

    Args:
        most_mb: how much there is, in MiB.
    """

    def __init__(self, most_mb: int) -> None:
        self._budget = Budget(most_mb * MIB)
        self._refused: Account | None = None
        self._refused_left = asyncio.Event()

    @contextmanager
    def share(self) -> Iterator[Grow]:
        """Yield what has more room for one recording; its sound must be gone at the end."""
        with self._budget.account() as account:
            try:
                yield partial(self._grow, account)
            finally:
                self._let_others_on(account)  # in the next round of the event loop, when the account is closed

    async def _grow(self, account: Account, count: int) -> bool:
        while not account.take(max(0, count - account.taken)):
            if self._refused not in (None, account):
                await self._refused_left.wait()
                continue
            self._refused = account
            self._refused_left.clear()
            return False
        self._let_others_on(account)
        return True

    def _let_others_on(self, account: Account) -> None:
        """Let the others go on where it was this one that they waited for."""
        if self._refused is account:
            self._refused = None
            self._refused_left.set()
