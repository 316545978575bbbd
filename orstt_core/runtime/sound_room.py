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
        account: Account | None = None
        try:
            with self._budget.account() as account:
                yield partial(self._grow, account)
        finally:
            if self._refused is account:
                self._refused = None
                self._refused_left.set()

    async def _grow(self, account: Account, count: int) -> bool:
        while not account.take(max(0, count - account.taken)):
            if self._refused is None:
                self._refused = account
                self._refused_left.clear()
            if self._refused is account:
                return False
            await self._refused_left.wait()
        return True
