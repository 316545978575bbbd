"""WorkStream: what the host knows of one piece of work that is under way in an engine's process."""

from __future__ import annotations

import asyncio
from typing import Literal

from orstt_core.errors import EngineDied
from orstt_core.runtime.protocol import Cancelled, Failure, Finished, FromChild, Paused

StreamState = Literal["running", "paused", "ended"]


class WorkStream:
    """The messages about one piece of work, in order; the last is one that ends it, or its process's death.

    Attributes:
        number: what both ends call it.
        proves: whether its end shows that the engine can transcribe.
        state: as its process has told it.
        pausing: its process was asked to pause it, and has not answered yet.
        abandoned: nobody listens any more; it has its share of the engine until it has ended.
        overdue: it was abandoned so long ago that its process is to be ended over it.
        ended: set when it has.
    """

    def __init__(self, number: int, *, proves: bool = True) -> None:
        self.number = number
        self.proves = proves
        self.state: StreamState = "running"
        self.pausing = False
        self.abandoned = False
        self.overdue = False
        self.ended = asyncio.Event()
        self._messages: asyncio.Queue[FromChild | EngineDied] = asyncio.Queue()

    def put(self, message: FromChild | EngineDied) -> None:
        """Note what its process said, or that it died."""
        if isinstance(message, Paused):
            self.state, self.pausing = "paused", False
        elif isinstance(message, Finished | Cancelled | Failure | EngineDied):
            self.state = "ended"
            self.ended.set()
        if not self.abandoned:
            self._messages.put_nowait(message)

    async def get(self) -> FromChild:
        """Return the next message.

        Raises:
            EngineDied: there is none: the process died.
        """
        message = await self._messages.get()
        if isinstance(message, EngineDied):
            raise message
        return message
