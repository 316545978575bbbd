"""Several processes on one database at once: first starts, switches and names, on SQLite and on PostgreSQL."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from postgres import PostgresServer, raw_sql

from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.db.schema import known_migrations

PROCESSES = 4
ATTEMPTS = 3

DRIVER = """
import asyncio, json, multiprocessing, sys
import orstt_core.db.schema, orstt_core.db.sqlite, orstt_core.db.postgres, piccolo.apps.migrations.commands.forwards
from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.errors import ModelExists
from orstt_core.types import ModelDraft

fork = multiprocessing.get_context("fork")  # all is imported and no thread runs: four begin at the same moment

def child(barrier, answers, url, number):
    barrier.wait()
    answers.put(asyncio.run(main(url, number)))

def run(url):
    barrier, answers = fork.Barrier(4), fork.SimpleQueue()
    children = [fork.Process(target=child, args=(barrier, answers, url, number)) for number in range(4)]
    for process in children:
        process.start()
    for process in children:
        process.join()
    if any(process.exitcode for process in children):
        sys.exit(1)
    return [answers.get() for _ in children]
"""
START = """
async def main(url, number):
    async with Database(url) as database:
        return [model.name for model in await ModelStore(database).list() if model.is_active or model.id == 5]
"""
SWITCH = """
async def main(url, number):
    async with Database(url) as database:
        store = ModelStore(database)
        # 25 switches, five at a time: 100 by the four processes
        return [
            model.is_active
            for first in range(0, 25, 5)
            for model in await asyncio.gather(
                *(store.activate(1 + (number + step) % 5) for step in range(first, first + 5)))
        ]
"""
NAME = """
async def main(url, number):
    async with Database(url) as database:
        store = ModelStore(database)
        won = []
        for name in (f"model {step}" for step in range(20)):
            try:
                won.append((await store.add(ModelDraft(name=name))).name)
            except ModelExists:
                pass
        return won
"""


async def together(program: str, *urls: str) -> list[list[Any]]:
    """Run the program in four processes at once, on one database after another; return what each returned."""
    code = f"{DRIVER}{program}\nprint(json.dumps([answer for url in sys.argv[1:] for answer in run(url)]))"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, *urls, stdout=pipe, stderr=pipe)
    answers, errors = await process.communicate()
    assert errors.decode() == ""
    return [list(answer) for answer in json.loads(answers)]


async def test_four_processes_can_start_at_once_on_an_empty_sqlite_file(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path / str(attempt) / 'orstt.sqlite'}" for attempt in range(ATTEMPTS)]
    assert await together(START, *urls) == [["base", "large"]] * PROCESSES * ATTEMPTS
    for url in urls:
        assert await raw_sql(url, "SELECT count(*) FROM migration") == [(len(known_migrations()),)]


@pytest.mark.postgres
@pytest.mark.slow
async def test_four_processes_can_start_at_once_on_an_empty_postgres_database(postgres_server: PostgresServer) -> None:
    urls = [postgres_server.create_empty_database() for _ in range(ATTEMPTS)]
    assert await together(START, *urls) == [["base", "large"]] * PROCESSES * ATTEMPTS
    for url in urls:
        assert await raw_sql(url, "SELECT count(*) FROM migration") == [(len(known_migrations()),)]


@pytest.mark.slow
async def test_a_hundred_switches_by_four_processes_succeed_and_exactly_one_is_active_throughout(
    database_url: str,
) -> None:
    async with Database(database_url) as database:
        store = ModelStore(database)
        switching = asyncio.create_task(together(SWITCH, database_url))
        seen: set[tuple[int, int]] = set()
        active: list[str] = []
        while not switching.done():
            models = await store.list()
            seen.add((sum(model.is_active for model in models), sum(model.is_default for model in models)))
            active.append(next(model.name for model in models if model.is_active))
            await asyncio.sleep(0.001)
        answers = await switching
        assert seen == {(1, 1)}
        assert len(set(active)) > 1, "the sampler saw no switch: it proves nothing"
        assert (await store.default()).name == "base"
    assert answers == [[True] * 25] * PROCESSES


async def test_a_name_is_given_once_however_many_processes_ask_for_it(database_url: str) -> None:
    async with Database(database_url):
        pass
    won = await together(NAME, database_url)
    names = [f"model {step}" for step in range(20)]
    assert sorted(name for one in won for name in one) == sorted(names)
    rows = await raw_sql(database_url, "SELECT name FROM api_sttmodel WHERE id > 5")
    assert sorted(name for (name,) in rows) == sorted(names)
