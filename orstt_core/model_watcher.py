"""ModelWatcher: notices when another process changes the models, for whoever shows them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.errors import DatabaseUnavailable
from orstt_core.types import Model

CHANNEL = "orstt_models"
LOOK_SECONDS = 0.5
"""How long to wait after a look before the next: on SQLite any change of the database is an occasion."""
RETRY_SECONDS = 1.0
MOST_UNCOMMITTED = 16
"""Changes of one's own that are known before they are announced; those that are rolled back never are."""


class ModelWatcher:
    """Compares the models with those that were known last.

    Args:
        database: has them.
        store: reads them.
        changed: told in half a sentence when another process changed them.
    """

    def __init__(self, database: Database, store: ModelStore, changed: Callable[[str], None]) -> None:
        self._database, self._store, self._changed = database, store, changed
        self._known: list[Model] | None = None
        self._generation = 0
        self._uncommitted: deque[list[Model]] = deque(maxlen=MOST_UNCOMMITTED)
        self._watchers = 0
        self._watching: asyncio.Task[None] | None = None

    async def note_change(self) -> list[Model]:
        """Inside the transaction of a change of one's own: have other processes look; return what it leads to."""
        models = await self._store.list()
        self._uncommitted.append(models)
        await self._database.notify(CHANNEL)
        return models

    def announce(self, models: list[Model], reason: str) -> None:
        """Tell of a change of one's own, once it is committed."""
        if models in self._uncommitted:
            self._uncommitted.remove(models)
        self._known = models
        self._generation += 1
        self._changed(reason)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Tell of others' changes meanwhile."""
        self._watchers += 1
        if self._watching is None:
            self._known = None
            self._watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                await self.close()

    async def close(self) -> None:
        """Look no more."""
        task, self._watching = self._watching, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _watch(self) -> None:
        while True:
            try:
                async with aclosing(self._database.listen(CHANNEL)) as occasions:
                    async for _ in occasions:
                        await self._look()
                        await asyncio.sleep(LOOK_SECONDS)
            except DatabaseUnavailable:
                await asyncio.sleep(RETRY_SECONDS)  # whoever shows models is told by their own questions

    async def _look(self) -> None:
        generation = -1
        while generation != self._generation:  # otherwise it may be what was there before a change of one's own
            generation = self._generation
            models = await self._store.list()
        before, self._known = self._known, models
        if before is not None and before != models and models not in self._uncommitted:
            self._changed("the models were changed elsewhere")
