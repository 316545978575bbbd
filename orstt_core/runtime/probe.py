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
from collections.abc import Collection, Iterable, Sequence
from itertools import takewhile

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from orstt_core.engines import registry
from orstt_core.engines.inspection import inspect_engine
from orstt_core.engines.library_versions import library_versions
from orstt_core.errors import EngineUnavailable
from orstt_core.option_fields import fields_of
from orstt_core.runtime.child_setup import set_up_child
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.settings import environ_without_secrets
from orstt_core.struct_types import complete
from orstt_core.types import EngineInfo, EngineList, TuningChoice
from orstt_core.types.options import Capability, OptionField
from orstt_core.weights import formats

TIMEOUT_SECONDS = 30.0
"""For all engines of one look; the first import of a large library from a cold disk takes seconds."""


class Question(Struct, frozen=True):
    """What the child is asked.

    Attributes:
        import_path: the host's `sys.path`, so that the child finds what the host finds.
        engines: names, and where their classes are as `module:qualname`.
        tuned: say instead what may make this model faster.
    """

    import_path: list[str]
    engines: list[tuple[str, str]]
    tuned: EngineSpec | None = None


class Answer(Struct, frozen=True):
    """One line of the child's output, in the order of the question.

    Attributes:
        info: the engine as it presents itself; None where its class could not be imported.
        reason: why it could not.
    """

    info: EngineInfo | None
    reason: str = ""


class TuningAnswer(Struct, frozen=True):
    """What may make a model faster.

    Attributes:
        dimensions: as the engine gives them; empty: nothing.
        libraries: versions of what the engine computes with.
        reason: why it cannot say; empty: it can.
    """

    dimensions: list[list[TuningChoice]] = []
    libraries: dict[str, str] = {}
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


def languages_of(model_type: str, model: str) -> tuple[Sequence[str], bool]:
    """Return the languages that a model can be asked for, and whether its engine finds out which is spoken.

    Raises: as `capabilities_of`.
    """
    if registry.is_light(model_type):
        engine = registry.engine_class(model_type)
        detects = "language_detection" in engine.capabilities
        try:
            return engine.languages(model), detects
        except Exception:  # noqa: BLE001 - a script's engine may raise anything; it will say so at work
            return (), detects
    info = probe_engine(model_type)
    return info.languages_of(model), "language_detection" in info.capabilities


def sends_sound(model_type: str) -> bool:
    """Return whether an engine is known to send sound out of this machine; one of another package, once looked at."""
    if model_type not in registry.names():
        return False
    if registry.is_light(model_type):
        return registry.engine_class(model_type).sends_sound
    return model_type in _cache and _cache[model_type][1].sends_sound


def choices_of(model_type: str) -> Collection[str]:
    """Return the options of a model that are one of a few words; of another package's engine, once looked at."""
    if model_type not in registry.names():
        return ()
    if registry.is_light(model_type):
        options: Iterable[OptionField] = fields_of(registry.engine_class(model_type).Options)
    else:
        options = _cache[model_type][1].options if model_type in _cache else ()
    return [option.name for option in options if option.kind == "choice"]


def describe_engines() -> EngineList:
    """Return every engine, a broken one with its reason; all are looked at in one child process.

    Raises:
        Busy, EngineFailed: the system starts no such process.
    """
    return EngineList(engines=_probe(registry.names()), default_type=registry.DEFAULT_TYPE)


def look_at_tuning(spec: EngineSpec) -> TuningAnswer:
    """Return what may make a model faster on this machine.

    Raises:
        EngineUnavailable: its engine cannot be looked at.
        Busy, EngineFailed: the system starts no process to look at it in.
    """
    output, ending = _run_child(msgspec.json.encode(Question(sys.path, [], spec)))
    try:
        answer = msgspec.json.decode(output, type=complete(TuningAnswer))
    except msgspec.DecodeError:
        answer = TuningAnswer(reason=ending)
    if answer.reason:
        raise EngineUnavailable(f"What makes {spec.model_type} faster cannot be looked at: {answer.reason}.")
    return answer


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


def _tuning(spec: EngineSpec) -> TuningAnswer:
    from orstt_core.engines.construction import engine_options

    try:
        engine = registry.import_engine(spec.model_type, spec.engine)
        options = engine_options(engine, msgspec.json.decode(spec.options))
        dimensions = engine.tuning_dimensions(spec.model, spec.device, options)
        return TuningAnswer([list(choices) for choices in dimensions], library_versions(engine.requires))
    except Exception as error:  # noqa: BLE001 - an engine of another package may raise anything
        return TuningAnswer(reason=f"{type(error).__name__}: {error}")


def main() -> None:
    """Answer the question on standard input, a line for each engine as soon as it is known."""
    incoming, outgoing = set_up_child()
    question = msgspec.json.decode(incoming.read(), type=Question)
    sys.path[:] = question.import_path
    if question.tuned:
        outgoing.write(msgspec.json.encode(_tuning(question.tuned)))
        outgoing.flush()
    for model_type, location in question.engines:
        outgoing.write(msgspec.json.encode(_answer(model_type, location)) + b"\n")
        outgoing.flush()  # the next engine may end this process
    # Without the interpreter's farewell: native libraries crash in it now and then, and all is said.
    os._exit(0)


if __name__ == "__main__":
    main()
