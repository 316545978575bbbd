"""DriftWatch: tells a webhook, once, that a model does worse than before, and when that is over."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from orstt_core.db.drift import DriftStore
from orstt_core.errors import OrsttError
from orstt_core.measurements.drift import PAST_DAYS, RECENT_DAYS, FigureChange, changes_lately
from orstt_core.measurements.machine import machine_in_words
from orstt_core.types import to_json

if TYPE_CHECKING:
    from datetime import datetime

    from orstt_core.db.database import Database
    from orstt_core.measurements.service import Measurements
    from orstt_core.webhooks.delivery import Webhooks

logger = logging.getLogger(__name__)

LOOK_SECONDS = 600.0
"""How often it is looked: the figures are those of days, and change slowly."""
FORGOTTEN = timedelta(days=RECENT_DAYS + PAST_DAYS)
"""After which what was found counts no more, where nothing can be said since: the model went, or does little."""


class DriftWatch:
    """Looks at what the models of one database do on this machine.

    Args:
        database: must be open while it looks.
        measurements: what transcriptions took there.
        webhooks: send the notices.
        url: where they go.
    """

    def __init__(self, database: Database, measurements: Measurements, webhooks: Webhooks, url: str) -> None:
        self._database = database
        self._store = DriftStore(database)
        self._measurements = measurements
        self._webhooks = webhooks
        self._url = url

    async def run(self) -> None:
        """Look now and every ten minutes, for ever."""
        while True:
            try:
                await self.look()
            except OrsttError as error:
                logger.info("Whether a model does worse is looked at later: %s", error.message)
            except Exception:
                logger.exception("Whether a model does worse could not be found out; it is tried again.")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Leave a notice for each figure of a model that became worse since the last look, or better again.

        Raises:
            DatabaseUnavailable: it was lost.
        """
        machine = machine_in_words()
        changes = await changes_lately(self._measurements.stats, (await self._database.now()).date())
        async with self._database.transaction():
            await self._database.lock("drift")
            now, found = await self._database.now(), await self._store.found(machine)
            for change in changes:
                known = (change.model, change.figure) in found
                if change.is_worse and not known:
                    await self._store.begin(machine, change.model, change.figure)
                    await self._webhooks.add(self._url, _notice("model.drift", change, machine, now))
                elif known and not change.is_worse:
                    await self._store.end(machine, change.model, change.figure)
                    await self._webhooks.add(self._url, _notice("model.drift_over", change, machine, now))
            said = {(change.model, change.figure) for change in changes}
            for (model, figure), since in found.items():
                if (model, figure) not in said and since < now - FORGOTTEN:
                    await self._store.end(machine, model, figure)
        self._webhooks.wake()


def _notice(
    kind: Literal["model.drift", "model.drift_over"], change: FigureChange, machine: str, now: datetime
) -> bytes:
    data = {
        "model": change.model,
        "figure": change.figure,
        "recent": change.recent,
        "past": change.past,
        "machine": machine,
        "sentence": change.sentence,
    }
    return to_json({"type": kind, "timestamp": now, "data": data})
