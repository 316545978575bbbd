"""Under which conditions a benchmark ran, in words: options, and what each model was, so that runs are told apart."""

from __future__ import annotations

from collections.abc import Iterator

from orstt_core.benchmarks.scores import results_of
from orstt_core.option_fields import chosen_options, in_words
from orstt_core.types import Benchmark, BenchmarkResult

NONE = "not given"


def options_of(benchmark: Benchmark) -> str:
    """Return the options that were not left at their defaults, by their names on the command line; empty: none."""
    return ", ".join(f"{name} {value}" for name, value in _options(benchmark).items())


def models_of(benchmark: Benchmark) -> dict[str, str]:
    """Return what transcribed for each model: weights, number format, device, settings; without what is not known."""
    found = {model: _used(benchmark, model) for model in benchmark.models}
    return {model: told for model, told in found.items() if told}


def changed_conditions(first: Benchmark, second: Benchmark) -> Iterator[str]:
    """Yield a sentence for each condition that two runs do not share: machine, options, what a model of both was."""
    if first.machine != second.machine:
        yield f"Machine: {first.machine}; then {second.machine}."
    before, after = _options(first), _options(second)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"Option {name}: {before.get(name, NONE)}; then {after.get(name, NONE)}."
    was, became = models_of(first), models_of(second)
    for model, told in was.items():
        if became.get(model, told) != told:
            yield f"{model}: {told}; then {became[model]}."


def _options(benchmark: Benchmark) -> dict[str, str]:
    return {(field.flag or field.name).replace("_", "-"): told for field, told in chosen_options(benchmark.options)}


def _used(benchmark: Benchmark, model: str) -> str:
    """Return what transcribed, each once: `auto` takes several, and a run that was ended may go on with another."""
    told = dict.fromkeys(filter(None, (_in_words(each) for each in results_of(benchmark.results, model))))
    return "; ".join(told)


def _in_words(result: BenchmarkResult) -> str:
    if not (used := result.used):
        return ""
    name = [] if used.name == result.model else [used.name]
    settings = [f"{name} {in_words(value)}" for name, value in sorted(result.settings.items())]
    return ", ".join(filter(None, [*name, used.type, result.weights, used.compute_type, used.device, *settings]))
