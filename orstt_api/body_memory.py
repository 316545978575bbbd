"""BodyMemory: what the bodies of requests under way may take of memory, all connections together.

A recording goes to disk; text fields and JSON are kept until their request is answered. Each is limited by itself, and
connections are many: docs/security.md promises that both together cannot fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orstt_core.budget import Budget
from orstt_core.errors import Busy
from orstt_core.units import MIB

MOST_BYTES = 64 * MIB

TAKE_MEMORY = "orstt.take_memory"
"""Key of the scope under which authentication leaves what counts the bytes of a request's body, and may raise Busy."""


class BodyMemory:
    """Counts the bytes that requests keep."""

    def __init__(self) -> None:
        self._budget = Budget(MOST_BYTES)

    @contextmanager
    def account(self) -> Iterator[Callable[[int], None]]:
        """Yield what is told of each request's bytes before they are kept; at the end they are free again.

        Raises:
            Busy: raised by what is yielded: there is no room for so many.
        """
        with self._budget.account() as account:

            def take(count: int) -> None:
                if not account.take(count):
                    raise Busy("The server reads as much text as it can at once.", hint="Try again in a few seconds.")

            yield take
