"""Cancellation: how an engine hears, in the middle of a segment, that nobody wants the work any more.

An engine may `check` the `current` one between two native calls, and have it wait for threads of its own. One that does
not is stopped between two segments. In a script nothing is ever cancelled in this way: leaving the loop over the
segments closes their generator.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class WorkCancelled(Exception):
    """Nobody wants the work any more: what it yielded is thrown away."""


class Cancellation:
    """Requested once, from any thread, and seen by the thread that does the work."""

    def __init__(self) -> None:
        self._request: Future[None] = Future()

    @property
    def requested(self) -> bool:
        """Whether the work is to end."""
        return self._request.done()

    def request(self) -> None:
        """Have the work end; called by one thread."""
        if not self.requested:
            self._request.set_result(None)

    def check(self) -> None:
        """Go on, unless the work is to end.

        Raises:
            WorkCancelled: it is.
        """
        if self.requested:
            raise WorkCancelled

    def wait_for(self, result: Future[Any]) -> None:
        """Wait until a result is there, or an error in its place.

        Raises:
            WorkCancelled: the work is to end; at once, whatever the result's thread does.
        """
        wait((result, self._request), return_when=FIRST_COMPLETED)
        self.check()


_current: ContextVar[Cancellation] = ContextVar("cancellation", default=Cancellation())  # noqa: B039 - never requested


def current() -> Cancellation:
    """Return the cancellation of the work that this thread does."""
    return _current.get()


@contextmanager
def cancelled_by(cancellation: Cancellation) -> Iterator[None]:
    """Do work in this thread that is cancelled by this."""
    token = _current.set(cancellation)
    try:
        yield
    finally:
        _current.reset(token)
