"""RecordingIndex: which recordings there are, and where. The database counts the jobs that refer to each."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from orstt_core.types import SampleFormat, to_json

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import RecordingRow

LOCK = "recordings"
"""Whoever lets go of more than one recording takes this lock, so that no two wait for each other's rows."""
OWN_FILE = "file:"
"""How the id of a person's own file begins."""
ADD = """
    INSERT INTO recording (id, location, owned, sample_format) VALUES ({}, {}, {}, {})
    ON CONFLICT (id) DO UPDATE SET uses = recording.uses
"""
"""Of the same sound the first row stays; it is written all the same, so that it is locked until a job refers to it."""


class RecordingSource(Struct, frozen=True, kw_only=True):
    """Where a recording is.

    Attributes:
        id: of a stored one the SHA-256 of its bytes, in hexadecimal digits, or for bare samples of that and of their
            layout; of a person's own file a name that begins with `OWN_FILE`.
        location: its name in the store, or the path of a person's own file.
        owned: it is in the store, and goes with the last job; otherwise it is a person's own file, and stays.
        sample_format: set for bare PCM.
    """

    id: str
    location: str
    owned: bool
    sample_format: SampleFormat | None = None


class RecordingIndex:
    """The recordings of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, source: RecordingSource) -> None:
        """Inside a transaction in which a job comes to refer to it: add a recording, unless the same is there."""
        layout = None if source.sample_format is None else to_json(source.sample_format).decode()
        location = os.fsencode(source.location)
        await self._recordings.raw(ADD, source.id, location, source.owned, layout)

    async def lock(self, recording: str) -> None:
        """Inside a transaction: let nobody remove a recording until its end; nothing happens where there is none."""
        table = self._recordings
        query = table.select(table.id).where(table.id == recording)
        # SQLite's transactions keep everybody else from writing anyhow, and it has no words for it.
        await (query.lock_rows("UPDATE") if self._database.kind == "postgres" else query)

    async def find(self, recording: str) -> RecordingSource | None:
        """Return where a recording is; None where there is none of that id."""
        table = self._recordings
        rows = await table.select().where(table.id == recording)
        return source_of(rows[0]) if rows else None

    async def source(self, recording: str) -> RecordingSource:
        """Return where the recording of a job is; it is there as long as the job refers to it."""
        source = await self.find(recording)
        assert source is not None
        return source

    async def names(self, location: str) -> bool:
        """Tell whether a row names this location in the store."""
        table = self._recordings
        return bool(await table.exists().where((table.location == os.fsencode(location)) & table.owned.eq(True)))

    async def locations(self) -> set[str]:
        """Return all locations in the store that rows name; whatever else lies there may go."""
        table = self._recordings
        return {_decoded(row) for row in await table.select(table.location).where(table.owned.eq(True))}

    async def remove_unused(self) -> list[RecordingSource]:
        """Remove recordings that no job refers to, and return where they are."""
        table = self._recordings
        if not await table.exists().where(table.uses == 0):
            return []  # most questions end here, and take no lock
        async with self._database.transaction():
            await self._database.lock(LOCK)
            rows = await table.delete().where(table.uses == 0).returning(*table.all_columns())
        return [source_of(row) for row in rows]

    @property
    def _recordings(self) -> type[RecordingRow]:
        from orstt_core.db.tables import RecordingRow

        return self._database.table(RecordingRow)


def is_own_file(recording: str) -> bool:
    """Tell whether a recording's id is that of a person's own file, which is only referred to."""
    return recording.startswith(OWN_FILE)


def source_of(row: dict[str, Any]) -> RecordingSource:
    """Return what a row says."""
    layout = row["sample_format"]
    return RecordingSource(
        id=row["id"],
        location=_decoded(row),
        owned=bool(row["owned"]),
        sample_format=None if layout is None else msgspec.json.decode(layout, type=SampleFormat),
    )


def _decoded(row: dict[str, Any]) -> str:
    return os.fsdecode(row["location"])
