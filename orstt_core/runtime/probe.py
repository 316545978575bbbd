"""Look at engines in a child process: `python -m orstt_core.runtime.probe`.

Invariant: a look imports nothing of an engine into this process. Importing one can end the process (a
library built for another CPU) or hang; here the child dies of it, and the engine is listed with the reason.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Collection
from itertools import takewhile

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orstt_core.engines import registry
from orstt_core.engines.inspection import inspect_engine
from orstt_core.errors import EngineUnavailable
from orstt_core.runtime.child_setup import set_up_child
from orstt_core.settings import environ_without_secrets
from orstt_core.struct_types import complete
from orstt_core.types import EngineInfo, EngineList
from orstt_core.types.options import Capability
from orstt_core.weights import formats

TIMEOUT_SECONDS = 30.0
"""For all engines of one look; the first import of a large library from a cold disk takes seconds."""


class Question(Struct, frozen=True):
    """What the child is asked.

    Attributes:
        import_path: the host's `sys.path`, so that the child finds what the host finds.
        engines: names, and where their classes are as `module:qualname`.
    """

    import_path: list[str]
    engines: list[tuple[str, str]]


class Answer(Struct, frozen=True):
    """One line of the child's output, in the order of the question.

    Attributes:
        info: the engine as it presents itself; None where its class could not be imported.
        reason: why it could not.
    """

    info: EngineInfo | None
    reason: str = ""


_cache: dict[str, tuple[object, EngineInfo]] = {}
_lock = threading.Lock()


def probe_engine(model_type: str) -> EngineInfo:
    """Return an engine as it presents itself; it is looked at once in this process's life.

    Raises:
        EngineUnknown: no engine has that name.
        Busy, EngineFailed: the system starts no process to look at it in.
    """
    return _probe([model_type])[0]


def capabilities_of(model_type: str) -> Collection[Capability]:
    """Return what an engine declares that it can do beside giving a text; of our own, without looking at it.

    Raises:
        EngineUnknown: no engine has that name.
        EngineUnavailable: it is one of ours, and damaged.
        Busy, EngineFailed: the system starts no process to look at it in.
    """
    if registry.is_light(model_type):
        return registry.engine_class(model_type).capabilities
    return probe_engine(model_type).capabilities


def describe_engines() -> EngineList:
    """Return every engine, a broken one with its reason; all are looked at in one child process.

    Raises:
        Busy, EngineFailed: the system starts no such process.
    """
    return EngineList(engines=_probe(registry.names()), default_type=registry.DEFAULT_TYPE)


def forget_engines() -> None:
    """Look anew the next time, because something was installed."""
    with _lock:
        _cache.clear()
        registry.refresh()
        formats.refresh()


def _probe(types: list[str]) -> list[EngineInfo]:
    with _lock:
        # What was registered anew under an old name is another engine.
        classes = {name: registry.registered(name) or registry.location(name) for name in types}
        unseen = [name for name in types if name not in _cache or _cache[name][0] != classes[name]]
        while unseen:
            # A child that dies has answered for those before the one it died of: go on after that one.
            for info in _look(unseen):
                _cache[info.model_type] = (classes[info.model_type], info)
                unseen.remove(info.model_type)
        return [_cache[name][1] for name in types]


def _look(types: list[str], *, again: bool = False) -> list[EngineInfo]:
    """Return the first of these engines, at least one: up to that which the child did not survive, twice."""
    question = Question(sys.path, [(name, registry.location(name)) for name in types])
    output, ending = _run_child(msgspec.json.encode(question))
    answers = takewhile(lambda answer: answer is not None, map(_decode, output.splitlines()))
    infos = [_conclude(name, answer) for name, answer in zip(types, answers, strict=False) if answer]
    if len(infos) < len(types):
        fatal = types[len(infos)]
        # What is concluded counts for the life of this process; a signal from outside must not decide that.
        infos += (
            [_unavailable(fatal, f"It cannot even be looked at: {ending}.")] if again else _look([fatal], again=True)
        )
    return infos


def _run_child(question: bytes) -> tuple[bytes, str]:
    """Return the child's output and, in words, how it ended."""
    # -P: a file in the current folder must not stand in for a module of the library.
    command = [sys.executable, "-P", "-m", "orstt_core.runtime.probe"]
    try:
        # All three streams are given: a full-screen program's standard error has no descriptor to inherit.
        child = subprocess.run(  # noqa: S603 - our own module
            command,
            input=question,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            env=environ_without_secrets(),
        )
    except subprocess.TimeoutExpired as late:
        return late.output or b"", f"it did not answer within {TIMEOUT_SECONDS:.0f} seconds"
    except OSError as error:
        from orstt_core.runtime.child_process import cannot_start  # the child needs no asyncio

        raise cannot_start("The process that looks at engines", error) from error
    return child.stdout, _ending(child.returncode, child.stderr.decode(errors="replace"))


def _ending(status: int, errors: str) -> str:
    last = next((f", saying: {line.strip()[:200]}" for line in reversed(errors.splitlines()) if line.strip()), "")
    if status < 0:
        return f"its process was ended by a signal ({signal.strsignal(-status)}){last}"
    return f"its process ended by itself (status {status}){last}"


def _decode(line: bytes) -> Answer | None:
    try:
        return msgspec.json.decode(line, type=complete(Answer))
    except msgspec.DecodeError:
        return None


def _conclude(model_type: str, answer: Answer) -> EngineInfo:
    if answer.info is not None:
        return answer.info
    if engine := registry.registered(model_type):
        # It stands in the main script or inside a function, where no other process can import it. Whoever
        # registered it runs its code in this process anyway.
        return replace(inspect_engine(model_type, engine), importable=False)
    return _unavailable(model_type, answer.reason, registry.install_command(model_type))


def _unavailable(model_type: str, reason: str, install: str = "") -> EngineInfo:
    return EngineInfo(model_type=model_type, title=model_type, available=False, reason=reason, install=install)


# --- in the child ---------------------------------------------------------------------------------


def _answer(model_type: str, location: str) -> Answer:
    try:
        engine = registry.import_engine(model_type, location)
    except EngineUnavailable as error:
        return Answer(None, f"{type(error.__cause__).__name__}: {error.__cause__}")
    return Answer(inspect_engine(model_type, engine))


def main() -> None:
    """Answer the question on standard input, a line for each engine as soon as it is known."""
    incoming, outgoing = set_up_child()
    question = msgspec.json.decode(incoming.read(), type=Question)
    sys.path[:] = question.import_path
    for model_type, location in question.engines:
        outgoing.write(msgspec.json.encode(_answer(model_type, location)) + b"\n")
        outgoing.flush()  # the next engine may end this process
    # Without the interpreter's farewell: native libraries crash in it now and then, and all is said.
    os._exit(0)


if __name__ == "__main__":
    main()
