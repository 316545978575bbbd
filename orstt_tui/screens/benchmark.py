"""BenchmarkScreen: what a benchmark came to: scores, differences in words, and errors against speed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from orstt_core.types import Benchmark, BenchmarkReport
from orstt_tui.benchmark_files import SHORT_ID
from orstt_tui.formatting import count
from orstt_tui.screens.dialog import Dialog
from orstt_tui.screens.writing_reports import WritesReports
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList
from orstt_tui.widgets.moving import ScrollPane
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.scatter import LETTERS, Scatter

NAMES = (
    "",
    "model",
    "recordings",
    "errors",
    "95 % interval",
    "subst.",
    "left out",
    "added",
    "terms missed",
    "speed",
    "memory",
)
"""Columns of the scores: a letter as in the plot, and those of `orstt_core.benchmarks.report.HEAD`."""
COLUMNS = Columns(
    names=NAMES,
    cut={"model": Share(least=8)},
    expendable=("subst.", "left out", "added", "terms missed", "recordings", "memory"),
)


class BenchmarkScreen(Dialog[None], WritesReports):
    """Shows one benchmark.

    Args:
        benchmark: with its results.
        told: what it comes to.
    """

    HELP = """\
# A benchmark

What models made of recordings of which it is known what was said. **Errors** are wrong, left out and added words for a
hundred of the reference; with 95 % confidence they lie between the bounds of the next column. Below, each model is
compared with the first one, and the plot has speed to the right and errors upwards: best is the lower right.

**x** writes all of it to a file: `.html` for people, `.md` for a page of text, `.json` for programs.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "export", "Write report", id="benchmark.export", tooltip="Write a report to a file"),
        Binding("escape,q", "dismiss(None)", "Close", id="benchmark.close"),
    ]

    def __init__(self, benchmark: Benchmark, told: BenchmarkReport) -> None:
        super().__init__()
        self._benchmark, self._told = benchmark, told

    @property
    def crumb(self) -> str:
        """Its name."""
        from orstt_core.benchmarks.report import title_of

        return title_of(self._benchmark)

    def compose(self) -> ComposeResult:
        """Facts, scores, differences, plot."""
        with Pane(self.crumb, classes="dialog -list", id="benchmark"):
            yield Static(self._facts(), classes="muted", markup=False)
            yield DetailedList(COLUMNS)
            with ScrollPane(id="benchmark-sentences"):
                yield Static(self._sentences(), markup=False)
            yield Scatter("times real time", "errors in a hundred")

    def on_mount(self) -> None:
        """Show what it came to."""
        from orstt_core.benchmarks.report import points_of, score_rows

        head, *rows = score_rows(self._told.scores)
        empty = dict.fromkeys(NAMES, "")
        points = points_of(self._told.scores)
        letters = dict(zip((point.name for point in points), LETTERS, strict=False))
        scores = zip(self._told.scores, rows, strict=True)
        listed = self.query_one(DetailedList)
        listed.show(
            [empty | dict(zip(head, row, strict=True)) | {"": letters.get(score.model, "")} for score, row in scores]
        )
        listed.table.focus()
        self.query_one(Scatter).show(points)

    def _facts(self) -> str:
        from orstt_core.benchmarks.report import facts_of

        return " ".join(facts_of(self._benchmark))

    def _sentences(self) -> str:
        benchmark = self._benchmark
        failed = sum(score.failed for score in self._told.scores)
        more = [f"{count(failed, 'transcription')} failed; the report says why."] if failed else []
        if benchmark.done < benchmark.recordings * len(benchmark.models):
            more.append(f"orstt bench … --resume {benchmark.id[:SHORT_ID]} goes on with the rest.")
        return "\n".join([*self._told.sentences, *more])

    def action_export(self) -> None:
        """Ask for a file, and write the report."""
        self.ask_for_report(self._benchmark)
