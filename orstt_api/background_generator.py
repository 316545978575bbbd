"""BackgroundGenerator: an async generator run by a task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


class BackgroundGenerator(Generic[Item]):
    """Runs a generator at most one item ahead of whoever reads.

    One task resumes and closes it, so that whatever it holds across its yields (locks, timeouts) is released where it
    was acquired; and whoever waits for an item may stop waiting without losing it.

    Args:
        begin: makes the generator, when the task begins.
        convert: gives what to hand on for each of its items.
    """

    def __init__(self, begin: Callable[[], AsyncGenerator[Any]], convert: Callable[[Any], Iterable[Item]]) -> None:
        self._results: asyncio.Queue[Item | Exception] = asyncio.Queue(maxsize=1)
        self._task = asyncio.create_task(self._run(begin, convert))

    async def next(self, seconds: float) -> Item | None:
        """Return the next item, or None if there was none within so many seconds.

        Raises:
            StopAsyncIteration: there are no more.
            Exception: whatever the generator raised.
        """
        try:
            async with asyncio.timeout(seconds):
                result = await self._results.get()
        except TimeoutError:
            return None
        if isinstance(result, Exception):
            raise result
        return result

    async def close(self) -> None:
        """End the generator and wait until its clean-up is over."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, begin: Callable[[], AsyncGenerator[Any]], convert: Callable[[Any], Iterable[Item]]) -> None:
        try:
            async with aclosing(begin()) as source:
                async for item in source:
                    for converted in convert(item):
                        await self._results.put(converted)
        except Exception as error:  # noqa: BLE001 - handed to whoever reads
            await self._results.put(error)
        else:
            await self._results.put(StopAsyncIteration())
