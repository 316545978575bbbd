"""The report of a benchmark in a file: Markdown, one HTML page or JSON, as the file's name says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orstt_core.types import Benchmark, BenchmarkReport
from orstt_core.whole_file import write_whole

SUFFIXES = (".md", ".html", ".json")
SHORT_ID = 8
"""Characters of a benchmark's id that are shown."""


def is_report(path: Path) -> bool:
    """Return whether a report is written under such a name."""
    return path.suffix.lower() in SUFFIXES


def write_report(benchmark: Benchmark, path: Path) -> None:
    """Write the report of a benchmark with its results; takes a moment, for its intervals are worked out.

    Raises:
        StorageFull, FileProblem: it cannot be written.
    """
    from orstt_core.benchmarks.report import markdown, page, report

    forms: dict[str, Callable[[BenchmarkReport], str]] = {".md": markdown, ".html": page, ".json": _as_json}
    write_whole(path.expanduser(), forms[path.suffix.lower()](report(benchmark)))


def _as_json(told: BenchmarkReport) -> str:
    import msgspec

    return f"{msgspec.json.format(msgspec.json.encode(told), indent=2).decode()}\n"
