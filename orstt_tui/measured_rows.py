"""Rows of what was measured, for the lists of Measure: models at work, and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping

from orstt_core.types import Benchmark, Stats
from orstt_tui import stats_text
from orstt_tui.benchmark_files import SHORT_ID
from orstt_tui.formatting import clock, date, runs_on
from orstt_tui.widgets.columns import Columns, Share

FIGURES = Columns(
    names=("Model", "Until", "Count", "Sound", "Speed", "First", "Load", "Memory", "Sure", "Again", "Engine", "On"),
    cut={"Model": Share(least=12), "On": Share(least=8)},
    expendable=("On", "Engine", "Load", "Count", "Sound", "Until", "First"),
)
BENCHMARKS = Columns(
    names=("Begun", "Done", "Models", "Name", "Set"),
    cut={"Models": Share(least=14, weight=2), "Name": Share(least=8), "Set": Share(least=10)},
    expendable=("Set",),
)


def figures_row(stats: Stats, *, drifts: bool) -> Mapping[str, str]:
    """Return what a model took; one that does worse of late than before is marked."""
    return {
        "Model": f"{stats.model} ?" if drifts else stats.model,
        "Until": stats.last_day.isoformat(),
        "Count": f"{stats.transcriptions:,}",
        "Sound": clock(stats.audio_seconds),
        "Speed": stats_text.speed(stats),
        "First": stats_text.first_segment(stats),
        "Load": stats_text.load(stats),
        "Memory": stats_text.memory(stats),
        "Sure": stats_text.confidence(stats),
        "Again": stats_text.repeated(stats),
        "Engine": stats.setup.engine,
        "On": runs_on(stats.setup),
    }


def benchmark_row(benchmark: Benchmark) -> Mapping[str, str]:
    """Return which models a benchmark measured on what, and how far it is."""
    return {
        "Begun": date(benchmark.created_at),
        "Done": f"{benchmark.done} of {benchmark.recordings * len(benchmark.models)}",
        "Models": ", ".join(benchmark.models),
        "Name": benchmark.name or benchmark.id[:SHORT_ID],
        "Set": benchmark.set,
    }
