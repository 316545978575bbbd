"""WritesReports: the part of a screen that writes the report of a benchmark to a file that it asks for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.screen import Screen

from orstt_core.types import Benchmark
from orstt_tui.benchmark_files import SHORT_ID, SUFFIXES, is_report, write_report
from orstt_tui.screens.file_dialog import accepting
from orstt_tui.screens.new_file import NewFileDialog


class WritesReports(Screen[None]):
    """A screen that has a benchmark to write."""

    def ask_for_report(self, benchmark: Benchmark) -> None:
        """Ask for a file at once, for which a name may be typed already, and write the report of a benchmark to it."""

        def named(path: Path | None) -> None:
            if path is not None:
                self.write(benchmark, path)

        self.app.push_screen(ReportScreen(benchmark), named)

    async def with_results(self, benchmark: Benchmark) -> Benchmark:
        """Return a benchmark with its results; who lists them without asks for them only when a report is written."""
        return benchmark

    @work(group="report", exit_on_error=False)
    async def write(self, benchmark: Benchmark, path: Path) -> None:
        """Write the report and say so; why it cannot be written is a notice."""
        await asyncio.to_thread(write_report, await self.with_results(benchmark), path)
        self.app.notify(f"Written: {path}", markup=False)


class ReportScreen(NewFileDialog):
    """Gives the file for a report, or None.

    Args:
        benchmark: what it is of; the suggested file is called so.
    """

    BINDINGS: ClassVar[list[BindingType]] = [accepting("Write")]
    HELP = """\
# Write a report

A name that ends in `.html` makes one page for a browser, with its plot, `.md` a text with tables, `.json` what programs
read. A name without a folder is a file where the program was started, on this machine also when the benchmark is on a
server.
"""

    def __init__(self, benchmark: Benchmark) -> None:
        name = benchmark.name or benchmark.id[:SHORT_ID]
        super().__init__(f"Report of {name}", "Write", file=f"{name.replace('/', '-')}.html", suffix=".html")

    def problem_of(self, path: Path) -> str:
        """Return what is wrong with the ending."""
        return "" if is_report(path) else f"The name must end in one of {', '.join(SUFFIXES)}."
