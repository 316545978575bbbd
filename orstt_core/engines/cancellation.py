"""Cancellation: how an engine that waits for threads of its own hears that nobody wants the work any more.

An engine may ask for the `current` one while it is asked for segments, and end them early: what it yielded is thrown
away. One that does not ask is stopped between two segments. In a script nothing is ever cancelled in this way:
leaving the loop over the segments closes their generator.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


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

    def wait_for(self, result: Future[Any]) -> bool:
        """Wait until a result is there, and return True; False as soon as the work is to end."""
        wait((result, self._request), return_when=FIRST_COMPLETED)
        return not self.requested


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
