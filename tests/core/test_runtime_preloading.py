"""Promises of a model that is loaded before it is needed: nobody pays for it, and it is no lease."""

import msgspec
import pytest
from engine_work import Desk, run, spec, until

from orstt_core.engines.shown_name import shown_as
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import Loaded


async def test_a_model_is_loaded_beforehand_without_a_lease_for_longer_than_that(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, keep_alive=0)
    pool = desk.pool()
    work = desk.work("SlowToLoad")
    with shown_as("ward"):
        async with pool.preload(work.spec) as preload:
            told = [message.event.detail async for message in preload.progress()]
            assert told[0] == "loading ward"
            assert preload.seconds > 0
            await until(lambda: [engine.state for engine in pool.loaded()] == ["idle"])
            messages = await run(pool, work)
            assert [message.seconds for message in messages if isinstance(message, Loaded)] == [0.0]
    assert pool.loaded() == []  # nobody wants it any more
    await pool.close()


async def test_what_goes_wrong_beforehand_is_told_by_the_lease_alone(pool: EnginePool, desk: Desk) -> None:
    async with pool.preload(spec("Unloadable")) as preload:
        assert [message async for message in preload.progress()]
        with pytest.raises(Exception, match=r"RuntimeError: File model\.bin is incomplete"):
            await run(pool, desk.work("Unloadable"))


@pytest.mark.parametrize("limits", [{"max_loaded": 1}, {"max_loaded": 2, "memory_mb": 1000}])
async def test_nothing_is_ended_for_what_is_loaded_beforehand(
    desk: Desk, limits: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.runtime.eviction.memory_need", lambda *_: 990 << 20)
    desk.settings = msgspec.structs.replace(desk.settings, **limits)
    pool = desk.pool()
    await pool.load(spec("Plain"))
    async with pool.preload(spec("Chatty"), priority="interactive") as preload:
        assert [message async for message in preload.progress()] == []
        assert [engine.spec.model_type for engine in pool.loaded()] == ["plain"]
    await pool.close()


async def test_what_was_loaded_beforehand_in_vain_stays_as_long_as_its_job_says(pool: EnginePool) -> None:
    async with pool.preload(spec("Plain"), keep_alive=0) as preload:
        assert [message async for message in preload.progress()]
        await until(lambda: [engine.state for engine in pool.loaded()] == ["idle"])
    assert pool.loaded() == []


async def test_nothing_is_loaded_beforehand_where_others_would_wait_for_that(pool: EnginePool, desk: Desk) -> None:
    async with pool.lease(spec("Plain")), pool.preload(spec("Chatty")) as preload:
        assert [message async for message in preload.progress()] == []
        assert [engine.spec.model_type for engine in pool.loaded()] == ["plain"]
