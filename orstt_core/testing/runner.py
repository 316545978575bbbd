"""Make checks of an engine, in child processes as the program runs engines, and report what became of them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path

import msgspec
from msgspec.structs import replace

from orstt_core.engines import registry
from orstt_core.engines.sentence import LANGUAGE
from orstt_core.errors import EngineDied, InvalidRequest
from orstt_core.runtime.child_process import ChildProcess
from orstt_core.settings import load_settings
from orstt_core.testing.checks import CHECKS
from orstt_core.testing.report import Report, Result
from orstt_core.testing.subject import Configuration
from orstt_core.testing.work import CheckWork
from orstt_core.types.options import OptionValue

CHECK_SECONDS = 600.0
"""After so long a check is given up, as one that failed: a slow engine transcribes four minutes of speech in one."""
NO_OTHER = "The engine breaks a promise that all others rest on."


def check(
    engine_type: str,
    model: str,
    *,
    device: str = "cpu",
    compute_type: str = "",
    options: Mapping[str, OptionValue] | None = None,
    audio: tuple[str | Path, str] | None = None,
    only: Iterable[str] = (),
    on_result: Callable[[Result], None] = lambda _: None,
) -> Report:
    """Put an engine with one model to the checks; must not be called from an event loop.

    Args:
        engine_type: the engine's name, as in `STTFactory`, or `module:Class` of one that has none yet. Its class must
            stand at the top level of a module that can be imported.
        model: the weights, as the engine's `model_name`.
        device: `cpu` or `cuda`.
        compute_type: empty: int8 where the engine has it, else the first that it has.
        options: those of the engine.
        audio: a recording of a few seconds of speech, and its language; None: an English sentence of OR-STT's own.
        only: names of checks; empty: all.
        on_result: called after each check.

    Raises:
        EngineUnknown: no engine has that name.
        InvalidRequest: there is no such check.
    """
    names = list(only) or list(CHECKS)
    _refuse_unknown(names)
    path, language = audio or ("", LANGUAGE)
    name, location = _located(engine_type)
    settings = load_settings().for_engines  # the child's environment has no credentials
    is_listed = ":" not in engine_type
    configuration = Configuration(
        model_type=name,
        engine=location,
        model=model,
        device=device,
        compute_type=compute_type,
        options=dict(options or {}),
        language=language,
        audio=str(Path(path).absolute()) if path else "",
        settings=registry.with_own_credentials(settings, name) if is_listed else replace(settings, credentials={}),
    )
    results = asyncio.run(_collected(configuration, names, on_result))
    return Report(subject=f"{engine_type} {model} on {device}", results=results)


def _refuse_unknown(names: Iterable[str]) -> None:
    for name in names:
        if name not in CHECKS:
            raise InvalidRequest(f"There is no check called {name!r}.", hint=f"Checks are: {', '.join(CHECKS)}.")


def _located(engine_type: str) -> tuple[str, str]:
    """Return the name of an engine, and where its class is."""
    if ":" in engine_type:
        return engine_type.rpartition(":")[2].lower(), engine_type
    return engine_type, registry.location(engine_type)


async def _collected(
    configuration: Configuration, names: list[str], on_result: Callable[[Result], None]
) -> list[Result]:
    results: list[Result] = []
    async with aclosing(_results(configuration, names)) as found:
        async for result in found:
            results.append(result)
            on_result(result)
    return results


async def _results(configuration: Configuration, names: list[str]) -> AsyncGenerator[Result]:
    process: ChildProcess | None = None
    hopeless = False
    try:
        for name in names:
            if hopeless:
                yield Result(check=name, promise=CHECKS[name].promise, outcome="skipped", reason=NO_OTHER)
                continue
            if process and (CHECKS[name].alone or not process.alive):
                await process.close()
                process = None
            process = process or await ChildProcess.start("orstt_core.testing.child", "The engine's process")
            result = await _result(process, configuration, name)
            hopeless = CHECKS[name].essential and result.outcome == "failed"
            yield result
    finally:
        if process:
            await process.close()


async def _result(process: ChildProcess, configuration: Configuration, name: str) -> Result:
    work = CheckWork(check=name, configuration=configuration, import_path=sys.path)
    try:
        await process.send(work)
        _, body = await process.receive(silence=CHECK_SECONDS, longest=CHECK_SECONDS)
    except EngineDied as death:
        process.kill()
        return Result(check=name, promise=CHECKS[name].promise, outcome="failed", reason=death.message)
    return msgspec.msgpack.decode(body, type=Result)
