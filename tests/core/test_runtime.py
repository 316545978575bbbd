"""Promises of the runtime: a crash, a stall or a raise of an engine costs one request, and the next one is served."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import psutil
import pytest

from orstt_core.errors import EngineFailed, OptionUnsupported
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import EngineSpec, Finished, FromChild, Loaded, Recording, SegmentMessage, Work
from orstt_core.settings import Settings
from orstt_core.types import TranscribeOptions


def work(engine: str, recording: Path, **options: object) -> Work:
    spec = EngineSpec(
        model_type=engine.lower(), engine=f"troublesome:{engine}", model="any", device="cpu", compute_type="int8"
    )
    return Work(
        spec=spec,
        recording=Recording(path=recording, name=recording.name),
        options=TranscribeOptions(**options),
        settings=Settings(),
    )


@pytest.fixture
async def pool() -> AsyncIterator[EnginePool]:
    pool = EnginePool(max_loaded=1, keep_alive=300)
    yield pool
    await pool.close()


async def run(pool: EnginePool, task: Work) -> list[FromChild]:
    async with pool.lease(task.spec) as process, aclosing(process.run(task)) as messages:
        return [message async for message in messages]


async def until_a_segment(messages: AsyncIterator[FromChild]) -> AsyncIterator[FromChild]:
    async for message in messages:
        yield message
        if isinstance(message, SegmentMessage):
            return


def texts(messages: list[FromChild]) -> list[str]:
    return [message.event.segment.text for message in messages if isinstance(message, SegmentMessage)]


async def test_an_engine_works_in_a_process_of_its_own(pool: EnginePool, austen: Path) -> None:
    messages = await run(pool, work("Plain", austen))
    (text,) = texts(messages)
    assert int(text.split()[0]) != os.getpid()
    assert text.endswith(" samples")
    assert isinstance(messages[-1], Finished)


async def test_a_loaded_model_serves_the_next_request_too(pool: EnginePool, austen: Path) -> None:
    first, second = await run(pool, work("Plain", austen)), await run(pool, work("Plain", austen))
    assert texts(first) == texts(second)
    assert [message.seconds for message in second if isinstance(message, Loaded)] == [0.0]


async def test_what_a_library_prints_does_not_reach_the_pipe(pool: EnginePool, austen: Path) -> None:
    assert texts(await run(pool, work("Chatty", austen))) == ["said"]


async def test_what_an_engine_raises_is_named_and_the_process_goes_on(pool: EnginePool, austen: Path) -> None:
    task = work("Raising", austen)
    with pytest.raises(EngineFailed, match="KeyError: 'mel'"):
        await run(pool, task)
    async with pool.lease(task.spec) as process:
        assert process.alive


async def test_an_engine_that_aborts_costs_one_request(pool: EnginePool, austen: Path) -> None:
    with pytest.raises(EngineFailed, match=r"SIGABRT.*libcudnn_ops"):
        await run(pool, work("Aborting", austen))
    assert len(texts(await run(pool, work("Plain", austen)))) == 1


async def test_a_model_that_does_not_load_is_an_error_each_time(pool: EnginePool, austen: Path) -> None:
    for _ in range(2):
        with pytest.raises(EngineFailed, match=r"model\.bin is incomplete"):
            await run(pool, work("Unloadable", austen))


async def test_what_an_engine_does_not_declare_is_refused(pool: EnginePool, austen: Path) -> None:
    with pytest.raises(OptionUnsupported, match="word timestamps"):
        await run(pool, work("Plain", austen, word_timestamps=True))


@pytest.mark.parametrize("engine", ["Stalling", "Steady"])
async def test_cancelling_is_over_within_a_second_and_the_next_request_is_served(
    pool: EnginePool, austen: Path, engine: str
) -> None:
    task = work(engine, austen)
    began = 0.0
    async with pool.lease(task.spec) as process:
        async with aclosing(process.run(task)) as messages:
            async for _ in until_a_segment(messages):
                began = time.perf_counter()
        took = time.perf_counter() - began
    assert took < 1
    async with pool.lease(task.spec) as process, aclosing(process.run(task)) as messages:
        assert any([isinstance(message, SegmentMessage) async for message in until_a_segment(messages)])
    assert len(texts(await run(pool, work("Plain", austen)))) == 1


async def test_cancelling_the_task_leaves_no_process_working(pool: EnginePool, austen: Path) -> None:
    pids: list[int] = []

    async def follow() -> None:
        task = work("Stalling", austen)
        async with pool.lease(task.spec) as process, aclosing(process.run(task)) as messages:
            async for message in messages:
                if isinstance(message, SegmentMessage):
                    pids.append(process.pid)  # noqa: PERF401 - seen from outside while this still runs

    following = asyncio.create_task(follow())
    while not pids:
        await asyncio.sleep(0.01)
    following.cancel()
    with pytest.raises(asyncio.CancelledError):
        await following
    assert not psutil.pid_exists(pids[0]) or psutil.Process(pids[0]).status() == psutil.STATUS_ZOMBIE


async def test_a_file_in_the_current_folder_is_no_module_of_the_engine(
    pool: EnginePool, austen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise RuntimeError('shadowed')")
    monkeypatch.chdir(tmp_path)
    assert len(texts(await run(pool, work("Plain", austen)))) == 1


async def test_a_name_need_not_be_text(pool: EnginePool, austen: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.wav")
    path.write_bytes(austen.read_bytes())
    task = work("Plain", austen)
    task = msgspec.structs.replace(task, recording=Recording(path=path, name="recording"))
    assert len(texts(await run(pool, task))) == 1


async def test_requests_that_start_at_once_load_no_more_models_than_allowed(austen: Path) -> None:
    pool = EnginePool(max_loaded=2, keep_alive=300)
    for engine in ("Plain", "Chatty"):
        await run(pool, work(engine, austen))
    here = psutil.Process()
    async with pool.lease(work("Steady", austen).spec), pool.lease(work("Stalling", austen).spec):
        assert len([child for child in here.children() if "orstt_core.runtime.child" in child.cmdline()]) == 2
    await pool.close()


async def test_a_request_that_waits_while_the_program_stops_starts_no_process(austen: Path) -> None:
    pool = EnginePool(max_loaded=1, keep_alive=300)
    async with pool.lease(work("Plain", austen).spec):
        waiting = asyncio.create_task(run(pool, work("Chatty", austen)))
        await asyncio.sleep(0)
        await pool.close()
    with pytest.raises(EngineFailed, match="stopping"):
        await waiting
    assert not psutil.Process().children()


async def test_another_model_takes_the_place_of_the_idle_one(pool: EnginePool, austen: Path) -> None:
    (first,) = texts(await run(pool, work("Plain", austen)))
    await run(pool, work("Chatty", austen))
    assert not psutil.pid_exists(int(first.split()[0]))


async def test_concurrent_first_requests_load_the_model_once(pool: EnginePool, austen: Path) -> None:
    answers = await asyncio.gather(*(run(pool, work("Plain", austen)) for _ in range(5)))
    assert len({text for messages in answers for text in texts(messages)}) == 1


@pytest.mark.parametrize("keep_alive", [0, 0.2])
async def test_an_idle_model_is_closed_when_its_time_is_over(austen: Path, keep_alive: float) -> None:
    pool = EnginePool(max_loaded=1, keep_alive=keep_alive)
    (text,) = texts(await run(pool, work("Plain", austen)))
    pid = int(text.split()[0])
    async with asyncio.timeout(5):
        while psutil.pid_exists(pid):
            await asyncio.sleep(0.02)
    await pool.close()


async def test_the_child_ends_when_its_host_does(pool: EnginePool, austen: Path, tmp_path: Path) -> None:
    import subprocess
    import sys

    script = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from orstt_core.runtime.process import EngineProcess\n"
        "async def main():\n"
        "    process = await EngineProcess.start()\n"
        "    print(process.pid, flush=True)\n"
        "    os._exit(0)\n"
        "asyncio.run(main())\n"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, timeout=30).stdout
    deadline = time.monotonic() + 5
    while psutil.pid_exists(int(said)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(int(said))
