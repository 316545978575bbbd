"""What is known of models: how long they take and how many errors they make on recordings like this one.

Known from benchmarks of this database, each recording the more like this one the nearer its length, noise and bandwidth
are; only those of the same language count for errors. Few recordings are outweighed by what is published of the model,
which counts as so many words (shrinkage towards a prior: Efron and Morris, "Stein's paradox in statistics", 1977).
How fast models are on other recordings of this machine is known from transcriptions, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from orstt_core.selection.published import (
    BASE_SPEED,
    FIGURES,
    PublishedFigures,
    published_error,
    published_figures,
)
from orstt_core.types import BenchmarkResult, Model, SoundFacts, Stats

PRIOR_WORDS = 100.0
"""Words that what is published counts as; and how many alike must be measured where nothing is published."""
LENGTH_SCALE, SHARE_SCALE, SNR_SCALE, BAND_SCALE = 1.0, 0.2, 10.0, 2000.0
"""How unlike a recording is: by the logarithm of its length, by its share of loud passages, by dB, by Hz; at one scale
it counts 0.6, at two 0.14."""
FEWEST_SECONDS = 10.0
"""Sound, weighed by its likeness, that a model must have transcribed for its speed to be its own."""
LOAD_SECONDS = 2.0
"""What loading takes where it was not measured."""


class Benchmarked(Struct, frozen=True):
    """A result of a benchmark, and whether it was made on this machine."""

    result: BenchmarkResult
    here: bool


class Knowledge(Struct, frozen=True, kw_only=True):
    """What was measured so far.

    Attributes:
        benchmarked: results of benchmarks.
        stats: of transcriptions on this machine, a row for each setup of a model.
    """

    benchmarked: Sequence[Benchmarked] = ()
    stats: Sequence[Stats] = ()


class Expectation(Struct, frozen=True, kw_only=True):
    """What a model is expected to make of a recording.

    Attributes:
        error: words wrong, left out or added for each of the reference; 0 to 1.
        seconds: the time that transcribing takes, without waiting and loading.
        load_seconds: the time that loading takes.
        words: how many words like these were measured; 0: the error is as published.
        timed: whether the speed was measured on this machine.
    """

    error: float
    seconds: float
    load_seconds: float = LOAD_SECONDS
    words: int = 0
    timed: bool = False


def expect(
    model: Model, sound: SoundFacts, language: str | None, known: Knowledge, *, parts: int = 1
) -> Expectation | None:
    """Return what to expect of a model; None: nothing is known of the errors it makes.

    Args:
        model: the configured model.
        sound: the recording, or one of its channels or tracks.
        language: which is spoken, as an ISO code; None: not known.
        known: what was measured.
        parts: how many channels or tracks are transcribed, one after the other.
    """
    own = [each for each in known.benchmarked if _is_of(each.result, model)]
    published = published_figures(model.model_type, model.model)
    wrong = total = 0.0
    for each in own:
        if each.result.errors and language in {None, each.result.language}:
            weight = _likeness(sound, each.result)
            errors = each.result.errors
            wrong += weight * (errors.substitutions + errors.deletions + errors.insertions)
            total += weight * errors.total
    if published is None and total < PRIOR_WORDS:
        return None
    prior = published_error(published, language, sound.snr) if published else wrong / total
    error = (wrong + PRIOR_WORDS * prior) / (total + PRIOR_WORDS)
    rate, timed = _seconds_per_second(model, sound, own, known, published)
    loads = [row.load_seconds for row in known.stats if _is_setup_of(row, model) and row.load_seconds]
    return Expectation(
        error=min(1.0, error),
        seconds=parts * rate * sound.duration,
        load_seconds=loads[0] if loads else LOAD_SECONDS,
        words=round(total),
        timed=timed,
    )


def _seconds_per_second(
    model: Model,
    sound: SoundFacts,
    own: Sequence[Benchmarked],
    known: Knowledge,
    published: PublishedFigures | None,
) -> tuple[float, bool]:
    """Return the time that a second of sound takes, and whether that was measured."""
    if (rate := _benchmarked_rate(own, sound)) is not None:
        return rate, True
    timed = [row for row in known.stats if _is_setup_of(row, model) and row.speed and _is_of_one_part(row)]
    if sum(row.audio_seconds for row in timed) >= FEWEST_SECONDS:
        seconds = sum(row.seconds or 0.0 for row in timed)
        return seconds / sum((row.speed or 0.0) * (row.seconds or 0.0) for row in timed), True
    speed = BASE_SPEED * (published.speed if published else FIGURES["base"].speed) / FIGURES["base"].speed
    return 1 / (speed * _machine_factor(known)), False


def _benchmarked_rate(results: Sequence[Benchmarked], sound: SoundFacts) -> float | None:
    seconds = audio = 0.0
    for each in results:
        if each.here and each.result.seconds and each.result.audio_seconds:
            weight = _pace_likeness(sound, each.result)
            seconds += weight * each.result.seconds
            audio += weight * each.result.audio_seconds
    return seconds / audio if audio >= FEWEST_SECONDS else None


def _machine_factor(known: Knowledge) -> float:
    """Return how fast this machine is against what is published, by the models that were measured here; 1: not known.

    The geometric mean, so that no single model decides.
    """
    logs = []
    for row in known.stats:
        published = published_figures(row.setup.engine, row.setup.weights)
        if published and row.speed and row.audio_seconds >= FEWEST_SECONDS and _is_of_one_part(row):
            logs.append(math.log(row.speed * FIGURES["base"].speed / (BASE_SPEED * published.speed)))
    return math.exp(sum(logs) / len(logs)) if logs else 1.0


def _is_of(result: BenchmarkResult, model: Model) -> bool:
    """Return whether a result was made by a model, as far as results tell."""
    used = result.used
    return result.model == model.name and used is not None and used.type == model.model_type


def _is_setup_of(row: Stats, model: Model) -> bool:
    return (row.model, row.setup.engine, row.setup.weights) == (model.name, model.model_type, model.model)


def _is_of_one_part(row: Stats) -> bool:
    """Return whether recordings were transcribed as a whole: else a second of them was several of sound."""
    return not {"channels", "tracks"} & row.setup.settings.keys()


def _pace_likeness(sound: SoundFacts, result: BenchmarkResult) -> float:
    """Return how much a recording counts for the speed on one that is so long and has so much speech, 0 to 1.

    Some engines leave silence out and others do not, so that no rule is made of the share: what was measured tells.
    """
    other = result.sound
    weight = _kernel(math.log(max(sound.duration, 0.1) / max(result.audio_seconds, 0.1)), LENGTH_SCALE)
    if other and sound.active_share is not None and other.active_share is not None:
        weight *= _kernel(sound.active_share - other.active_share, SHARE_SCALE)
    return weight


def _likeness(sound: SoundFacts, result: BenchmarkResult) -> float:
    """Return how much a recording counts for one that sounds so, 0 to 1; what is not known of either is no matter."""
    weight, other = 1.0, result.sound
    if other and sound.snr is not None and other.snr is not None:
        weight *= _kernel(sound.snr - other.snr, SNR_SCALE)
    if other and sound.bandwidth is not None and other.bandwidth is not None:
        weight *= _kernel(sound.bandwidth - other.bandwidth, BAND_SCALE)
    return weight


def _kernel(distance: float, scale: float) -> float:
    return math.exp(-((distance / scale) ** 2) / 2)
