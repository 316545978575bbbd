"""Tune a model on this machine, and put it back as it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.engines.shown_name import shown_as
from orstt_core.errors import Conflict, DeviceUnavailable, ModelNotUsable, OrsttError
from orstt_core.measurements.machine import this_machine
from orstt_core.runtime.model_spec import spec_of
from orstt_core.runtime.probe import TuningAnswer, capabilities_of, look_at_tuning
from orstt_core.settings import Settings
from orstt_core.tuning import records
from orstt_core.tuning.benchmark import Benchmark
from orstt_core.tuning.descent import descend
from orstt_core.types import Change, Model, ModelDraft, ModelSetting, ModelUpdate, Tuning, TuningTrial


async def tune(
    backend: Backend,
    settings: Settings,
    ref: int | str | None = None,
    *,
    store: bool = True,
    report: Callable[[TuningTrial], None] = lambda _: None,
    status: Callable[[str], None] = lambda _: None,
) -> Tuning:
    """Find the fastest setting of a model that is as accurate as the one it has, and give it that.

    Takes a minute or two; being cancelled stores nothing.

    Args:
        backend: of this machine.
        settings: its.
        ref: name or id of the model; None: the active one.
        store: whether to change the model and to keep what was done.
        report: called with every trial as soon as it is decided.
        status: called with a few words on what is being done.

    Raises:
        ModelNotFound: there is no such model.
        ModelNotUsable, DeviceUnavailable: it cannot run here, or not on its own device.
        Conflict: there is nothing to tune about it, it understands no English, or somebody changed it meanwhile.
        OrsttError: its engine fails.
    """
    model = await configured(backend, ref)
    await _refuse_unusable(backend, model)
    spec = spec_of(model)
    answer = await asyncio.to_thread(look_at_tuning, spec)
    if not any(answer.dimensions):
        raise Conflict(f"There is nothing to tune about {model.name}: its engine computes in one way only.")
    present = records.setting_of(model)
    capabilities = await asyncio.to_thread(capabilities_of, model.model_type)
    with shown_as(model.name):
        async with Benchmark.opened(spec, settings, capabilities, status) as benchmark:
            trials = await descend(present, answer.dimensions, benchmark.compare, report)
    tuning = _tuning(model, answer, trials)
    if store:
        await _store(backend, settings, model, tuning)
    return tuning


async def undo(backend: Backend, settings: Settings, ref: int | str | None = None) -> Change:
    """Give a model the setting back that it had before it was tuned.

    Raises:
        ModelNotFound: there is no such model.
        Conflict: it was never tuned here, that changed nothing, or somebody changed it since.
    """
    model = await configured(backend, ref)
    tuning = records.read(settings.data_dir, model)
    if tuning is None:
        raise Conflict(f"{model.name} was never tuned on this machine, so there is nothing to undo.")
    if tuning.before == tuning.after:
        raise Conflict(f"Tuning {model.name} changed nothing, so there is nothing to undo.")
    if records.setting_of(model) != tuning.after:
        raise Conflict(
            f"{model.name} was changed since it was tuned, so it stays as it is.",
            hint=f"Before, it was: {tuning.before.in_words}. `orstt models update` changes it.",
        )
    change = await backend.update_model(model.id, _update(tuning.after, tuning.before))
    records.remove(settings.data_dir, model)
    return change


async def configured(backend: Backend, ref: int | str | None) -> Model:
    """Return a configured model by its name or id; None: the active one."""
    if ref is not None:
        return await backend.model(ref)
    return next(model for model in await backend.models() if model.is_active)


async def _refuse_unusable(backend: Backend, model: Model) -> None:
    validation = await backend.validate_model(msgspec.convert(model, ModelDraft, from_attributes=True))
    if not (validation.valid and validation.available):
        raise ModelNotUsable(validation.message)
    if validation.device != model.device:
        raise DeviceUnavailable(
            f"{model.name} is to run on {model.device}, which is not to be had here.",
            hint="Tune it on the machine that has it, or change its device first.",
        )


def _tuning(model: Model, answer: TuningAnswer, trials: list[TuningTrial]) -> Tuning:
    present = records.setting_of(model)
    best = next((trial.setting for trial in reversed(trials) if trial.kept), present)
    return Tuning(
        model=model.name,
        model_type=model.model_type,
        weights=model.model,
        device=model.device,
        machine=this_machine(),
        libraries=answer.libraries,
        at=datetime.now(UTC),
        before=present,
        after=best,
        trials=trials,
    )


async def _store(backend: Backend, settings: Settings, model: Model, tuning: Tuning) -> None:
    present = records.setting_of(model)
    now = await backend.model(model.id)
    if (records.setting_of(now), now.model, now.device) != (present, model.model, model.device):
        raise Conflict(
            f"{model.name} was changed by somebody else meanwhile: nothing is stored.", hint="Tune it again."
        )
    earlier = records.read(settings.data_dir, model)
    if earlier and (earlier.after, earlier.machine) == (present, tuning.machine):
        kept = replace(tuning, before=earlier.before)  # what a person had chosen
    else:
        kept = tuning
    # First the way back, then the change: in between a crash leaves a record that refuses to undo, and no loss.
    records.write(settings.data_dir, model, kept)
    try:
        if tuning.after != present:
            await backend.update_model(model.id, _update(present, tuning.after))
    except BaseException:
        with suppress(OrsttError):
            # What is stopped while it is being stored is stored all the same, and then needs its way back.
            if records.setting_of(await backend.model(model.id)) == present:
                _restore_record(settings, model, earlier)
        raise


def _restore_record(settings: Settings, model: Model, earlier: Tuning | None) -> None:
    if earlier:
        records.write(settings.data_dir, model, earlier)
    else:
        records.remove(settings.data_dir, model)


def _update(present: ModelSetting, wanted: ModelSetting) -> ModelUpdate:
    names = sorted({*present.options, *wanted.options})
    options = {
        name: wanted.options.get(name) for name in names if present.options.get(name) != wanted.options.get(name)
    }
    return ModelUpdate(
        options=options or None,
        compute_type=wanted.compute_type if wanted.compute_type != present.compute_type else None,
    )
