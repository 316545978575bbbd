"""Promises of the runtime: a crash, a stall or a raise of an engine costs one request, and the next one is served."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import msgspec
import psutil
import pytest
import uvloop
from engine_work import Desk, run, spec, texts, until, until_a_segment

from orstt_core.errors import EngineDied, EngineFailed, FileProblem, OptionUnsupported
from orstt_core.runtime.engine_child import NICENESS
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import Finished, Loaded, LoadingMessage, SegmentMessage, SoundFile
from orstt_core.settings import Settings

SECRET_VARIABLES = {"ORSTT_API_KEY", "ORSTT_API_KEY_FILE", "ORSTT_DATABASE_URL", "ORSTT_DATABASE_URL_FILE"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Settings())


@pytest.fixture
async def pool(desk: Desk) -> AsyncIterator[EnginePool]:
    pool = desk.pool()
    yield pool
    await pool.close()
    assert not psutil.Process().children()


def expect_words_soon(pool: EnginePool) -> None:
    """From now on half a second without a word counts as hung."""
    for slot in pool._slots.values():
        if slot.process:
            slot.process.silence = 0.5


async def test_an_engine_works_in_a_process_of_its_own(pool: EnginePool, desk: Desk) -> None:
    messages = await run(pool, desk.work("Plain"))
    (text,) = texts(messages)
    assert int(text.split()[0]) != os.getpid()
    assert text.endswith("heard 16000 samples")
    assert isinstance(messages[-1], Finished)


async def test_a_loaded_model_serves_the_next_request_too(pool: EnginePool, desk: Desk) -> None:
    first, second = await run(pool, desk.work("SlowToLoad")), await run(pool, desk.work("SlowToLoad"))
    assert texts(first) == texts(second)
    assert [message.seconds > 0.3 for message in first if isinstance(message, Loaded)] == [True]
    assert [message.seconds for message in second if isinstance(message, Loaded)] == [0.0]


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


async def test_an_engine_that_is_ended_when_it_has_just_died_says_what_it_died_of(desk: Desk) -> None:
    process = await EngineProcess.start()
    async with aclosing(process.run(desk.work("Aborting"))) as messages:
        assert isinstance(await anext(messages), LoadingMessage)
        while process.memory:
            time.sleep(0.01)  # the event loop is not to hear of it yet
        process.kill()
        with pytest.raises(EngineDied, match="SIGABRT"):
            _ = [message async for message in messages]
    await process.close()


async def test_a_helper_that_a_dead_engine_left_holds_nothing_up(pool: EnginePool, desk: Desk) -> None:
    with pytest.raises(EngineDied, match="SIGKILL") as died:
        await run(pool, desk.work("Parental"))
    os.kill(int(str(died.value).split("helper ")[1].split(")")[0]), signal.SIGKILL)
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


async def test_an_engine_that_says_nothing_for_too_long_is_ended(pool: EnginePool, desk: Desk) -> None:
    await pool.load(spec("Stalling"))
    expect_words_soon(pool)
    with pytest.raises(EngineDied, match=r"said nothing for [0-9.]+ seconds"):
        await run(pool, desk.work("Stalling"))
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


async def test_an_engine_that_works_without_a_word_is_given_longer_but_not_for_ever(
    pool: EnginePool, desk: Desk
) -> None:
    for kind, seconds in (("Thinking", "1.5"), ("Thinking", "60")):
        await pool.load(spec(kind, seconds))
        expect_words_soon(pool)
        if seconds == "60":
            with pytest.raises(EngineDied, match="said nothing for 3 seconds"):
                await run(pool, desk.work(kind, model=seconds))
        else:
            assert texts(await run(pool, desk.work(kind, model=seconds))) == ["thought"]


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


async def test_an_engine_leaves_no_core_file_and_goes_before_its_host_when_memory_runs_out(
    pool: EnginePool, desk: Desk
) -> None:
    await run(pool, desk.work("Plain"))
    of_child = Path(f"/proc/{pool.loaded()[0].pid}")
    [cores] = [line for line in (of_child / "limits").read_text().splitlines() if "core file" in line]
    assert cores.split()[4:6] == ["0", "0"]
    assert int((of_child / "oom_score_adj").read_text()) > int(Path("/proc/self/oom_score_adj").read_text())


async def test_an_engine_that_says_nonsense_or_announces_an_endless_message_is_ended(
    pool: EnginePool, desk: Desk
) -> None:
    for model in ("\0\0\0\x05\0\0\0\1never", "\x7f\xff\xff\xff\0\0\0\1"):
        with pytest.raises(EngineDied, match="makes no sense"):
            await run(pool, desk.work("Babbling", model=model))


async def test_an_engine_that_goes_on_saying_something_is_not_ended(pool: EnginePool, desk: Desk) -> None:
    await pool.load(spec("Steady"))
    expect_words_soon(pool)
    count = 0
    began = time.perf_counter()
    async with pool.lease(spec("Steady")) as process, aclosing(process.run(desk.work("Steady"))) as messages:
        async for message in messages:
            count += isinstance(message, SegmentMessage)
            if count == 50:
                break
    assert time.perf_counter() - began > 0.5


async def test_a_stopped_engine_is_ended(pool: EnginePool, desk: Desk) -> None:
    await run(pool, desk.work("Plain"))
    expect_words_soon(pool)
    os.kill(pool.loaded()[0].pid, signal.SIGSTOP)
    with pytest.raises(EngineDied, match="said nothing"):
        await run(pool, desk.work("Plain"))
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


async def test_a_stopped_engine_is_ended_before_it_has_read_what_it_is_asked(pool: EnginePool, desk: Desk) -> None:
    await pool.load(spec("Prompted"))
    expect_words_soon(pool)
    os.kill(pool.loaded()[0].pid, signal.SIGSTOP)
    with pytest.raises(EngineDied, match="said nothing"):
        await run(pool, desk.work("Prompted", initial_prompt="more than a pipe holds " * 50_000))


async def test_an_engine_that_outgrows_its_memory_is_ended_and_says_which_setting_allows_more(desk: Desk) -> None:
    desk.settings = msgspec.structs.replace(desk.settings, max_engine_mb=400)
    pool = desk.pool()
    with pytest.raises(EngineDied, match=r"outgrew 400 MiB.*max_engine_mb"):
        await run(pool, desk.work("Hoarding"))
    assert len(texts(await run(pool, desk.work("Plain")))) == 1
    await pool.close()


async def test_a_model_that_does_not_load_is_an_error_each_time(pool: EnginePool, desk: Desk) -> None:
    for _ in range(2):
        with pytest.raises(EngineFailed, match=r"model\.bin is incomplete"):
            await run(pool, desk.work("Unloadable"))
        assert pool.loaded() == []


async def test_what_an_engine_does_not_declare_is_refused(pool: EnginePool, desk: Desk) -> None:
    with pytest.raises(OptionUnsupported, match="word timestamps"):
        await run(pool, desk.work("Plain", word_timestamps=True))


@pytest.mark.parametrize("engine", ["Stalling", "Steady", "Flooding"])
async def test_cancelling_is_over_at_once_and_the_next_request_is_served(
    pool: EnginePool, desk: Desk, engine: str
) -> None:
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


async def test_a_file_in_the_current_folder_is_no_module_of_the_engine(
    pool: EnginePool, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise RuntimeError('shadowed')")
    monkeypatch.chdir(tmp_path)
    assert len(texts(await run(pool, desk.work("Plain")))) == 1


async def test_a_name_need_not_be_text(pool: EnginePool, desk: Desk) -> None:
    name = os.fsdecode(b"\xff")
    assert len(texts(await run(pool, desk.work("Plain", sound=desk.sound(name=name))))) == 1


async def test_sound_that_is_gone_or_cut_is_an_error_and_not_the_end_of_the_engine(
    pool: EnginePool, desk: Desk
) -> None:
    await run(pool, desk.work("Plain"))
    pid = pool.loaded()[0].pid
    sound = desk.sound(name=os.fsdecode(b"\xfe"))
    sound.path.write_bytes(b"short")
    for gone in (False, True):
        if gone:
            sound.path.unlink()
        with pytest.raises(FileProblem, match="decoded sound") as told:
            await run(pool, desk.work("Plain", sound=sound))
        assert str(desk.folder) not in str(told.value)  # clients see it
    assert pool.loaded()[0].pid == pid


async def test_no_sound_at_all_is_passed_on_as_such(pool: EnginePool, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    nothing = SoundFile(path=tmp_path / "empty", samples=0, warnings=[])
    (text,) = texts(await run(pool, desk.work("Plain", sound=nothing)))
    assert text.endswith("heard 0 samples")


async def test_a_long_recording_does_not_pile_up_in_the_engines_memory(pool: EnginePool, desk: Desk) -> None:
    hour = desk.sound(3600)  # 220 MiB
    resident = [int(text) for text in texts(await run(pool, desk.work("Touching", sound=hour)))]
    assert len(resident) == 60
    assert max(resident) - min(resident) < 40


async def test_engines_work_at_a_lower_priority_than_the_host(pool: EnginePool, desk: Desk) -> None:
    await run(pool, desk.work("Plain"))
    lowest = 19
    assert psutil.Process(pool.loaded()[0].pid).nice() == min(psutil.Process().nice() + NICENESS, lowest)


@pytest.mark.parametrize("run_loop", [asyncio.run, uvloop.run])
def test_a_process_that_is_gone_is_one_and_the_same_error_however_its_pipe_says_so(
    run_loop: Callable[[Coroutine[Any, Any, None]], None], desk: Desk
) -> None:
    async def ask_the_dead() -> None:
        process = await EngineProcess.start()
        process.kill("was ended by this test")
        for _ in range(3):  # into a pipe that breaks, that is broken, and that is closed
            with pytest.raises(EngineDied, match="was ended by this test"):
                async for _ in process.run(desk.work("Plain", initial_prompt="more than a pipe holds " * 50_000)):
                    pass
            cast("Any", process._process)._transport.get_pipe_transport(0).close()
        await process.close()

    run_loop(ask_the_dead())


async def test_an_engine_does_not_inherit_the_secrets(
    pool: EnginePool, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRET_VARIABLES:
        monkeypatch.setenv(name, "open sesame")
    monkeypatch.setenv("ORSTT_LOG_LEVEL", "error")
    await run(pool, desk.work("Plain"))
    inherited = psutil.Process(pool.loaded()[0].pid).environ()
    assert not SECRET_VARIABLES & inherited.keys()
    assert inherited["ORSTT_LOG_LEVEL"] == "error"


async def test_the_child_ends_when_its_host_does() -> None:
    script = (
        "import asyncio, os, sys\n"
        "from orstt_core.runtime.engine_process import EngineProcess\n"
        "async def main():\n"
        "    process = await EngineProcess.start()\n"
        "    print(process.pid, flush=True)\n"
        "    os._exit(0)\n"
        "asyncio.run(main())\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=30).stdout
    await until(lambda: not psutil.pid_exists(int(said)))


async def test_a_system_that_starts_no_process_is_an_error_for_people(
    pool: EnginePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineFailed, match="cannot be started"):
        async with pool.lease(spec("Plain")):
            pass
