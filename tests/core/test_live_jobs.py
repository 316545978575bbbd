"""Promises of a live job: every follower gets every event in order, however late it comes."""

import asyncio

import pytest

from orstt_core.errors import EngineFailed
from orstt_core.jobs.event_log import EventLog
from orstt_core.types import Progress, TranscribeEvent


def progress(position: float) -> Progress:
    return Progress(position=position, duration=9.0)


async def heard(live: EventLog) -> list[TranscribeEvent]:
    return [event async for event in live.follow()]


async def test_whoever_comes_late_gets_everything() -> None:
    live = EventLog()
    early = asyncio.create_task(heard(live))
    for number in range(3):
        live.tell(progress(number))
        await asyncio.sleep(0)
    late = asyncio.create_task(heard(live))
    live.tell(progress(3))
    live.end()
    assert await early == await late == await heard(live) == [progress(number) for number in range(4)]


async def test_a_failure_comes_after_the_events() -> None:
    live = EventLog()
    live.tell(progress(1))
    live.end(EngineFailed("it broke"))
    live.end()  # what is over stays as it ended
    follower = live.follow()
    assert await anext(follower) == progress(1)
    with pytest.raises(EngineFailed, match="it broke"):
        await anext(follower)


async def test_a_slow_follower_loses_nothing() -> None:
    live = EventLog()
    follower = live.follow()
    for number in range(5000):
        live.tell(progress(number))
    assert await anext(follower) == progress(0)
    live.end()
    assert len([event async for event in follower]) == 4999
