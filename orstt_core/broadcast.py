"""Broadcast: one event to everyone who listens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

Event = TypeVar("Event")

BACKLOG = 1000
"""Events kept for a listener that does not keep up; past that its oldest are dropped."""


class Broadcast(Generic[Event]):
    """Hands every event to every listener that was there when it was sent."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Event]] = set()

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._queues)

    def send(self, event: Event) -> None:
        """Give the event to all listeners, without waiting for them."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    async def listen(self) -> AsyncGenerator[Event]:
        """Yield events from now on, until closed."""
        queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=BACKLOG)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
