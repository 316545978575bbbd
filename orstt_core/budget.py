"""Budget: something that there is only so much of, such as bytes of memory, and what each user of it has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Account:
    """What one user of a budget has."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.taken = 0

    def take(self, count: int) -> bool:
        """Have so much more, and return True; nothing is taken where there is not so much left."""
        if self._budget.taken + count > self._budget.limit:
            return False
        self._budget.taken += count
        self.taken += count
        return True


class Budget:
    """What there is, and how much of it is taken.

    Args:
        limit: how much there is.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0

    @contextmanager
    def account(self) -> Iterator[Account]:
        """Yield an account; what it took is free again at the end."""
        account = Account(self)
        try:
            yield account
        finally:
            self.taken -= account.taken
