"""Promises of the pool: how many models are loaded, which one goes, when, and that its memory is given back."""

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import psutil
import pytest
from engine_work import Desk, run, spec, texts, until

from orstt_core.errors import EngineFailed, ModelInUse
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import Loaded


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children()]


def models(pool: EnginePool) -> list[str]:
    return [engine.spec.model for engine in pool.loaded()]


async def test_requests_that_start_at_once_load_no_more_models_than_allowed(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, max_loaded=2)
    pool = desk.pool()
    for model in ("a", "b"):
        await run(pool, desk.work("Plain", model=model))
    async with pool.lease(spec("Plain", "c")), pool.lease(spec("Plain", "d")):
        assert len(children()) == 2
    await pool.close()


async def test_a_request_that_waits_while_the_program_stops_starts_no_process(desk: Desk) -> None:
    pool = desk.pool()
    async with pool.lease(spec("Plain")):
        waiting = asyncio.create_task(run(pool, desk.work("Chatty")))
        await asyncio.sleep(0)
        await pool.close()
    with pytest.raises(EngineFailed, match="stopping"):
        await waiting
    assert children() == []


async def test_a_request_under_way_hears_that_the_program_stops(desk: Desk) -> None:
    pool = desk.pool()
    request = asyncio.create_task(run(pool, desk.work("Stalling")))
    await until(lambda: [engine.state for engine in pool.loaded()] == ["busy"])
    await pool.close()
    with pytest.raises(EngineFailed, match="stopping"):
        await request


async def test_a_process_that_is_being_started_while_the_program_stops_does_not_stay(desk: Desk) -> None:
    pool = desk.pool()
    request = asyncio.create_task(run(pool, desk.work("Plain")))
    await asyncio.sleep(0)
    await pool.close()
    assert children() == []
    with pytest.raises(EngineFailed, match="stopping"):
        await request


async def test_the_least_recently_used_idle_model_goes_first_and_a_busy_one_never(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, max_loaded=3)
    pool = desk.pool()
    for model in ("a", "b", "c", "b"):
        await run(pool, desk.work("Plain", model=model))
    assert models(pool) == ["b", "c", "a"]
    async with pool.lease(spec("Plain", "a")):  # now c was not used for longest; then b; a is busy
        [unused] = [engine.pid for engine in pool.loaded() if engine.spec.model == "c"]
        await run(pool, desk.work("Plain", model="d"))
        assert models(pool) == ["d", "a", "b"]
        assert unused not in children()
        await run(pool, desk.work("Plain", model="e"))
        assert models(pool) == ["e", "d", "a"]
    await pool.close()


async def test_concurrent_first_requests_load_the_model_once(pool: EnginePool, desk: Desk) -> None:
    work = desk.work("SlowToLoad")
    answers = await asyncio.gather(*(run(pool, work) for _ in range(4)), pool.load(work.spec), pool.load(work.spec))
    messages = [message for answer in answers[:4] for message in answer or []]
    assert len({text for answer in answers[:4] for text in texts(answer or [])}) == 1
    assert sum(message.seconds > 0 for message in messages if isinstance(message, Loaded)) == 1


async def test_an_idle_model_is_unloaded_when_its_time_is_over(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, keep_alive=0.2)
    pool = desk.pool()
    await run(pool, desk.work("Plain"))
    assert len(pool.loaded()) == 1
    await until(lambda: children() == [])
    assert pool.loaded() == []
    await pool.close()


async def test_a_request_says_how_long_the_model_stays_after_it(pool: EnginePool, desk: Desk) -> None:
    work = desk.work("Plain")
    await run(pool, work)
    (usual,) = pool.loaded()
    assert usual.expires_at is not None
    assert timedelta(seconds=299) < usual.expires_at - datetime.now(UTC) <= timedelta(seconds=300)
    await run(pool, work, keep_alive=-1)
    assert [engine.expires_at for engine in pool.loaded()] == [None]
    await pool.load(work.spec, keep_alive=60)
    (short,) = pool.loaded()
    assert short.expires_at is not None
    assert short.expires_at < usual.expires_at - timedelta(seconds=200)
    await run(pool, work, keep_alive=0)
    assert pool.loaded() == []


async def test_a_model_that_is_waited_for_is_kept_whatever_the_one_before_said(pool: EnginePool, desk: Desk) -> None:
    work = desk.work("Plain")
    first, second = await asyncio.gather(run(pool, work, keep_alive=0), run(pool, work, keep_alive=60))
    assert texts(first) == texts(second)
    assert len(pool.loaded()) == 1


async def test_a_waiting_request_that_gives_up_does_not_keep_a_model_for_ever(pool: EnginePool, desk: Desk) -> None:
    async with pool.lease(spec("Plain", "busy")):
        await pool.load(spec("Plain", "new"), keep_alive=0.2, probe=True)
        waiting = asyncio.create_task(run(pool, desk.work("Plain", model="new")))
        await asyncio.sleep(0.4)
        assert "new" in models(pool)  # its time is over, but someone has its turn and waits for a place
        waiting.cancel()
        await asyncio.wait([waiting])
        await until(lambda: "new" not in models(pool))


async def test_what_is_loaded_is_told_as_it_is(desk: Desk) -> None:
    changes: list[list[str]] = []
    watched: EnginePool = desk.pool(on_change=lambda: changes.append([engine.state for engine in watched.loaded()]))
    before = datetime.now(UTC)
    work = desk.work("SlowToLoad")
    async with watched.lease(work.spec) as process:
        (loading,) = watched.loaded()
        assert (loading.state, loading.using, loading.loaded_at) == ("loading", 1, None)
        async for _ in process.run(work):
            pass
        waiting = asyncio.create_task(run(watched, work))
        await asyncio.sleep(0)
        (busy,) = watched.loaded()
        assert (busy.state, busy.using, busy.expires_at) == ("busy", 2, None)
        assert busy.pid == process.pid
        assert busy.loaded_at is not None
        assert before < busy.loaded_at < datetime.now(UTC)
    await waiting
    (idle,) = watched.loaded()
    assert (idle.state, idle.using, idle.device, idle.compute_type) == ("idle", 0, "cpu", "int8")
    resident = psutil.Process(idle.pid).memory_info().rss
    assert abs(idle.memory - resident) < 1 << 20
    await watched.unload(work.spec)
    assert {"loading", "busy", "idle"} == {state for states in changes for state in states}
    assert changes[-1] == []
    await watched.close()


async def test_unloading_gives_the_memory_back(pool: EnginePool, desk: Desk) -> None:
    await run(pool, desk.work("Plain"))
    (pid,) = children()
    was = await pool.unload(spec("Plain"))
    assert was is not None
    assert (was.pid, was.state) == (pid, "idle")
    assert was.memory > 10 << 20
    assert not psutil.pid_exists(pid)
    assert pool.loaded() == []
    assert await pool.unload(spec("Plain")) is None
    assert await pool.unload(spec("Plain", "never heard of")) is None


async def test_a_model_in_use_is_not_unloaded(pool: EnginePool, desk: Desk) -> None:
    async with pool.lease(spec("Plain")):
        with pytest.raises(ModelInUse, match="any serves 1 request"):
            await pool.unload(spec("Plain"))


@pytest.fixture
def known_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a model needs is known, as of real ones: a process that has just begun to start uses next to nothing."""
    monkeypatch.setattr("orstt_core.runtime.eviction.memory_need", lambda _: 10 << 20)


@pytest.mark.usefixtures("known_needs")
async def test_within_a_memory_budget_idle_models_make_room(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, max_loaded=3, memory_mb=1)
    pool = desk.pool()
    await run(pool, desk.work("Plain", model="a"))
    async with pool.lease(spec("Plain", "b")) as busy:
        assert models(pool) == ["b"]  # although it is over the budget by itself
        others = [asyncio.create_task(run(pool, desk.work("Plain", model=name))) for name in "cd"]
        await asyncio.sleep(0.3)
        assert busy.process.alive
        assert [engine.spec.model for engine in pool.loaded() if engine.pid] == ["b"]
    for messages in await asyncio.gather(*others):
        assert len(texts(messages)) == 1
    assert models(pool) == ["d"]
    await pool.close()


@pytest.mark.usefixtures("known_needs")
async def test_a_request_that_waits_for_memory_can_be_cancelled_and_hears_of_the_end(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, max_loaded=3, memory_mb=1)
    pool = desk.pool()
    async with pool.lease(spec("Plain", "a")):
        waiting = [asyncio.create_task(run(pool, desk.work("Plain", model=name))) for name in "bc"]
        await asyncio.sleep(0.1)
        waiting[0].cancel()
        await asyncio.sleep(0.1)
        await pool.close()
    first, second = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(second, EngineFailed)
    assert not psutil.Process().children()


async def test_the_memory_that_a_model_will_need_is_counted_before_it_is_loaded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A child takes some 40 MiB.
    monkeypatch.setattr(
        "orstt_core.runtime.eviction.memory_need", lambda asked: {"large": 600 << 20}.get(asked.model, 0)
    )
    desk.settings = msgspec.structs.replace(desk.settings, max_loaded=3, memory_mb=500)
    pool = desk.pool()
    await run(pool, desk.work("Plain", model="a"))
    await run(pool, desk.work("Plain", model="b"))
    assert models(pool) == ["b", "a"]
    await run(pool, desk.work("Plain", model="large"))
    assert models(pool) == ["large"]
    await pool.close()


@pytest.mark.slow
async def test_requests_cancelled_at_any_moment_leave_neither_process_nor_turn_nor_place(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, max_loaded=2, keep_alive=0.05)
    pool = desk.pool()
    chance = random.Random(7)

    async def client() -> None:
        for _ in range(5):
            model = chance.choice("abc")
            work = desk.work(chance.choice(["Plain", "Steady"]), model=model)
            with suppress(TimeoutError):
                async with asyncio.timeout(chance.random() * 0.4):
                    if chance.random() < 0.3:
                        await pool.load(work.spec, probe=True)
                    else:
                        await run(pool, work, keep_alive=chance.choice([0, None]))

    async with asyncio.timeout(60):
        await asyncio.gather(*(client() for _ in range(4)))
        await until(lambda: children() == [])
        assert pool.loaded() == []
        await asyncio.gather(*(run(pool, desk.work("Plain", model=model)) for model in "abcabc"))
        assert len(pool.loaded()) <= 2
    await pool.close()
    assert children() == []
