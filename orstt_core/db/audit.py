"""AuditLog: who did what to models and jobs. The database refuses to change or remove an entry."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

import msgspec

from orstt_core.db.job_rows import sanitized
from orstt_core.types import AuditEntry

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import AuditRow


class AuditLog:
    """The audit table of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Add an entry; inside the transaction of what it tells about, both happen or neither."""
        table = self._entries
        entry = table(
            actor=sanitized(actor), action=sanitized(action), subject=sanitized(subject), detail=sanitized(detail)
        )
        async with self._database.transaction():
            entry.at = await self._database.now()
            await table.insert(entry)

    async def list(self, limit: int = 100, subject: str = "") -> builtins.list[AuditEntry]:
        """Return the latest entries, newest first; with a subject, those about it."""
        table = self._entries
        select = table.select().where(table.subject == sanitized(subject)) if subject else table.select()
        rows = await select.order_by(table.id, ascending=False).limit(limit)
        return msgspec.convert(rows, builtins.list[AuditEntry])

    @property
    def _entries(self) -> type[AuditRow]:
        from orstt_core.db.tables import AuditRow

        return self._database.table(AuditRow)
