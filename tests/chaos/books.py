"""The books: what the database says at the end, counted and held against what every client saw."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from typing import NamedTuple

from chaos.ledger import Ledger
from chaos.recordings import Recording
from chaos.server import Server

SETTLE_SECONDS = 90.0
"""Time for all jobs to end once nobody attacks any more: leases run out, suspended models are tried again."""
CLEAN_SECONDS = 20.0
OWN_FAULTS = {"engine_died", "engine_failed", "model_suspended"}
"""What a recording that the engine cannot survive may fail with."""
MOST_DEATHS = 3

WATCH_SQLITE = (
    "CREATE TABLE chaos_change (number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT, state TEXT, attempt INTEGER)",
    """CREATE TRIGGER chaos_change AFTER UPDATE ON transcription_job
        WHEN OLD.state <> NEW.state OR OLD.attempt <> NEW.attempt
        BEGIN INSERT INTO chaos_change (job, state, attempt) VALUES (NEW.id, NEW.state, NEW.attempt); END""",
)
WATCH_POSTGRES = (
    "CREATE TABLE chaos_change (number SERIAL PRIMARY KEY, job TEXT, state TEXT, attempt INTEGER)",
    """CREATE FUNCTION chaos_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO chaos_change (job, state, attempt) VALUES (NEW.id, NEW.state, NEW.attempt); RETURN NULL; END
        $$""",
    """CREATE TRIGGER chaos_change AFTER UPDATE ON transcription_job FOR EACH ROW
        WHEN (OLD.state <> NEW.state OR OLD.attempt <> NEW.attempt) EXECUTE FUNCTION chaos_change()""",
)


async def watch(server: Server) -> None:
    """Have the database itself take down every change of a job's state from now on."""
    await server.sql(*(WATCH_SQLITE if server.database_url.startswith("sqlite") else WATCH_POSTGRES))


async def settled(server: Server) -> None:
    """Return when every job has ended."""
    end = time.monotonic() + SETTLE_SECONDS
    while left := await server.sql("SELECT id, filename, state, attempt, deaths FROM transcription_job "
                                   "WHERE state IN ('queued', 'running')"):  # fmt: skip
        assert time.monotonic() < end, f"{len(left)} jobs do not end: {left[:5]}\n{server.log()}"
        await asyncio.sleep(0.3)


async def balance(
    server: Server, ledger: Ledger, made: dict[str, Recording], *, forgiven: frozenset[str] = frozenset()
) -> Counter[str]:
    """Count everything; fail with all promises that were broken.

    Args:
        server: runs, and all its jobs have ended.
        ledger: what clients saw.
        made: all recordings by their file names.
        forgiven: codes that a job may fail with although nothing is wrong with its recording.
    """
    broken = list(ledger.broken)
    rows = [Row(*row) for row in await server.sql(QUERY)]
    by_id = {row.id: row for row in rows}
    broken += [f"{job} was accepted and is lost" for job in ledger.accepted if job not in by_id]
    broken += [f"{name} became {n} jobs" for name, n in Counter(row.filename for row in rows).items() if n > 1]
    broken += [f"{row} has not ended" for row in rows if row.state not in {"done", "failed", "cancelled"}]
    broken += [f"{row} outlived {row.deaths} deaths" for row in rows if row.deaths > MOST_DEATHS]
    broken += [problem for row in rows for problem in row.wrong(made[row.filename], forgiven)]
    for job, (state, text) in ledger.seen.items():
        row = by_id.get(job)
        if row and (row.state, row.text) != (state, text):
            broken.append(f"a client saw {job} {state} with {text!r}, and now it is {row}")
    broken += [
        f"{job} was cancelled and is {by_id[job]}" for job in ledger.cancelled if by_id[job].state != "cancelled"
    ]
    broken += await _broken_in_tables(server, rows)
    broken += await _recordings_left(server)
    assert not broken, "\n".join([f"{len(broken)} promises broken:", *broken[:20], server.log()])
    return _counted(rows, ledger)


QUERY = "SELECT id, filename, state, text, result, error, attempt, deaths, restarts FROM transcription_job"


class Row(NamedTuple):
    """One job as the database has it, in the order of `QUERY`."""

    id: str
    filename: str
    state: str
    text: str
    result: str | None
    error: str | None
    attempt: int
    deaths: int
    restarts: int

    @property
    def code(self) -> str:
        """What it failed with."""
        return json.loads(self.error)["type"].removeprefix("orstt:") if self.error else ""

    def __repr__(self) -> str:
        more = f"attempt {self.attempt}, {self.deaths} deaths, {self.text!r} {self.error or ''}"
        return f"job {self.id} ({self.filename}, {self.state}, {more})"

    def wrong(self, recording: Recording, forgiven: frozenset[str]) -> list[str]:
        """Return what is wrong with it, as a transcript of that recording."""
        if self.result is not None:
            result = json.loads(self.result)
            found = [recording.wrong(result["text"], result["segments"])]
            found += ["" if recording.can_be_done else f"{self} was finished"]
            found += ["" if self.text == result["text"] else f"{self} has another text than its result"]
            return [problem for problem in found if problem]
        found = [recording.wrong_so_far(self.text)]
        if self.state == "failed":
            allowed = forgiven if recording.can_be_done else forgiven | OWN_FAULTS
            found += ["" if self.code in allowed else f"{self} failed for no good reason"]
        return [problem for problem in found if problem]


async def _broken_in_tables(server: Server, rows: list[Row]) -> list[str]:
    broken = []
    ends = Counter(
        job
        for (job,) in await server.sql("SELECT job FROM chaos_change WHERE state IN ('done', 'failed', 'cancelled')")
    )
    broken += [f"{row} ended {ends[row.id]} times" for row in rows if ends[row.id] != 1]
    submitted = Counter(
        job for (job,) in await server.sql("SELECT subject FROM audit_entry WHERE action = 'job.submitted'")
    )
    broken += [f"the audit has {row} submitted {submitted[row.id]} times" for row in rows if submitted[row.id] != 1]
    active = await server.sql("SELECT name FROM api_sttmodel WHERE is_active")
    broken += [f"active are {active}"] if len(active) != 1 else []
    left = await server.sql(
        "SELECT count(*) FROM transcription_segment s JOIN transcription_job j ON j.number = s.job "
        "WHERE j.state = 'done'"
    )
    return broken + ([f"{left} segments are stored beside their result"] if left != [(0,)] else [])


async def _recordings_left(server: Server) -> list[str]:
    """Wait until no recording of an ended job is known; what dead processes left goes when it is old enough."""
    end = time.monotonic() + CLEAN_SECONDS
    while left := await server.sql("SELECT id, uses FROM recording"):
        if time.monotonic() > end:
            return [f"recordings of ended jobs are left: {sorted(left)[:3]} and {max(0, len(left) - 3)} more"]
        await asyncio.sleep(0.2)
    return []


async def nothing_stays(server: Server) -> None:
    """Make the server's leftovers old, start it anew, and see that they go; stop it and see that it leaves nothing."""
    await server.stop()
    for path in server.spool.glob("*"):
        os.utime(path, (0, 0))
    await server.start()
    end = time.monotonic() + CLEAN_SECONDS
    while left := list(server.spool.glob("*")):
        assert time.monotonic() < end, f"the spool still holds {left[:5]}"
        await asyncio.sleep(0.1)
    await server.stop()


def _counted(rows: list[Row], ledger: Ledger) -> Counter[str]:
    counts = Counter(ledger.counts)
    counts["jobs"] = len(rows)
    counts["jobs begun again"] = sum(row.attempt > 1 for row in rows)
    counts["attempts"] = sum(row.attempt for row in rows)
    counts["workers' deaths over jobs"] = sum(row.deaths for row in rows)
    for row in rows:
        counts[row.state] += 1
        if row.code:
            counts[f"failed: {row.code}"] += 1
    return counts
