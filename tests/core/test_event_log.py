"""Promises of a job's log: every follower gets every event in order, however late it comes."""

import asyncio

import pytest

from orstt_core.errors import EngineFailed
from orstt_core.jobs.event_log import EventLog
from orstt_core.types import Progress, TranscribeEvent


def progress(position: float) -> Progress:
    return Progress(position=position, duration=9.0)


async def heard(log: EventLog) -> list[TranscribeEvent]:
    events: list[TranscribeEvent] = []
    while more := await log.after(len(events)):
        events += more
    return events


async def test_whoever_comes_late_gets_everything() -> None:
    log = EventLog()
    early = asyncio.create_task(heard(log))
    for number in range(3):
        log.add(progress(number))
        await asyncio.sleep(0)
    late = asyncio.create_task(heard(log))
    log.add(progress(3))
    log.end()
    assert await early == await late == await heard(log) == [progress(number) for number in range(4)]


async def test_a_failure_comes_after_the_events() -> None:
    log = EventLog()
    log.add(progress(1))
    log.end(EngineFailed("it broke"))
    log.end()  # what is over stays as it ended
    assert await log.after(0) == [progress(1)]
    with pytest.raises(EngineFailed, match="it broke"):
        await log.after(1)


async def test_a_slow_follower_loses_nothing() -> None:
    log = EventLog()
    for number in range(5000):
        log.add(progress(number))
    log.end()
    assert len(await heard(log)) == 5000
