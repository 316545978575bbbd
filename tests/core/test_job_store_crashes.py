"""Jobs survive: the process killed in the middle of writes, a full disk, a restarted database server."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from postgres import PostgresServer
from stored_jobs import a_transcript, added, claimed, next_job, open_store, queue_in, segments

from orstt_core.db.database import Database
from orstt_core.db.jobs import JobStore
from orstt_core.db.tables import TranscriptionJob
from orstt_core.errors import DatabaseUnavailable
from orstt_core.types import JobQuery

ROUNDS = 2
WORK = """
import asyncio, sys
from stored_jobs import a_transcript, added, next_job, open_store, queue_in, segments

def say(*words):
    print(*words, flush=True)  # only after the database has said yes

async def submit(store):
    while True:
        say("accepted", await added(store))

async def work(store, worker):
    while True:
        if task := await next_job(queue_in(store), worker):
            await store.attempts.record(task.claim, segments("a", "b"), first=0, position=4.0)
            if await store.attempts.finish(task.claim, a_transcript("a", "b", task.claim.job)):
                say("done", task.claim.job)

async def main(url):
    async with open_store(url) as store, asyncio.TaskGroup() as group:
        for number in range(2):
            group.create_task(submit(store))
            group.create_task(work(store, f"{sys.argv[2]} {number}"))

asyncio.run(main(sys.argv[1]))
"""


async def killed_at_work(url: str, name: str, lines: int) -> list[tuple[str, str]]:
    """Run the program until it has said so much, kill it, and return all that it said."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORK, url, name, stdout=asyncio.subprocess.PIPE, env=environ
    )
    assert process.stdout is not None
    said = [await process.stdout.readline() for _ in range(lines)]
    process.kill()
    said += (await process.stdout.read()).splitlines(keepends=True)
    await process.wait()
    words = [line.decode().split() for line in said if line.endswith(b"\n")]
    return [(word, job) for word, job in words]


@pytest.mark.slow
async def test_a_process_killed_in_the_middle_of_writes_loses_no_accepted_job(database_url: str) -> None:
    async with open_store(database_url) as store:
        accepted: set[str] = set()
        for number in range(ROUNDS):
            said = await killed_at_work(database_url, f"round {number}", lines=20 + 7 * number)
            accepted |= {job for word, job in said if word == "accepted"}
            finished = [job for word, job in said if word == "done"]
            assert finished
            assert len(set(finished)) == len(finished)
            for job in finished:
                assert (await store.reads.get(job)).result == a_transcript("a", "b", job)
        jobs = {job.id: job for job in (await store.reads.list(JobQuery(limit=500))).jobs}
        assert accepted <= set(jobs)
        assert {job.state for job in jobs.values()} <= {"queued", "running", "done"}
        queue = queue_in(store, is_dead=lambda worker: worker != "next")
        while task := await next_job(queue, "next"):
            assert await store.attempts.finish(task.claim, a_transcript("a", "b", task.claim.job))
        for name in jobs:
            found = await store.reads.get(name)
            assert (found.state, found.text) == ("done", f"a b {name}")


async def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    async def fill(database: Database, store: JobStore, name: str) -> None:
        async with database.transaction():
            await database.table(TranscriptionJob).raw("PRAGMA max_page_count = 1")  # no page more than there are
            claim = (await claimed(store)).claim
            assert claim.job == name
            await store.attempts.record(claim, segments(*["x" * 1000] * 100), first=0, position=200.0)

    async with Database(f"sqlite:///{tmp_path / 'orstt.sqlite'}") as database:
        store = JobStore(database)
        name = await added(store)
        before = await store.reads.get(name)
        with pytest.raises(DatabaseUnavailable, match=r"The disk that holds .* is full\. Make room"):
            await fill(database, store, name)
        assert await store.reads.get(name) == before
        assert await store.attempts.finish((await claimed(store)).claim, a_transcript("there", "is", "room"))


FULL_DISK = """
import asyncio, resource, sys
from orstt_core.errors import DatabaseUnavailable
from stored_jobs import added, open_store

async def main(url):
    async with open_store(url) as store:
        # No file may grow beyond this: what a quota or a full disk does to a program that has no other.
        resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, 800_000))
        try:
            while True:
                print(await added(store, filename="x" * 10_000), flush=True)
        except DatabaseUnavailable as error:
            print(error)

asyncio.run(main(sys.argv[1]))
"""


async def test_a_disk_that_fills_up_refuses_jobs_and_keeps_the_accepted_ones(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'orstt.sqlite'}"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FULL_DISK, url, stdout=asyncio.subprocess.PIPE, env=environ
    )
    *accepted, refusal = (await process.communicate())[0].decode().splitlines()
    assert process.returncode == 0
    assert refusal.startswith("The disk that holds")
    assert len(accepted) > 5
    async with open_store(url) as store:
        assert {job.id for job in (await store.reads.list(JobQuery(limit=500))).jobs} == set(accepted)
        assert await store.reads.counts() == (len(accepted), 0)


@pytest.mark.postgres
async def test_a_restarted_server_costs_no_accepted_job_and_no_second_end(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    async with open_store(url) as store:
        accepted: list[str] = []
        finished: list[str] = []

        async def submit() -> None:
            while True:
                with suppress(DatabaseUnavailable):
                    accepted.append(await added(store))
                await asyncio.sleep(0)

        async def work(worker: str) -> None:
            while True:
                with suppress(DatabaseUnavailable):
                    task = await next_job(queue_in(store), worker)
                    if task and await store.attempts.finish(task.claim, a_transcript(task.claim.job)):
                        finished.append(task.claim.job)
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(work_of) for work_of in (submit(), submit(), work("one"), work("two"))]
        for _ in range(2):
            goal = len(finished) + 10
            while len(finished) < goal:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(postgres_server.restart)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        jobs = {job.id: job for job in (await store.reads.list(JobQuery(limit=500))).jobs}
        assert set(accepted) <= set(jobs)
        assert len(finished) == len(set(finished))
        assert {jobs[name].state for name in finished} == {"done"}
        assert {jobs[name].text for name in finished} == set(finished)
