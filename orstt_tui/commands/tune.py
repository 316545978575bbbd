"""`orstt tune`: the fastest setting of a model on the machine that it runs on, by trying."""

from __future__ import annotations

import os
import shlex
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

from orstt_core.errors import EngineFailed
from orstt_core.text import readable_bytes
from orstt_core.types import Change, Model, ModelSetting, Tuned, Tuning, TuningStatus, TuningTrial, TuningTried
from orstt_tui.commands import output
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.status_line import StatusLine

if TYPE_CHECKING:
    from orstt_core.backend import Backend

BUSY = 0.5
"""Other work for each core (load average of a minute) from which on the figures are less sure."""


@click.command
@click.argument("name", metavar="[MODEL]", required=False, shell_complete=model_names)
@click.option("--dry-run", is_flag=True, help="Measure, and store nothing.")
@click.option("--undo", is_flag=True, help="Put the setting from before the tuning back.")
@json_option
@global_options
@click.pass_obj
def tune(context: CommandContext, *, name: str | None, dry_run: bool, undo: bool, as_json: bool) -> None:
    """Find and store the fastest setting of a model, where it runs.

    Without MODEL, of the active one. Reads a sentence to it with one setting after the other, by turns with the setting
    as it is; keeps what is faster by 5 % or more and hears no more words wrongly. Takes a minute or two with `base` on
    two cores, longer with larger models; Ctrl-C stores nothing.
    """
    if dry_run and undo:
        raise click.UsageError("--dry-run and --undo exclude each other.")
    if undo:
        _undo(context, name, as_json=as_json)
    else:
        _tune(context, name, store=not dry_run, as_json=as_json)


def _tune(context: CommandContext, name: str | None, *, store: bool, as_json: bool) -> None:
    async def work(backend: Backend) -> Tuning:
        model = await _named(backend, name)
        present = ModelSetting(compute_type=model.compute_type, options=dict(model.options))
        if not as_json:
            _write(f"{model.name} as it is: {present.in_words}.")
        if not context.settings.remote and os.getloadavg()[0] >= BUSY * len(os.sched_getaffinity(0)):
            output.write_stderr("other work keeps this machine busy: it takes longer, and the figures are less sure")
        with StatusLine() as status:
            async with aclosing(backend.tune_model(model.id, store=store)) as events:
                async for event in events:
                    match event:
                        case TuningStatus(text=text):
                            status.show(text)
                        case TuningTried(trial=trial):
                            status.clear()
                            if not as_json:
                                _write(_line(present, trial))
                        case Tuned(tuning=tuning):
                            return tuning
        raise EngineFailed("The tuning ended without a result.")

    tuning = context.run(work)
    if as_json:
        output.write_json(tuning)
    else:
        _write(_conclusion(tuning, store=store))


def _undo(context: CommandContext, name: str | None, *, as_json: bool) -> None:
    async def work(backend: Backend) -> Change:
        return await backend.undo_tuning((await _named(backend, name)).id)

    change = context.run(work)
    if as_json:
        output.write_json(change)
    else:
        model = change.model
        before = ModelSetting(compute_type=model.compute_type, options=dict(model.options))
        _write(f"{model.name} is as before it was tuned: {before.in_words}.")
    for warning in change.warnings:
        output.write_stderr(f"warning: {warning}")


async def _named(backend: Backend, name: str | None) -> Model:
    """Return a model by its name or id; None: the active one."""
    if name is not None:
        return await backend.model(name)
    return next(model for model in await backend.models() if model.is_active)


def _write(line: str) -> None:
    output.write(f"{output.one_line(line)}\n")


def _line(present: ModelSetting, trial: TuningTrial) -> str:
    if trial.after is None:
        return f"{_difference(present, trial.setting)}: cannot be tried: {trial.problem}"
    kept = ", kept" if trial.kept else ""
    inaccurate = "" if trial.accurate else ", less accurate"
    return (
        f"{_difference(present, trial.setting)}: {_figures(trial)}; {trial.speed:.2f} times as fast{inaccurate}{kept}"
    )


def _difference(present: ModelSetting, setting: ModelSetting) -> str:
    kind = [setting.compute_type] if setting.compute_type != present.compute_type else []
    names = sorted({*present.options, *setting.options})
    changed = [name for name in names if setting.options.get(name) != present.options.get(name)]
    return ", ".join([*kind, *(f"{name}={setting.options.get(name, 'default')}" for name in changed)])


def _figures(trial: TuningTrial) -> str:
    before, after = trial.before, trial.after
    if before is None or after is None:
        return ""
    return (
        f"clip {before.clip_seconds:.2f} -> {after.clip_seconds:.2f} s, "
        f"long {before.long_seconds:.1f} -> {after.long_seconds:.1f} s, "
        f"wrong words {before.wrong_words} -> {after.wrong_words}, "
        f"memory {readable_bytes(before.memory)} -> {readable_bytes(after.memory)}"
    )


def _conclusion(tuning: Tuning, *, store: bool) -> str:
    if tuning.best is None:
        return f"Nothing that was tried is faster by 5 %: {tuning.model} stays as it is."
    faster = f"{tuning.best.speed:.2f} times as fast ({_figures(tuning.best)})"
    setting = tuning.after.in_words
    if not store:
        return f"{tuning.model} would be {faster} with {setting}. Nothing was stored."
    return f"{tuning.model} is now {faster} with {setting}. To undo it: orstt tune {shlex.quote(tuning.model)} --undo"
