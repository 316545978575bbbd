"""Findings of models: whether each can run here, where its sound goes, whether it was tuned; and unneeded weights."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Literal

import msgspec

from orstt_core.diagnosis.finding import ok
from orstt_core.settings import Settings
from orstt_core.text import readable_bytes
from orstt_core.types import EngineList, Finding, Model, ModelDraft, Validation
from orstt_core.types.models import place
from orstt_core.weights import locate


def model(configured: Model, settings: Settings, engines: EngineList) -> Finding:
    """Return whether a model can run here, and for one that sends sound, where to and whether it may.

    Args:
        configured: the model.
        settings: those in force.
        engines: all, as the settings have them.
    """
    from orstt_core.validation import validate

    draft = msgspec.convert(configured, ModelDraft, from_attributes=True)
    validation = validate(draft, settings)
    if not (validation.valid and validation.available):
        return _failed(configured, draft, validation, settings, engines)
    detail = " ".join([f"runs on {place(validation.device, validation.compute_type)}.", *validation.warnings])
    outcome: Literal["ok", "warning"] = "warning" if validation.warnings else "ok"
    finding = Finding(subject=_subject(configured), outcome=outcome, detail=detail)
    if configured.sends_sound:
        return msgspec.structs.replace(finding, outcome="ok", detail=_destination(draft, settings))
    return _with_tuning(finding, configured, settings, engines)


def leftovers(settings: Settings, models: Sequence[Model]) -> Finding:
    """Return which weights are here that no model needs."""
    from orstt_core.weights.leftovers import find_leftovers

    found = [each.leftover for each in find_leftovers({each.model for each in models}, settings.cache_dir)]
    if not found:
        return ok("leftovers", "no weights are here that no model needs")
    kinds = ", ".join(dict.fromkeys(leftover.kind for leftover in found))
    size = readable_bytes(sum(leftover.size for leftover in found))
    return Finding(
        subject="leftovers", outcome="ok", detail=f"{size} that no model needs: {kinds}", fix="orstt models prune"
    )


def _subject(model: Model) -> str:
    return f"model {model.name}{' (active)' if model.is_active else ''}"


def _failed(
    model: Model, draft: ModelDraft, validation: Validation, settings: Settings, engines: EngineList
) -> Finding:
    failed = next(check for check in validation.checks if check.outcome == "failed")
    if model.is_active:
        return Finding(subject=_subject(model), outcome="missing", detail=failed.detail, fix=failed.fix)
    # Most people use one or two models: all ways to bring each of the others would bury what matters.
    command = "pull" if _can_be_fetched(draft, settings, engines) else "validate"
    fix = f"orstt models {command} {shlex.quote(model.name)}"
    return Finding(subject=_subject(model), outcome="warning", detail=failed.detail, fix=fix)


def _can_be_fetched(model: ModelDraft, settings: Settings, engines: EngineList) -> bool:
    """Return whether all that a model lacks is its weights, and a pull, which needs no further leave, brings them."""
    for engine in engines.engines:
        if engine.model_type == model.model_type and engine.available and engine.weights_format:
            location = locate(engine.weights_format, model.weights, cache_dir=settings.cache_dir, allow_download=True)
            return location.kind == "hub"
    return False


def _destination(model: ModelDraft, settings: Settings) -> str:
    """Return where a model that may send sound sends it, and with which keys."""
    from orstt_core.engines.destination import destination_of

    where = destination_of(model, settings.for_engines)
    keys = " and ".join(f"ORSTT_{name.upper()}" for name in where.credentials)
    host = where.host or "an address that its engine alone knows"
    return f"sends sound out of this machine, to {host}, with {keys or 'no key'}"


def _with_tuning(finding: Finding, model: Model, settings: Settings, engines: EngineList) -> Finding:
    """Return what was found of a model that can run, with a hint where it was not tuned on this machine."""
    from orstt_core.tuning import records

    tunable = any(engine.tunable and engine.model_type == model.model_type for engine in engines.engines)
    advice = records.advice(settings.data_dir, model) if tunable else ""
    if not advice:
        return finding
    fix = f"orstt tune {shlex.quote(model.name)}"
    return msgspec.structs.replace(finding, detail=f"{finding.detail} {advice}", fix=fix)
