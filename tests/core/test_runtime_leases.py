"""Promises of leases: a long recording lets others in and loses nothing, and engines serve as many as they can."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from counting import STEP, count_of
from engine_work import Desk, run, segments, spoken_work, texts, until

import orstt_core.runtime.lease as lease_module
from orstt_core.audio import decode
from orstt_core.errors import EngineDied
from orstt_core.runtime.lease import Displaced
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import (
    Cancelled,
    EngineSpec,
    Finished,
    Loaded,
    LoadingMessage,
    Paused,
    Resume,
    SegmentMessage,
    SoundFile,
    Work,
)
from orstt_core.types import Priority, TranscribeOptions

LONG = 25


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Tells the counting engine how to behave: 20 ms for each segment."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/pause").write_text("0.02")
    return tmp_path / "a"


class Clerk:
    """Has recordings transcribed as a pipeline does, and notes in which order their segments come."""

    def __init__(self, pool: EnginePool, desk: Desk) -> None:
        self.pool = pool
        self.desk = desk
        self.engine = "Counting"
        self.order: list[str] = []
        self.displaced = 0
        self.seconds = 0.0

    def work(self, folder: Path, seconds: int, resume: Resume | None = None) -> Work:
        path = self.desk.folder / f"count-{seconds}.f32"
        if not path.exists():  # others may be reading it
            np.repeat(np.arange(1, seconds + 1, dtype=np.float32) * np.float32(STEP), 16_000).tofile(path)
        return Work(
            spec=EngineSpec(
                model_type="counting",
                engine=f"counting:{self.engine}",
                model=str(folder),
                device="cpu",
                compute_type="int8",
            ),
            sound=SoundFile(path=path, samples=seconds * 16_000, warnings=[]),
            options=TranscribeOptions(),
            settings=self.desk.settings.for_engines,
            resume=resume,
        )

    async def transcribe(self, name: str, folder: Path, seconds: int, priority: Priority = "interactive") -> str:
        found: list[str] = []
        async with self.pool.lease(self.work(folder, seconds).spec, priority=priority) as lease:
            while len(found) < seconds:
                resume = Resume(
                    start=float(len(found)), next_id=len(found), language="en", language_probability=None, prompt=""
                )
                try:
                    async for message in lease.run(self.work(folder, seconds, resume if found else None)):
                        if isinstance(message, SegmentMessage):
                            self.order.append(name)
                            found.append(message.event.segment.text)
                            assert message.event.segment.id == len(found) - 1
                        elif isinstance(message, Finished):
                            self.seconds += message.seconds
                except Displaced as displaced:
                    self.displaced += 1
                    self.seconds += displaced.seconds
        return " ".join(found)

    async def begun(self, name: str) -> None:
        await until(lambda: name in self.order)


@pytest.fixture
def clerk(pool: EnginePool, desk: Desk) -> Clerk:
    return Clerk(pool, desk)


def asked(folder: Path) -> list[str]:
    """The first number of each call of the engine."""
    return (folder / "asked").read_text().split()


async def test_a_clip_does_not_wait_for_a_long_recording_which_goes_on_as_if_nothing_had_been(
    clerk: Clerk, folder: Path
) -> None:
    long = asyncio.create_task(clerk.transcribe("long", folder, LONG, "background"))
    await clerk.begun("long")
    for name in ("clip", "right after it"):  # when that one comes the long one has the engine, but did not go on yet
        assert await clerk.transcribe(name, folder, 3) == count_of(3)
        first = clerk.order.index(name)
        assert clerk.order[first : first + 3] == [name] * 3  # nothing of the other in between
    assert not long.done()
    assert await long == count_of(LONG)
    assert asked(folder) == ["1", "1", "1"]  # the long one was begun once
    assert clerk.displaced == 0


async def test_what_is_paused_as_soon_as_it_goes_on_does_one_more_segment(
    clerk: Clerk, pool: EnginePool, folder: Path
) -> None:
    work, rests = clerk.work(folder, LONG), 0
    async with asyncio.timeout(20), pool.lease(work.spec) as lease:
        process, stream = lease.process, lease.process.open()
        async for message in process.run(work, stream):
            if isinstance(message, Loaded):
                process.pause(stream)
            elif isinstance(message, Paused) and (rests := rests + 1) < 4:
                process.proceed(stream)
                process.pause(stream)  # it reads both at once
            elif isinstance(message, Paused):
                break


async def test_a_recording_for_which_nothing_could_be_kept_goes_on_where_it_was(
    clerk: Clerk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease_module, "MOST_PAUSED", 0)
    long = asyncio.create_task(clerk.transcribe("long", folder, LONG, "background"))
    await clerk.begun("long")
    assert await clerk.transcribe("clip", folder, 3) == count_of(3)
    assert await long == count_of(LONG)
    assert clerk.displaced == 1
    assert [int(number) > 1 for number in asked(folder)] == [False, False, True]
    assert clerk.seconds >= (LONG + 3) * 0.02  # what it took before it was displaced counts


async def test_no_more_recordings_are_kept_than_may_be_however_many_make_way_at_once(
    clerk: Clerk, folder: Path
) -> None:
    clerk.engine = "CountingTogether"
    names = [f"long {number}" for number in range(4)]
    await clerk.pool.load(clerk.work(folder, LONG).spec)
    longs = [asyncio.create_task(clerk.transcribe(name, folder, LONG, "background")) for name in names]
    for name in names:
        await clerk.begun(name)
    clips = [clerk.transcribe("clip", folder, 3) for _ in names]
    assert await asyncio.gather(*clips) == [count_of(3)] * 4
    assert await asyncio.gather(*longs) == [count_of(LONG)] * 4
    assert clerk.displaced == 4 - lease_module.MOST_PAUSED


async def test_what_is_cancelled_while_its_model_loads_computes_nothing(pool: EnginePool, desk: Desk) -> None:
    work = desk.work("SlowToLoadThinking", model="60")
    async with asyncio.timeout(30), pool.lease(work.spec) as lease:
        stream = lease.process.open()
        async for message in lease.process.run(work, stream):
            if isinstance(message, LoadingMessage):
                lease.process.cancel(stream)
            last = message
    assert isinstance(last, Cancelled)
    assert [engine.state for engine in pool.loaded()] == ["idle"]  # and the model stays


async def test_a_clip_for_another_model_does_not_wait_either(clerk: Clerk, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    long = asyncio.create_task(clerk.transcribe("long", folder, LONG, "background"))
    await clerk.begun("long")
    assert await clerk.transcribe("clip", tmp_path / "b", 3) == count_of(3)
    assert not long.done()
    assert await long == count_of(LONG)
    assert clerk.displaced == 1
    assert clerk.seconds >= LONG * 0.02


async def test_a_death_is_blamed_on_what_was_running_and_not_on_what_was_paused(clerk: Clerk, folder: Path) -> None:
    long = asyncio.create_task(clerk.transcribe("long", folder, LONG, "background"))
    await clerk.begun("long")
    async with clerk.pool.lease(clerk.work(folder, 3).spec) as lease:  # the long one is paused by now
        (folder / "always-die").touch()
        with pytest.raises(EngineDied, match="SIGABRT"):
            async for _ in lease.run(clerk.work(folder, 3)):
                pass
        (folder / "always-die").unlink()
    assert await long == count_of(LONG)  # it was not told of any death
    assert clerk.displaced == 1


async def test_cancelling_a_paused_recording_drops_it_and_keeps_the_engine(
    clerk: Clerk, pool: EnginePool, folder: Path
) -> None:
    long = asyncio.create_task(clerk.transcribe("long", folder, LONG, "background"))
    await clerk.begun("long")
    (engine,) = pool.loaded()
    async with pool.lease(clerk.work(folder, 3).spec) as lease:
        process = lease.process
        assert process.paused == 1
        long.cancel()
        await asyncio.wait({long})
        await until(lambda: process.paused == 0)
        assert len(texts([message async for message in lease.run(clerk.work(folder, 3))])) == 3
    (left,) = pool.loaded()
    assert (left.pid, left.state, left.using) == (engine.pid, "idle", 0)


@pytest.mark.slow
async def test_many_recordings_of_all_kinds_at_once_are_each_right(clerk: Clerk, folder: Path, tmp_path: Path) -> None:
    (folder / "pause").write_text("0.002")
    (tmp_path / "b").mkdir()
    folders = [folder, tmp_path / "b"]
    kinds: list[Priority] = ["background", "interactive"]
    async with asyncio.timeout(100):
        jobs = [
            clerk.transcribe(f"{number}", folders[number % 3 % 2], 5 + number, kinds[number % 2]) for number in range(8)
        ]
        assert await asyncio.gather(*jobs) == [count_of(5 + number) for number in range(8)]
    assert all(engine.using == 0 for engine in clerk.pool.loaded())


async def test_an_engine_with_capacity_serves_clips_beside_each_other(pool: EnginePool, desk: Desk) -> None:
    # Each of them waits until four are at work: one after the other none would ever end.
    work = desk.work("Roomy")
    answers = await asyncio.gather(*(run(pool, work) for _ in range(8)))
    assert [texts(messages) for messages in answers] == [["together"]] * 8
    assert sum(message.seconds > 0 for messages in answers for message in messages if isinstance(message, Loaded)) == 1
    (engine,) = pool.loaded()
    assert (engine.state, engine.using) == ("idle", 0)


async def test_one_that_is_cancelled_does_not_end_the_others_of_its_engine(pool: EnginePool, desk: Desk) -> None:
    work = desk.work("Roomy")
    await pool.load(work.spec)
    stuck = asyncio.create_task(run(pool, work))
    await until(lambda: [engine.state for engine in pool.loaded()] == ["busy"])
    others = [asyncio.create_task(run(pool, work)) for _ in range(2)]
    await asyncio.sleep(0.1)
    stuck.cancel()  # it hears of nothing until a fourth one comes
    await asyncio.wait({stuck})
    # Only four in one process answer together: it was not ended, and the one that left still counts there.
    assert texts(await run(pool, work)) == ["together"]
    assert [texts(messages) for messages in await asyncio.gather(*others)] == [["together"]] * 2


async def test_a_death_is_one_death_however_many_were_served(pool: EnginePool, desk: Desk) -> None:
    mood = desk.folder / "mood"
    mood.touch()
    work, deadly = desk.work("Roomy", model=str(mood)), desk.work("Roomy", model=str(mood), sound=desk.sound(0.5))
    await pool.load(work.spec)
    errors = await asyncio.gather(*(run(pool, each) for each in (work, work, work, deadly)), return_exceptions=True)
    assert [type(error) for error in errors] == [EngineDied] * 4
    mood.unlink()
    answers = await asyncio.gather(*(run(pool, work) for _ in range(4)))  # it was not suspended
    assert [texts(messages) for messages in answers] == [["together"]] * 4


@pytest.mark.slow
@pytest.mark.models
async def test_real_speech_is_the_same_to_the_letter_whether_others_were_let_in_or_not(
    pool: EnginePool, desk: Desk
) -> None:
    speech = decode(Path(__file__).parent.parent / "data/austen.wav", max_seconds=60).samples
    np.tile(speech, 3).tofile(desk.folder / "long.f32")
    speech[:48_000].tofile(desk.folder / "clip.f32")

    def work(name: str) -> Work:
        return spoken_work(desk, name, language="en", logprobs=True, word_timestamps=True, temperature=(0.0,))

    alone, clip = segments(await run(pool, work("long"))), segments(await run(pool, work("clip")))
    between = []
    async with pool.lease(work("long").spec, priority="background") as lease:
        async for message in lease.run(work("long")):
            if not isinstance(message, SegmentMessage):
                continue
            between.append(message.event.segment)
            if len(between) == 1:
                other = asyncio.create_task(run(pool, work("clip")))
    assert segments(await other) == clip
    assert between == alone
    assert len(between) > 1
    assert all(segment.logprobs for segment in between)
