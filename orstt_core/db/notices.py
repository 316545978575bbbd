"""NoticeStore: notices: of ended jobs, which the database writes in the statement that ends a job, and of drift."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from orstt_core.struct_types import complete

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import WebhookNotice

KEPT = timedelta(days=1)
"""How long one that ended is kept: its address may hold a secret of the receiver's."""


class Notice(Struct, frozen=True, kw_only=True):
    """That a job has ended, or that a model does worse. Nothing that was said leaves the server with it.

    Attributes:
        job: empty of a notice of anything else.
        tries: how often it was sent before.
        body: the JSON to send, of a notice that is of no job.
    """

    number: int
    job: str
    attempt: int
    state: str
    finished_at: datetime
    url: str
    tries: int
    body: str = ""

    @property
    def id(self) -> str:
        """The same at every try, so that a receiver can tell a repetition."""
        return f"msg_{self.job or 'drift'}_{self.number}"


class NoticeStore:
    """The notices of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, limit: int, *, retry_delay: Callable[[int], float]) -> list[Notice]:
        """Return notices that are due, each to one process; a process that dies before `record` leaves a repetition.

        Args:
            limit: how many at most.
            retry_delay: seconds after which one is due again, by how often it was sent then.
        """
        table = self._notices
        async with self._database.transaction():
            await self._database.lock("webhooks")
            now = await self._database.now()
            await table.delete().where(table.ended_at < now - KEPT)
            due = table.ended_at.is_null() & (table.due_at <= now)
            rows = await table.select().where(due).order_by(table.due_at).limit(limit)
            for row in rows:
                tries = row["tries"] + 1
                due_at = now + timedelta(seconds=retry_delay(tries))
                put_off: dict[object, object] = {table.tries: tries, table.due_at: due_at}
                await table.update(put_off).where(table.number == row["number"])  # type: ignore[arg-type]  # columns
        return msgspec.convert(rows, complete(list[Notice]))

    async def add(self, url: str, body: str) -> None:
        """Inside a transaction: leave a notice that is of no job.

        Args:
            url: where it goes.
            body: the JSON to send.
        """
        now, table = await self._database.now(), self._notices
        await table.insert(table(job="", attempt=0, state="", finished_at=now, due_at=now, url=url, body=body))

    async def record(self, notice: Notice, reason: str, *, ended: bool) -> None:
        """Say how sending a notice went.

        Args:
            notice: the one that was sent.
            reason: why it was not delivered; empty: it was.
            ended: it is not sent again.
        """
        table = self._notices
        async with self._database.transaction():
            values: dict[object, object] = {
                table.reason: reason,
                table.delivered: not reason,
                table.ended_at: await self._database.now() if ended else None,
            }
            await table.update(values).where(table.number == notice.number)  # type: ignore[arg-type]  # columns

    async def undelivered(self) -> int:
        """Return how many of the ended notices that are still kept were not delivered."""
        table = self._notices
        return int(await table.count().where(table.ended_at.is_not_null(), table.delivered.eq(False)))

    @property
    def _notices(self) -> type[WebhookNotice]:
        from orstt_core.db.tables import WebhookNotice

        return self._database.table(WebhookNotice)
