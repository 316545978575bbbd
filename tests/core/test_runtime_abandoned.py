"""Promises of abandoned work: it costs the next client neither the loaded engine nor its turn."""

import asyncio
from pathlib import Path

import numpy as np
import psutil
import pytest
from engine_work import Desk, run, spoken_work, texts, until

from orstt_core.audio import decode
from orstt_core.errors import EngineFailed
from orstt_core.runtime import engine_process
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import FromChild, Work
from orstt_core.types.transcription import Mode


async def load_slowly(pool: EnginePool, work: Work, patch: pytest.MonkeyPatch) -> int:
    """Load a model as if that took a minute, and return its process."""
    patch.setattr(engine_process, "LEAST_GRACE", 60)
    await pool.load(work.spec)
    patch.setattr(engine_process, "CANCEL_SECONDS", 0.1)
    return pool.loaded()[0].pid


async def give_up(pool: EnginePool, work: Work, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await run(pool, work)


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "state"), [("Held", "busy"), ("HeldToLoad", "loading"), ("Interruptible", "idle")])
async def test_a_client_that_gives_up_and_asks_again_is_answered_by_the_engine_that_is_loaded(
    pool: EnginePool, desk: Desk, monkeypatch: pytest.MonkeyPatch, engine: str, state: str
) -> None:
    held = desk.folder / "held"
    work = desk.work(engine, model=str(held))
    if state != "loading":
        await load_slowly(pool, work, monkeypatch)
    held.touch()
    await give_up(pool, work, times=3)
    await until(lambda: [engine.state for engine in pool.loaded()] == [state])
    (left,) = pool.loaded()
    assert left.using == 0
    heard: list[FromChild] = []

    async def ask() -> None:
        async with pool.lease(work.spec) as lease:
            async for message in lease.run(work):
                heard.append(message)  # noqa: PERF401 - each at once

    asking = asyncio.create_task(ask())
    await until(lambda: bool(heard) or state != "loading")  # of the loading that another one began
    held.unlink()
    await asking
    assert texts(heard) == [str(left.pid)]
    # What was abandoned may go on for a moment behind it.
    await until(lambda: [(loaded.pid, loaded.state) for loaded in pool.loaded()] == [(left.pid, "idle")])


@pytest.mark.slow
async def test_abandoned_work_that_is_cut_off_is_given_twice_as_long_the_next_time(
    pool: EnginePool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "CANCEL_SECONDS", 0.1)
    monkeypatch.setattr(engine_process, "LEAST_GRACE", 0.1)
    held = desk.folder / "held"
    work = desk.work("Held", model=str(held))
    for factor in (2, 4):
        await pool.load(work.spec)
        held.touch()
        await give_up(pool, work)
        await until(lambda: pool.loaded() == [])
        held.unlink()
        assert pool._slots[work.spec].grace_factor == factor


async def test_abandoned_work_holds_up_neither_another_model_that_needs_its_place_nor_the_end_of_the_program(
    pool: EnginePool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = desk.folder / "held"
    work = desk.work("Held", model=str(held))
    pid = await load_slowly(pool, work, monkeypatch)
    held.touch()
    await give_up(pool, work)
    async with asyncio.timeout(20):
        assert len(texts(await run(pool, desk.work("Plain")))) == 1
    assert not psutil.pid_exists(pid)
    held.unlink()
    await load_slowly(pool, work, monkeypatch)
    held.touch()
    await give_up(pool, work)
    waiting = asyncio.create_task(run(pool, work))
    await until(lambda: pool.loaded()[0].using == 1)
    async with asyncio.timeout(20):
        await pool.close()
    with pytest.raises(EngineFailed, match="stopping"):
        await waiting


async def test_it_is_told_when_an_engine_that_was_abandoned_or_idle_dies(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: list[list[str]] = []
    pool = desk.pool(lambda: states.append([engine.state for engine in pool.loaded()]))
    held = desk.folder / "held"
    work = desk.work("Held", model=str(held))
    for ask in (give_up, run):
        pid = await load_slowly(pool, work, monkeypatch)
        if ask is give_up:
            held.touch()
        await ask(pool, work)
        held.unlink(missing_ok=True)
        psutil.Process(pid).kill()
        await until(lambda: states[-1] == [])
    await pool.close()


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("mode", ["fast", "classic"])
async def test_a_client_of_a_real_model_that_gives_up_and_asks_again_is_answered_without_loading_it_anew(
    pool: EnginePool, desk: Desk, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    speech = decode(Path(__file__).parent.parent / "data/austen.wav", max_seconds=60).samples
    np.tile(speech, 20).tofile(desk.folder / "long.f32")
    long = spoken_work(desk, "long", language="en", mode=mode)
    speech.tofile(desk.folder / "short.f32")
    pid = await load_slowly(pool, long, monkeypatch)
    for _ in range(3):
        await give_up(pool, long)
        assert "leisure to consider" in " ".join(
            texts(await run(pool, spoken_work(desk, "short", language="en", mode=mode)))
        )
    assert [(engine.pid, engine.state) for engine in pool.loaded()] == [(pid, "idle")]
