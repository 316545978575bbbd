"""Coordinate descent: one dimension of a model's setting after the other, each with the best choices so far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from orstt_core.types import ModelSetting, TuningChoice, TuningTrial

LEAST_GAIN = 1.05
"""A setting is kept that is so many times as fast as the best so far: by less two runs of one setting may differ."""


async def descend(
    start: ModelSetting,
    dimensions: Sequence[Sequence[TuningChoice]],
    measure: Callable[[ModelSetting], Awaitable[TuningTrial]],
    report: Callable[[TuningTrial], None],
) -> list[TuningTrial]:
    """Try what may be faster and return the trials in order; the last one that is `kept` is the best.

    Args:
        start: the setting as it is.
        dimensions: what to try.
        measure: tries a setting, by turns with the one as it is.
        report: called with every trial as soon as it is decided.
    """
    best, speed = start, 1.0
    tried = [start]
    trials: list[TuningTrial] = []
    for choices in dimensions:
        base = best
        for setting in map(base.changed, choices):
            if setting in tried:
                continue
            tried.append(setting)
            trial = await measure(setting)
            if _better(trial, speed) and _better(trial := await measure(setting), speed):  # once may be luck
                trial = replace(trial, kept=True)
                best, speed = setting, trial.speed
            trials.append(trial)
            report(trial)
    return trials


def _better(trial: TuningTrial, speed: float) -> bool:
    return trial.accurate and trial.speed >= speed * LEAST_GAIN
