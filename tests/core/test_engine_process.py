"""Promises of the process that holds an engine, by itself: whoever has it hears of its end, and it of theirs."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest
import uvloop
from decoders import gone
from engine_work import Desk, until

from orstt_core.errors import EngineDied
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.protocol import LoadingMessage
from orstt_core.settings import Settings


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, Settings())


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
