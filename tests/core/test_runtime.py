"""Promises of the runtime: a crash, a stall or a raise of an engine costs one request, and the next one is served."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from engine_work import Desk, run, segments, spec, texts, until, until_a_segment

from orstt_core.errors import EngineDied, EngineFailed, FileProblem, OptionUnsupported
from orstt_core.runtime import engine_process
from orstt_core.runtime.engine_child import NICENESS
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import EngineSpec, Finished, Loaded, SegmentMessage, SoundFile
from orstt_core.settings import Settings

SECRET_VARIABLES = {"ORSTT_API_KEY", "ORSTT_API_KEY_FILE", "ORSTT_DATABASE_URL", "ORSTT_DATABASE_URL_FILE"}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"), Settings(max_loaded=4))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pool(desk: Desk) -> AsyncIterator[EnginePool]:
    """A pool for all tests; what they say afterwards to `Plain` shows what the next request finds."""
    pool = desk.pool()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine_process, "LONGEST_GRACE", 1.0)
        await pool.load(spec("Plain"))
        yield pool
        await pool.close()
    assert not psutil.Process().children()


async def expect_words_soon(pool: EnginePool, which: EngineSpec) -> None:
    """Load a model for which half a second without a word counts as hung."""
    await pool.load(which)
    [process] = [slot.process for slot in pool._slots.values() if slot.spec == which]
    assert process
    process.silence = 0.5


async def test_an_engine_works_in_a_process_of_its_own_below_the_host_which_leaves_no_core_file(
    pool: EnginePool, desk: Desk
) -> None:
    messages = await run(pool, desk.work("Plain"))
    [text] = texts(messages)
    child = int(text.split()[0])
    assert child != os.getpid()
    assert text.endswith("heard 16000 samples")
    assert isinstance(messages[-1], Finished)
    lowest = 19
    assert psutil.Process(child).nice() == min(psutil.Process().nice() + NICENESS, lowest)
    [cores] = [line for line in Path(f"/proc/{child}/limits").read_text().splitlines() if "core file" in line]
    assert cores.split()[4:6] == ["0", "0"]
    # It goes before its host when memory runs out.
    host = int(Path("/proc/self/oom_score_adj").read_text())
    assert int(Path(f"/proc/{child}/oom_score_adj").read_text()) > host


async def test_a_loaded_model_serves_the_next_request_too(pool: EnginePool, desk: Desk) -> None:
    first, second = await run(pool, desk.work("SlowToLoad")), await run(pool, desk.work("SlowToLoad"))
    assert texts(first) == texts(second)
    assert [message.seconds > 0.3 for message in first if isinstance(message, Loaded)] == [True]
    assert [message.seconds for message in second if isinstance(message, Loaded)] == [0.0]


async def test_what_nobody_can_say_in_its_time_is_left_out_and_counted(pool: EnginePool, desk: Desk) -> None:
    messages = await run(pool, desk.work("Inventive"))
    assert [(segment.id, segment.text) for segment in segments(messages)] == [(0, "No, no.")]
    assert [message.invented for message in messages if isinstance(message, SegmentMessage | Finished)] == [1, 0]
    assert texts(await run(pool, desk.work("Inventive", sound=desk.sound(0.1)))) == ["No, no."]


async def test_what_a_library_prints_does_not_reach_the_pipe(pool: EnginePool, desk: Desk) -> None:
    assert texts(await run(pool, desk.work("Chatty"))) == ["said"]


async def test_what_an_engine_raises_is_named_and_the_process_goes_on(pool: EnginePool, desk: Desk) -> None:
    task = desk.work("Raising")
    pids = set()
    for _ in range(2):
        async with pool.lease(task.spec) as process:
            pids.add(process.pid)
            with pytest.raises(EngineFailed, match="KeyError: 'mel'"):
                async for _ in process.run(task):
                    pass
    assert len(pids) == 1


async def test_an_engine_that_aborts_costs_one_request(pool: EnginePool, desk: Desk) -> None:
    with pytest.raises(EngineDied, match=r"SIGABRT.*libcudnn_ops"):
        await run(pool, desk.work("Aborting"))
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


async def test_a_helper_that_a_dead_engine_left_holds_nothing_up(pool: EnginePool, desk: Desk) -> None:
    with pytest.raises(EngineDied, match="SIGKILL") as died:
        await run(pool, desk.work("Parental"))
    os.kill(int(str(died.value).split("helper ")[1].split(")")[0]), signal.SIGKILL)
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


async def test_an_engine_that_says_nothing_for_too_long_is_ended(pool: EnginePool, desk: Desk) -> None:
    await expect_words_soon(pool, spec("Stalling"))
    with pytest.raises(EngineDied, match=r"said nothing for [0-9.]+ seconds"):
        await run(pool, desk.work("Stalling"))
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


@pytest.mark.slow
async def test_an_engine_that_works_without_a_word_is_given_longer_but_not_for_ever(
    pool: EnginePool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.runtime.engine_process.LONGEST_SILENCE", 4)
    await expect_words_soon(pool, spec("Thinking", "0.8"))
    assert texts(await run(pool, desk.work("Thinking", model="0.8"))) == ["thought"]
    await expect_words_soon(pool, spec("Thinking", "60"))
    with pytest.raises(EngineDied, match="said nothing for 2 seconds"):
        await run(pool, desk.work("Thinking", model="60"))


async def test_what_an_engine_started_ends_with_it(pool: EnginePool, desk: Desk) -> None:
    [started] = texts(await run(pool, desk.work("Delegating")))
    assert psutil.pid_exists(int(started))
    await pool.unload(spec("Delegating"))
    await until(lambda: not psutil.pid_exists(int(started)) or psutil.Process(int(started)).status() == "zombie")


async def test_what_an_engine_started_ends_with_it_also_where_it_dies_by_itself(pool: EnginePool, desk: Desk) -> None:
    with pytest.raises(EngineDied, match="SIGABRT") as died:
        await run(pool, desk.work("DelegatingAborting"))
    started = int(str(died.value).split("started ")[1].split(")")[0])
    await until(lambda: not psutil.pid_exists(started) or psutil.Process(started).status() == "zombie")


async def test_an_engine_that_says_nonsense_or_announces_an_endless_message_is_ended(
    pool: EnginePool, desk: Desk
) -> None:
    for model in ("\0\0\0\x05\0\0\0\1never", "\x7f\xff\xff\xff\0\0\0\1"):
        with pytest.raises(EngineDied, match="makes no sense"):
            await run(pool, desk.work("Babbling", model=model))


async def test_an_engine_that_goes_on_saying_something_is_not_ended(pool: EnginePool, desk: Desk) -> None:
    await expect_words_soon(pool, spec("Steady"))
    count = 0
    began = time.perf_counter()
    async with pool.lease(spec("Steady")) as process, aclosing(process.run(desk.work("Steady"))) as messages:
        async for message in messages:
            count += isinstance(message, SegmentMessage)
            if count == 35:
                break
    assert time.perf_counter() - began > 0.5
    await pool.unload(spec("Steady"))


@pytest.mark.parametrize("prompt", ["", "more than a pipe holds " * 50_000], ids=["at work", "before it has read"])
async def test_a_stopped_engine_is_ended_whether_it_has_read_what_it_is_asked_or_not(
    pool: EnginePool, desk: Desk, prompt: str
) -> None:
    await expect_words_soon(pool, spec("Prompted"))
    [stopped] = [engine for engine in pool.loaded() if engine.spec == spec("Prompted")]
    assert stopped.pid
    os.kill(stopped.pid, signal.SIGSTOP)
    with pytest.raises(EngineDied, match="said nothing"):
        await run(pool, desk.work("Prompted", initial_prompt=prompt))
    assert len(texts(await run(pool, desk.work("Prompted")))) == 1


async def test_an_engine_that_outgrows_its_memory_is_ended_and_says_which_setting_allows_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.runtime.memory_watch.WATCH_SECONDS", 0.05)
    pool = Desk(desk.folder, Settings(max_engine_mb=250)).pool()
    with pytest.raises(EngineDied, match=r"outgrew 250 MiB.*max_engine_mb"):
        await run(pool, desk.work("Hoarding"))
    assert len(texts(await run(pool, desk.work("Plain")))) == 1
    await pool.close()


async def test_a_model_that_does_not_load_is_an_error_each_time(pool: EnginePool, desk: Desk) -> None:
    for _ in range(2):
        with pytest.raises(EngineFailed, match=r"model\.bin is incomplete"):
            await run(pool, desk.work("Unloadable"))
        assert "unloadable" not in [engine.spec.model_type for engine in pool.loaded()]


async def test_what_an_engine_does_not_declare_is_refused(pool: EnginePool, desk: Desk) -> None:
    with pytest.raises(OptionUnsupported, match="word timestamps"):
        await run(pool, desk.work("Plain", word_timestamps=True))


@pytest.mark.parametrize("engine", ["Stalling", "Steady", "Flooding"])
async def test_cancelling_is_over_at_once_and_the_next_request_is_served(
    pool: EnginePool, desk: Desk, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    if engine == "Stalling":  # it is killed
        monkeypatch.setattr("orstt_core.runtime.engine_process.CANCEL_SECONDS", 0.1)
    task = desk.work(engine)
    for _ in range(3):
        async with pool.lease(task.spec) as process:
            async with aclosing(process.run(task)) as messages:
                async for _ in until_a_segment(messages):
                    began = time.perf_counter()
            assert time.perf_counter() - began < 20
    # Three in a row, by killing where it stalls, are no deaths: the model was not suspended.
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


async def test_cancelling_the_task_leaves_no_process_working(pool: EnginePool, desk: Desk) -> None:
    pids: list[int] = []

    async def follow() -> None:
        task = desk.work("Stalling")
        async with pool.lease(task.spec) as process, aclosing(process.run(task)) as messages:
            async for message in messages:
                if isinstance(message, SegmentMessage):
                    pids.append(process.pid)  # noqa: PERF401 - seen from outside while this still runs

    following = asyncio.create_task(follow())
    await until(lambda: bool(pids))
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    await until(lambda: not psutil.pid_exists(pids[0]))


async def test_a_request_that_is_left_in_the_middle_leaves_nothing_for_the_next_one(
    pool: EnginePool, desk: Desk
) -> None:
    task = desk.work("Steady")
    async with pool.lease(task.spec) as process:
        left = process.run(task)
        await anext(left)
    async with pool.lease(task.spec) as process, aclosing(process.run(task)) as messages:
        first = [message async for message in until_a_segment(messages)][-1]
    assert isinstance(first, SegmentMessage)
    assert first.event.segment.id == 0
    await left.aclose()


async def test_sound_may_be_empty_and_its_name_no_text(pool: EnginePool, desk: Desk) -> None:
    path = desk.folder / os.fsdecode(b"empty \xff")
    path.touch()
    messages = await run(pool, desk.work("Plain", sound=SoundFile(path=path, samples=0, warnings=[])))
    assert isinstance(messages[-1], Finished)
    assert (texts(messages), messages[-1].invented) == ([], 1)


async def test_sound_that_is_gone_or_cut_is_an_error_and_not_the_end_of_the_engine(
    pool: EnginePool, desk: Desk
) -> None:
    before = texts(await run(pool, desk.work("Plain")))
    sound = desk.sound(name=os.fsdecode(b"\xfe"))
    sound.path.write_bytes(b"short")
    for removed in (False, True):
        if removed:
            sound.path.unlink()
        with pytest.raises(FileProblem, match="decoded sound") as told:
            await run(pool, desk.work("Plain", sound=sound))
        assert str(desk.folder) not in str(told.value)  # clients see it
    assert texts(await run(pool, desk.work("Plain"))) == before


async def test_a_long_recording_does_not_pile_up_in_the_engines_memory(pool: EnginePool, desk: Desk) -> None:
    long = desk.sound(1500)  # 92 MiB
    resident = [int(text) for text in texts(await run(pool, desk.work("Touching", sound=long)))]
    assert len(resident) == 25
    assert max(resident) - min(resident) < 40


async def test_an_engine_gets_neither_the_secrets_nor_modules_from_the_current_folder(
    pool: EnginePool, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, "open sesame")
    monkeypatch.setenv("ORSTT_LOG_LEVEL", "error")
    (tmp_path / "random.py").write_text("raise RuntimeError('shadowed')")
    monkeypatch.chdir(tmp_path)
    [text] = texts(await run(pool, desk.work("Plain", model="begun here")))
    inherited = psutil.Process(int(text.split()[0])).environ()
    assert not SECRET_VARIABLES & inherited.keys()
    assert inherited["ORSTT_LOG_LEVEL"] == "error"


async def test_a_system_that_starts_no_process_is_an_error_for_people(
    pool: EnginePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineFailed, match="cannot be started"):
        async with pool.lease(spec("Plain", "never begun")):
            pass
