"""What a model is to be: drafts for new models and changes of old ones, as their engines can have them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

import msgspec

from orstt_core.caller import current_caller
from orstt_core.errors import EngineUnknown, Forbidden, InvalidRequest, OrsttError
from orstt_core.types import Model, ModelDraft, ModelUpdate, Validation
from orstt_core.types.options import OptionValue

LONGEST_TOLD = 60
"""Letters of a value that the audit has."""


def draft_of(model: Model) -> ModelDraft:
    """Return the draft that a model could have been made of."""
    return msgspec.convert(model, ModelDraft, from_attributes=True)


async def updated_draft(model: Model, update: ModelUpdate) -> ModelDraft:
    """Return what a model would be after a change.

    Raises:
        InvalidRequest: a value does not fit.
        Forbidden: weights in a folder are named over the network.
    """
    from orstt_core.validation import validate_draft

    if update.model is not None:
        refuse_folder(update.model)
    vocabulary = model.vocabulary if update.vocabulary is None else update.vocabulary
    options = _changed_options(model.options, update.options or {})
    draft = msgspec.structs.replace(draft_of(model), **_texts(update), options=options, vocabulary=vocabulary)
    draft = validate_draft(draft)
    if update.compute_type is not None:
        draft = await with_usual_compute_type(draft)
    return await with_fitting_options(draft) if update.options else draft


def changed_fields(model: Model, update: ModelUpdate, draft: ModelDraft) -> dict[str, Any]:
    """Return the fields that a change asks for and that are otherwise in the draft it leads to."""
    asked = (*_texts(update), "options", "vocabulary")
    return {name: value for name in asked if (value := getattr(draft, name)) != getattr(model, name)}


def told_changes(model: Model, changes: Mapping[str, Any]) -> str:
    """Return what a change makes of which values, for the audit: `device: cpu -> cuda`; no field holds a secret."""
    told = []
    for name, after in sorted(changes.items()):
        before = getattr(model, name)
        pairs = (
            [(f"option {key}", before.get(key), after.get(key)) for key in sorted(before.keys() | after.keys())]
            if name == "options"
            else [(name, before, after)]
        )
        told += [f"{what}: {_told(old)} -> {_told(new)}" for what, old, new in pairs if old != new]
    return ", ".join(told)


def _told(value: object) -> str:
    """Return a value of a model in few words; what was left as usual or empty is `none`."""
    text = "none" if value is None or value == "" else str(value)
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}…"


def refuse_folder(weights: str) -> None:
    """Refuse to whoever asks over the network to name a folder, whether it is there or not.

    Raises:
        Forbidden: so.
    """
    from orstt_core.weights.catalogue import folder_of

    if current_caller().remote and folder_of(weights):
        raise Forbidden(
            "Weights in a folder of the server cannot be named over the network.",
            hint="Configure them on the server itself: `orstt models add`.",
            field="model",
        )


async def with_fitting_options(draft: ModelDraft) -> ModelDraft:
    """Return a draft whose options are as its engine has them; an engine is looked at for them only."""
    from orstt_core.runtime.probe import probe_engine
    from orstt_core.validation import fitting_options

    if not draft.options:
        return draft
    info = await asyncio.to_thread(probe_engine, draft.model_type)
    return msgspec.structs.replace(draft, options=fitting_options(info, draft.options))


async def with_usual_compute_type(draft: ModelDraft) -> ModelDraft:
    """Return a draft with its engine's usual compute type where it has none, or could have no other.

    Of an engine that fails it is the usual one of all.
    """
    from orstt_core.engines.devices import leaves_choice, usual_compute_type
    from orstt_core.runtime.probe import probe_engine

    offered: Mapping[str, list[str]] = {}
    with suppress(OrsttError):
        offered = (await asyncio.to_thread(probe_engine, draft.model_type)).compute_types
    if draft.compute_type and leaves_choice(offered):
        return draft
    return msgspec.structs.replace(draft, compute_type=usual_compute_type(draft.device, offered))


def refuse(validation: Validation) -> NoReturn:
    """Raise what a validation found wrong.

    Raises:
        EngineUnknown, InvalidRequest: that.
    """
    failed = next((check for check in validation.checks if check.outcome == "failed"), None)
    kind = EngineUnknown if failed and failed.name == "type" else InvalidRequest
    raise kind(validation.message)


def advice(validation: Validation) -> list[str]:
    """Return what to know of a model that may be configured: also why it cannot run yet, as weights come later."""
    return validation.warnings if validation.available else [*validation.warnings, validation.message]


def _texts(update: ModelUpdate) -> dict[str, str]:
    return {name: value for name, value in msgspec.structs.asdict(update).items() if isinstance(value, str)}


def _changed_options(stored: Mapping[str, OptionValue], given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Return both together; one that is stored goes where None is given, although its engine may not know it now."""
    return {name: value for name, value in {**stored, **given}.items() if value is not None or name not in stored}
