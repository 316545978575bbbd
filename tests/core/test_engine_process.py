"""Promises of the process that holds an engine, by itself: whoever has it hears of its end, and it of theirs."""

import asyncio
import errno
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from typing import Any, cast
from unittest.mock import AsyncMock, Mock

import pytest
import uvloop
from decoders import gone
from engine_work import Desk, until

from orstt_core.errors import Busy, EngineDied
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.probe import describe_engines, forget_engines
from orstt_core.runtime.protocol import LoadingMessage


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


@pytest.mark.parametrize("run_loop", [asyncio.run, uvloop.run])
def test_a_process_that_is_gone_is_one_and_the_same_error_however_that_shows(
    run_loop: Callable[[Coroutine[Any, Any, None]], None], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.runtime.child_process.EXIT_SECONDS", 0.2)
    long = desk.work("Plain", initial_prompt="more than a pipe holds " * 50_000)

    async def ask_the_dead(process: EngineProcess, why: str) -> None:
        with pytest.raises(EngineDied, match=why):
            async for _ in process.run(long):
                pass
        for tell in (process.pause, process.proceed, process.cancel):
            tell(process.open())
        assert not process.alive

    async def killed(process: EngineProcess) -> None:
        process.kill("was ended by this test")
        for _ in range(3):  # into a pipe that breaks, that is broken, and that is closed
            await ask_the_dead(process, "was ended by this test")
            pipe(process, 0).close()

    async def deaf_or_dumb(process: EngineProcess) -> None:
        pipe(process, 1).close()
        await ask_the_dead(process, "closed its end|SIGPIPE")

    async def ended(process: EngineProcess) -> None:
        process._stdin.write_eof()
        await ask_the_dead(process, "closed its end|ended with status 0")

    async def meet_each() -> None:
        for meet in (killed, deaf_or_dumb, ended):
            process = await EngineProcess.start()
            await meet(process)
            await process.close()

    run_loop(meet_each())


def pipe(process: EngineProcess, number: int) -> Any:
    return cast("Any", process._process)._transport.get_pipe_transport(number)


async def test_a_system_without_threads_or_processes_to_spare_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    for failure in (RuntimeError("can't start new thread"), BlockingIOError(errno.EAGAIN, "none left")):
        start = AsyncMock(side_effect=failure)
        monkeypatch.setattr(asyncio, "create_subprocess_exec", start)
        with pytest.raises(Busy, match="cannot be started"):
            await EngineProcess.start()
    forget_engines()
    monkeypatch.setattr(subprocess, "run", Mock(side_effect=BlockingIOError(errno.EAGAIN, "none left")))
    with pytest.raises(Busy, match="cannot be started: none left"):
        describe_engines()


NO_FILES = """
import asyncio, os, resource, uvloop
from orstt_core.errors import Busy
from orstt_core.runtime.child_process import cannot_start

resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
async def start(free):
    held = []
    try:
        while True: held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError: pass
    for file in held[:free]: os.close(file)
    try: await asyncio.create_subprocess_exec("/bin/true", stdin=-1, stdout=-1, stderr=-1)
    except OSError as error: return cannot_start("The engine", error)
    finally:
        for file in held[free:]: os.close(file)
for run in (uvloop.run, asyncio.run):
    refusals = [run(start(free)) for free in (1, 2, 3)]
    assert all(isinstance(refusal, Busy) for refusal in refusals), refusals
    assert {refusal.message for refusal in refusals} == {"The engine cannot be started: Too many open files."}, refusals
"""


def test_a_process_without_open_files_to_spare_is_busy_on_either_loop() -> None:
    done = subprocess.run([sys.executable, "-c", NO_FILES], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


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
    await until(lambda: gone(int(said)))
