"""Promises about an engine that dies again and again: it is left alone for a while, and then tried once."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from engine_work import Desk, run, spec, texts

from orstt_core.errors import EngineDied, EngineFailed, ModelSuspended
from orstt_core.runtime import circuit_breaker
from orstt_core.runtime.pool import EnginePool

SUSPENDED = 30.0
"""Seconds that a suspension lasts."""


@pytest.fixture
async def pool(desk: Desk) -> AsyncIterator[EnginePool]:
    pool = desk.pool(suspend_seconds=SUSPENDED)
    yield pool
    await pool.close()


@pytest.fixture
def let_the_suspension_pass(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """What makes the circuit breaker believe that a suspension's time has passed."""
    passed = itertools.count(1)

    def let_pass() -> None:
        offset = next(passed) * SUSPENDED
        monkeypatch.setattr(circuit_breaker, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + offset))

    return let_pass


@pytest.fixture
def mood(tmp_path: Path) -> Path:
    """While this file is there, `Moody` dies."""
    (tmp_path / "mood").touch()
    return tmp_path / "mood"


async def die(pool: EnginePool, desk: Desk, mood: Path) -> None:
    with pytest.raises(EngineDied, match="SIGSEGV"):
        await run(pool, desk.work("Moody", model=str(mood)))


async def test_a_model_whose_engine_died_twice_in_a_row_is_refused_for_a_while_and_then_tried_once(
    pool: EnginePool, desk: Desk, mood: Path, let_the_suspension_pass: Callable[[], None]
) -> None:
    work = desk.work("Moody", model=str(mood))
    await die(pool, desk, mood)
    assert pool.loaded() == []
    await die(pool, desk, mood)
    for refused in (run(pool, work), pool.load(work.spec)):
        with pytest.raises(ModelSuspended, match=r"2 times.*SIGSEGV.*in 30 seconds"):
            await refused
    (suspended,) = pool.loaded()
    assert (suspended.state, suspended.pid, suspended.memory, suspended.using) == ("suspended", 0, 0, 0)
    assert "SIGSEGV" in suspended.reason
    assert suspended.suspended_until is not None
    assert timedelta() < suspended.suspended_until - datetime.now(UTC) <= timedelta(seconds=SUSPENDED)
    assert len(texts(await run(pool, desk.work("Plain")))) == 1
    await pool.unload(spec("Plain"))

    let_the_suspension_pass()
    assert pool.loaded() == []
    errors = await asyncio.gather(*(run(pool, work) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in errors] == [EngineDied, ModelSuspended, ModelSuspended]

    let_the_suspension_pass()
    mood.unlink()
    await run(pool, work)  # which mends all
    mood.touch()
    await die(pool, desk, mood)
    mood.unlink()
    assert len(texts(await run(pool, work))) == 1


async def test_deaths_with_answers_in_between_do_not_suspend(pool: EnginePool, desk: Desk, mood: Path) -> None:
    for _ in range(2):
        mood.unlink()
        await run(pool, desk.work("Moody", model=str(mood)))
        mood.touch()
        await die(pool, desk, mood)
    mood.unlink()
    await run(pool, desk.work("Moody", model=str(mood)))


async def test_loading_alone_is_no_answer(pool: EnginePool, desk: Desk, mood: Path) -> None:
    for _ in range(2):
        await pool.load(spec("Moody", str(mood)))
        await die(pool, desk, mood)
    with pytest.raises(ModelSuspended):
        await pool.load(spec("Moody", str(mood)))


async def test_what_an_engine_raises_is_no_death(pool: EnginePool, desk: Desk) -> None:
    for _ in range(4):
        with pytest.raises(EngineFailed, match="KeyError"):
            await run(pool, desk.work("Raising"))


async def test_a_process_that_dies_while_it_is_idle_is_replaced_silently(pool: EnginePool, desk: Desk) -> None:
    pids = set()
    for _ in range(3):
        await run(pool, desk.work("Plain"))
        (engine,) = pool.loaded()
        pids.add(engine.pid)
        os.kill(engine.pid, signal.SIGKILL)
        with suppress(psutil.NoSuchProcess):  # or somebody has buried it already
            while psutil.Process(engine.pid).status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.001)  # not asyncio's: the pool has no chance to hear of it
    assert len(pids) == 3


async def test_those_who_wait_for_a_model_hear_of_its_suspension(pool: EnginePool, desk: Desk, mood: Path) -> None:
    requests = (run(pool, desk.work("Moody", model=str(mood))) for _ in range(4))
    errors = await asyncio.gather(*requests, return_exceptions=True)
    assert [type(error) for error in errors] == [EngineDied, EngineDied, ModelSuspended, ModelSuspended]
