"""Would a configuration run here? The checks, and the rules for what a person may enter.

Nothing here loads an engine or a model: engines are looked at in a child process, weights only located.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import PurePath

import msgspec

from orstt_core.engines.base import TAKES_TERMS
from orstt_core.engines.devices import Choice, choose_device, usual_compute_type
from orstt_core.engines.inspection import unknown_model
from orstt_core.engines.permission import permitted
from orstt_core.engines.registry import TYPE_NAME
from orstt_core.errors import EngineUnavailable, InvalidRequest, OrsttError
from orstt_core.option_fields import checked_values
from orstt_core.runtime.probe import probe_engine
from orstt_core.settings import Settings
from orstt_core.text import CONTROLS, normalize_name, readable_bytes
from orstt_core.types import AUTO, Check, EngineInfo, ModelDraft, Validation
from orstt_core.types.models import (
    CHECKS,
    CLOUD_CHECKS,
    DEVICES,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_REFERENCE,
    CheckName,
    place,
)
from orstt_core.types.options import OptionValue
from orstt_core.weights import locate, machine_memory, requirements

LARGE_BYTES = 2_000_000_000
"""A model that needs more memory than this is worth a warning on any machine: medium and the large ones."""

LONGEST_OPTION = 2000
RESERVED = {
    "validate": "it has another meaning in addresses of the API",
    AUTO: "it asks for the model that fits a recording",
}
"""Names that mean something else, so that no model could be asked for by them."""
COMPUTE_TYPE = re.compile(r"[a-z0-9_]{1,20}")
REFERENCE = re.compile(r"[A-Za-z0-9][\w.+@:-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
"""A size, an engine's own name for a model, or a hub repository `owner/name`."""


def validate(draft: ModelDraft, settings: Settings, *, in_process: bool = False) -> Validation:
    """Check type, dependencies, device and model, in this order; what fails is in the answer, never raised.

    Of a model that sends sound the destination is checked too, without asking the service anything. Those after the
    first that fails depend on it and are `skipped`. The first time that this meets an engine it starts a child process,
    which takes about a second.

    Args:
        draft: the configuration.
        settings: say where weights are, and whether they may be fetched.
        in_process: it is to run in this process, as `STTFactory` has it, and not in one of its own.
    """
    passed: list[str] = []
    warnings: list[str] = []
    chosen = Choice(draft.device, draft.compute_type)
    failure: OrsttError | None = None
    names = CHECKS
    try:
        info = permitted(probe_engine(draft.model_type), settings.for_engines)
        names = CLOUD_CHECKS if info.sends_sound else CHECKS
        passed.append(f"{draft.model_type} is {info.title}.")
        _check_dependencies(info)
        if not info.importable:
            warnings += _confined(info, in_process=in_process)
        passed.append(f"What {info.title} needs is installed.")
        compute_type = draft.compute_type or usual_compute_type(draft.device, info.compute_types)
        chosen = choose_device(info.title, draft.device, compute_type, info.compute_types)
        runs = "a server" if info.sends_sound else place(chosen.device, chosen.compute_type)
        passed.append(chosen.warning or f"It runs on {runs}.")
        warnings += [chosen.warning] if chosen.warning else []
        warnings += ["It sends sound out of this machine."] if info.sends_sound else []
        warnings += _vocabulary_warnings(draft, info)
        warnings += _memory_warnings(draft, info, chosen.compute_type)
        fitting_options(info, draft.options)
        passed.append(_check_model(draft, settings, info, warnings))
        passed += [_check_destination(draft, settings)] if info.sends_sound else []
    except OrsttError as error:
        failure = error
    return Validation(
        # A request that is wrong stays wrong; anything else can be mended on this machine.
        valid=not isinstance(failure, InvalidRequest),
        available=failure is None,
        message=f"The {names[len(passed)]} check failed: {failure}" if failure else "It is ready to use.",
        warnings=warnings,
        checks=_checks(names, passed, failure),
        device=chosen.device,
        compute_type=chosen.compute_type,
    )


def validate_draft(draft: ModelDraft) -> ModelDraft:
    """Return the draft as it may be stored: names without space around them.

    Raises:
        InvalidRequest: a field is blank, too long, or holds what it may not; `field` names it.
    """
    name = normalize_name(draft.name)
    model, description = draft.model.strip(), draft.description.strip()
    _check_text("name", name, LONGEST_NAME)
    if not name:
        raise InvalidRequest("The name is blank.", hint="Give the model a name.", field="name")
    if name.count("/") > 1 or name.startswith("/") or name.endswith("/") or "\\" in name or ".." in name:
        raise InvalidRequest(
            "A name has one slash at most, inside, no backslash and no two dots in a row.",
            hint="It may be that of a hub repository, owner/name.",
            field="name",
        )
    if name in RESERVED:
        raise InvalidRequest(
            f"{name!r} cannot be a name: {RESERVED[name]}.",
            hint="Add a word to it.",
            field="name",
        )
    if name.isdecimal():
        raise InvalidRequest("A name of digits only would be taken for an id.", hint="Add a letter.", field="name")
    if not TYPE_NAME.fullmatch(draft.model_type):
        raise InvalidRequest(f"{draft.model_type[:60]!r} cannot be the name of an engine.", field="model_type")
    _check_reference(model)
    if draft.device not in DEVICES:
        raise InvalidRequest(
            f"There is no device called {draft.device[:60]!r}.",
            hint=f"Devices are: {', '.join(DEVICES)}.",
            field="device",
        )
    if draft.compute_type and not COMPUTE_TYPE.fullmatch(draft.compute_type):
        raise InvalidRequest(
            f"{draft.compute_type[:60]!r} cannot be a compute type.",
            hint="The usual one is int8.",
            field="compute_type",
        )
    for option, value in draft.options.items():
        _check_text("options", option, LONGEST_NAME)
        for part in value if isinstance(value, list) else [value]:
            _check_text(f"options.{option}", part if isinstance(part, str) else "", LONGEST_OPTION)
    _check_text("description", description.replace("\n", ""), LONGEST_DESCRIPTION)
    vocabulary = [name for name in dict.fromkeys(map(normalize_name, draft.vocabulary)) if name]
    return msgspec.structs.replace(draft, name=name, model=model, description=description, vocabulary=vocabulary)


def refused_model(error: OrsttError) -> Validation:
    """Return what to say of a configuration that cannot be stored, whatever this machine could run."""
    others = [Check(name=name, outcome="skipped", detail="Not looked at.") for name in CHECKS[:-1]]
    failed = Check(name=CHECKS[-1], outcome="failed", detail=error.message, fix=error.hint)
    message = f"The {failed.name} check failed: {error}"
    return Validation(valid=False, available=False, message=message, checks=[*others, failed])


def _check_dependencies(info: EngineInfo) -> None:
    if not info.available and info.sends_sound:  # nobody is to configure what may not be used
        raise InvalidRequest(
            f"{info.title} cannot be used here: {info.reason}", hint="docs/engines.md says how.", field="model_type"
        )
    if not info.available:
        hint = f"Type: {info.install}" if info.install else ""
        raise EngineUnavailable(f"{info.title} cannot run here: {info.reason}", hint=hint)


def _confined(info: EngineInfo, *, in_process: bool) -> list[str]:
    """Return what to know of an engine that this process alone can use.

    Raises:
        EngineUnavailable: it is to run in another one.
    """
    if in_process:
        return [f"{info.title} works by `STTFactory` in this script only: no job can run it, nor `transcribe`."]
    raise EngineUnavailable(
        f"{info.title} is defined where no other process can import it: in a script, a notebook or a function.",
        hint="Put its class into a module of its own and register it from there; `STTFactory.build` works as it is.",
    )


def unused_vocabulary(draft: ModelDraft) -> list[str]:
    """Return what to know of a model's lists of words, where its engine can be looked at."""
    try:
        return _vocabulary_warnings(draft, probe_engine(draft.model_type))
    except OrsttError:  # its type is registered no more: what it could do is not known
        return []


def _vocabulary_warnings(draft: ModelDraft, info: EngineInfo) -> list[str]:
    if not draft.vocabulary or not info.available or TAKES_TERMS.intersection(info.capabilities):
        return []
    return [f"{info.title} cannot be told words to expect: the vocabulary is not used."]


def _memory_warnings(draft: ModelDraft, info: EngineInfo, compute_type: str) -> list[str]:
    needed = requirements(info.weights_format, draft.weights, compute_type)
    memory = machine_memory()
    if needed is None or needed <= min(LARGE_BYTES, memory.available):
        return []
    needs = f"{draft.weights} needs about {place(f'{readable_bytes(needed)} of memory', compute_type)}"
    has = f"this machine has {readable_bytes(memory.total)}, of which {readable_bytes(memory.available)} are free"
    return [f"{needs}; {has}."]


def _check_model(draft: ModelDraft, settings: Settings, info: EngineInfo, warnings: list[str]) -> str:
    """Return where the weights are; add to the warnings that they will be fetched."""
    if not info.weights_format:
        if info.models and draft.weights not in info.models:
            unknown = unknown_model(info.title, draft.weights, info.models)
            example = "" if draft.model else f" Say which: `--weights {info.models[0]}`."
            raise InvalidRequest(unknown.message, hint=f"{unknown.hint}{example}", field=unknown.field)
        return f"{info.title} finds {draft.weights} itself."
    location = locate(
        info.weights_format, draft.weights, cache_dir=settings.cache_dir, allow_download=settings.allow_download
    )
    if location.kind in {"absent", "unknown"}:
        raise location.refusal()
    if location.kind == "hub":
        warnings.append(f"{draft.weights} is not on this machine: it is fetched from the hub when it is first used.")
    return location.detail


def _check_destination(draft: ModelDraft, settings: Settings) -> str:
    """Return where sound is sent; the service is not asked.

    Raises:
        EngineUnavailable: it may not be sent there, or the options do not say where.
    """
    from orstt_core.engines.destination import destination_of

    host = destination_of(draft, settings.for_engines).host
    return f"Sound is sent to {host or 'an address that its engine alone knows'}."


def fitting_options(info: EngineInfo, given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Return options as the engine has them; of one that cannot be looked at, as they are.

    Raises:
        InvalidRequest: one is unknown or does not fit; `field` names it after `options.`.
    """
    if not info.available and not info.options:
        return {name: value for name, value in given.items() if value is not None}
    try:
        return checked_values(info.options, given)
    except InvalidRequest as error:
        raise InvalidRequest(error.message, hint=error.hint, field=f"options.{error.field}") from error


def _checks(names: Sequence[CheckName], passed: Sequence[str], failure: OrsttError | None) -> list[Check]:
    checks = [Check(name=name, outcome="passed", detail=text) for name, text in zip(names, passed, strict=False)]
    if failure:
        checks.append(Check(name=names[len(passed)], outcome="failed", detail=failure.message, fix=failure.hint))
    skipped = "Not looked at, because an earlier check failed."
    return checks + [Check(name=name, outcome="skipped", detail=skipped) for name in names[len(checks) :]]


def _check_text(field: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise InvalidRequest(
            f"The {field} has {len(text)} characters; {longest} are the most.", hint="Make it shorter.", field=field
        )
    # A terminal or a database chokes on these, and what turns text round makes one name look like another.
    for character in text:
        if CONTROLS.match(character) or unicodedata.category(character) in {"Cc", "Cs"}:
            raise InvalidRequest(
                f"The {field} holds a character that cannot be shown: U+{ord(character):04X}.",
                hint="Remove it; such characters come along unseen with text that is pasted.",
                field=field,
            )


def _check_reference(model: str) -> None:
    """Refuse what is none of: empty, a name, `owner/name`, a whole path without `..`."""
    _check_text("model", model, LONGEST_REFERENCE)
    path = PurePath(model)
    if model and not REFERENCE.fullmatch(model) and not (path.is_absolute() and ".." not in path.parts):
        raise InvalidRequest(
            f"{model!r} names no weights.",
            hint="Give a size such as base, a hub repository as owner/name, or the whole path of a folder.",
            field="model",
        )
