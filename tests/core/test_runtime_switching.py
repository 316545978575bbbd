"""Promises of switching: the old model serves until the new one has answered, and no request fails of it."""

import asyncio
from contextlib import aclosing

import msgspec
import psutil
import pytest
from engine_work import Desk, run, spec, texts, until, until_a_segment

from orstt_core.errors import EngineDied, EngineFailed
from orstt_core.runtime.pool import EnginePool

SWITCHES = 6
"""Two hundred, near and far, are made in `tests/contract/test_switching.py`."""


def models(pool: EnginePool) -> list[str]:
    return [engine.spec.model for engine in pool.loaded()]


async def test_a_switch_loads_the_new_model_beside_a_busy_one_which_goes_when_it_is_done(
    pool: EnginePool, desk: Desk
) -> None:
    work = desk.work("Plain", model="old")
    async with pool.lease(work.spec) as old:
        await pool.load(spec("Plain", "new"), probe=True)
        assert models(pool) == ["new", "old"]
        assert len(texts([message async for message in old.run(work)])) == 1
    assert models(pool) == ["new"]


async def test_an_idle_old_model_serves_until_the_new_one_has_answered(pool: EnginePool, desk: Desk) -> None:
    old = desk.work("Plain", model="old")
    before = texts(await run(pool, old))
    switch = asyncio.create_task(pool.load(spec("SlowToLoad", "new"), probe=True))
    await until(lambda: len(pool.loaded()) == 2)
    assert texts(await run(pool, old)) == before
    assert not switch.done()
    await switch
    assert models(pool) == ["new"]


async def test_without_memory_for_both_the_idle_one_goes_first(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, memory_mb=1)
    pool = desk.pool()
    await run(pool, desk.work("Plain", model="old"))
    switch = asyncio.create_task(pool.load(spec("SlowToLoad", "new"), probe=True))
    await until(lambda: models(pool) == ["new"])
    await switch
    await pool.close()


async def test_a_model_that_does_not_answer_the_probe_leaves_the_old_one_serving(pool: EnginePool, desk: Desk) -> None:
    old = desk.work("Plain", model="old")
    before = texts(await run(pool, old))
    for engine, error in (("Raising", EngineFailed), ("Unloadable", EngineFailed), ("Aborting", EngineDied)):
        with pytest.raises(error):
            await pool.load(spec(engine, "new"), probe=True)
        assert models(pool) == ["old"]
        assert texts(await run(pool, old)) == before


async def test_a_model_is_not_probed_twice_and_a_busy_one_is_not_waited_for(pool: EnginePool, desk: Desk) -> None:
    await pool.load(spec("Plain"))
    process, answers = pool._slots[spec("Plain")].process, []
    assert process is not None
    process.on_completed = lambda: answers.append("one")
    await pool.load(spec("Plain"), probe=True)
    async with pool.lease(spec("Plain")), asyncio.timeout(20):
        for _ in range(2):
            await pool.load(spec("Plain"), probe=True)
    assert answers == ["one"]


async def test_a_busy_model_that_has_answered_in_part_is_not_waited_for(pool: EnginePool, desk: Desk) -> None:
    async with (
        pool.lease(spec("Steady")) as process,
        aclosing(process.run(desk.work("Steady"))) as messages,
        asyncio.timeout(20),
    ):
        async for _ in until_a_segment(messages):
            pass
        await pool.load(spec("Steady"), probe=True)


async def test_a_plain_load_takes_a_place_like_a_request(pool: EnginePool, desk: Desk) -> None:
    async with pool.lease(spec("Plain", "old")):
        load = asyncio.create_task(pool.load(spec("Plain", "new")))
        await asyncio.sleep(0.1)
        assert models(pool) == ["old"]
    await load
    assert models(pool) == ["new"]


async def test_switches_under_load_fail_not_one_request(pool: EnginePool, desk: Desk) -> None:
    active, served, most, switching = "a", 0, 0, True

    async def client() -> None:
        nonlocal served, most
        while switching:
            assert len(texts(await run(pool, desk.work("Plain", model=active)))) == 1
            served += 1
            most = max(most, len(psutil.Process().children()))
            await asyncio.sleep(0.02)

    clients = [asyncio.create_task(client()) for _ in range(4)]
    for number in range(SWITCHES):
        new = "ab"[number % 2]
        await pool.load(spec("Plain", new), probe=True)
        active = new
    switching = False
    await asyncio.gather(*clients)
    assert served > SWITCHES / 2
    assert most <= 3  # one works, one is new, one is on its way out
    assert len(pool.loaded()) == 1
