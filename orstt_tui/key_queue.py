"""KeyQueue: keys go to the screen one after the other, each once what the one before it opened is there.

Textual forwards a key to the widget that has the focus when it arrives. In a burst, as from a slow link or from whoever
types ahead, that is the widget from before the first key: text behind a key that opens a form would be lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message import Message
from textual.widgets import Input

ROUNDS = 2
"""How often a message must come through after a key with the focus unmoved: widgets answer a key with messages too."""
POLL = 0.5
"""Seconds between looks at whether that message can still come."""
TIMEOUT = 10.0
"""Seconds after which the next key goes on its way whatever became of the one before."""

TypedEvent = events.Key | events.Paste


class KeyHandled(Message):
    """Follows a key through the queues of the widgets up to the app; once it is there, the key has done its work."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class KeyQueue:
    """Keys that were typed and wait for those before them, and before that for `release`.

    Args:
        app: whose keys they are; it passes on what is bound to `KeyHandled`.
        forward: Textual's own handling of a key.
    """

    def __init__(self, app: App[None], forward: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._held = True
        self._forward = forward
        self._typed: deque[TypedEvent] = deque()
        self._number = 0
        self._rounds = 0
        self._place: DOMNode | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def add(self, event: TypedEvent) -> None:
        """Handle what was typed now, or after what was typed before."""
        self._typed.append(event)
        if self._timer is None:
            await self._go_on()

    async def release(self) -> None:
        """Let keys go on their way: until then the screen that they are for is not there."""
        self._held = False
        if self._timer is None:
            await self._go_on()

    def bubbled(self) -> None:
        """Note that no widget wanted the key, so that the app did what it is bound to."""
        if self._timer is not None:
            self._follow(ROUNDS)

    async def handled(self, message: KeyHandled) -> None:
        """Go on with the next key, if the one before has done all its work and did not end the program."""
        if message.number == self._number and self._timer is not None and self._app.is_running:
            self._rounds -= 1
            if self._place is not self._focus:
                self._follow(ROUNDS)
            elif self._rounds:
                self._follow(self._rounds)
            else:
                self._timer.cancel()
                self._timer = None
                await self._go_on()

    async def _go_on(self) -> None:
        while self._typed and self._timer is None and not self._held:
            event, place = self._typed.popleft(), self._focus
            moves = not _is_text(event, place)
            await self._forward(event)
            if moves:
                self._follow(ROUNDS, place if event.is_forwarded else None)

    @property
    def _focus(self) -> DOMNode:
        return self._app.focused or self._app.screen

    def _follow(self, rounds: int, place: DOMNode | None = None) -> None:
        self._number += 1
        self._rounds = rounds
        self._place = place or self._focus
        self._place.post_message(KeyHandled(self._number))
        if self._timer is not None:
            self._timer.cancel()
        self._poll(self._number, asyncio.get_running_loop().time() + TIMEOUT)

    def _poll(self, number: int, deadline: float) -> None:
        """Look from time to time whether the message was lost with the widget that it was sent to."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(POLL, self._poll, number, deadline)
        if not self._app.is_running:
            self._timer.cancel()
        elif self._place is None or not self._place.is_attached or loop.time() > deadline:
            self._rounds, self._place = 1, self._focus
            self._app.post_message(KeyHandled(number))


def _is_text(event: TypedEvent, place: DOMNode) -> bool:
    return isinstance(place, Input) and (
        isinstance(event, events.Paste) or place.check_consume_key(event.key, event.character)
    )
