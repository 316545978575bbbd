"""MeasureScreen: how models did beside each other, by what they took at work and by benchmarks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.widget import Widget
from textual.widgets import Static

from orstt_core.errors import OrsttError
from orstt_core.measurements.drift import changes_lately, sentences
from orstt_core.types import ENDED, Benchmark, BenchmarkReport, Job, Stats, StatsGrouping, StatsQuery
from orstt_tui.backend_connection import BackendConnection, ConnectionState
from orstt_tui.benchmark_files import SHORT_ID
from orstt_tui.formatting import count
from orstt_tui.measured_rows import BENCHMARKS, FIGURES, benchmark_row, figures_row
from orstt_tui.notifications import error_text
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.measuring import MeasuringScreen
from orstt_tui.screens.writing_reports import WritesReports
from orstt_tui.widgets.detailed_list import DetailedList
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.pane import Pane, show_title
from orstt_tui.widgets.scatter import Scatter

DEBOUNCE = 0.3
"""Seconds without another change before the backend is asked."""
LATEST = 20
"""Benchmarks whose errors are in the history of a model: their results are fetched one by one."""
NO_FIGURES = "Nothing has been transcribed yet; what each transcription took will be added up here."
NO_RUNS = "No benchmark yet: n measures models on your own recordings, and so does orstt bench --set FOLDER."
PLOT = "Errors against speed"
TITLES: dict[StatsGrouping, str] = {"model": "Models at work", "day": "Models at work, by day"}


class MeasureScreen(MeasuringScreen, WritesReports):
    """What models took over the benchmarks; with much room, the plot of the benchmark under the cursor too."""

    HELP = """\
# Measure

Above, what transcriptions took on this database: **Speed** in times real time, time until the **first** segment, time
to **load**, most **memory**, how **sure** the engine was, and the share of windows that it decoded **again**. **b**
shows each day by itself, **Enter** draws the days of the model. `?` marks one that does worse of late than it did.

Below, the benchmarks. **n** runs one on recordings with their texts, behind other screens; **s** stops it. **Enter**
shows one: errors with their bounds, whether two models differ by more than chance, and errors against speed. **x**
writes its report, **d** deletes it. **Tab** leads from one list to the other.

**X** shows the experiments: a second model tried on live work, judged by people who do not know which is which.
"""
    CSS_PATH = "measure.tcss"
    MODE = "measure"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "by", "By day or model", id="measure.by", tooltip="Show each day by itself, or all together"),
        Binding("enter", "open", "Show", id="measure.open", tooltip="Draw the model's days, or show the benchmark"),
        Binding("x", "export", "Report", id="measure.export", tooltip="Write the report of the benchmark to a file"),
        Binding("X", "experiments", "Experiments", id="measure.experiments", tooltip="Models tried on live work"),
        Binding("d", "delete", "Delete", show=False, id="measure.delete", tooltip="Delete the selected benchmark"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._by: StatsGrouping = "model"
        self._figures: list[Stats] = []
        self._drift: dict[str, str] = {}
        """What is worse of which model, in a sentence."""
        self._benchmarks: list[Benchmark] = []
        self._known: dict[tuple[str, int], tuple[Benchmark, BenchmarkReport]] = {}

    def body(self) -> Iterable[Widget]:
        """Models over benchmarks, beside which there is the plot."""
        with Container(id="measure-body"):
            with Pane(TITLES["model"], id="measure-models", classes="-above"):
                yield DetailedList(FIGURES)
                yield Static("Opening…", classes="muted measure-none", markup=False)
                yield Static(id="measure-drift", markup=False)
            with Horizontal(id="measure-below"):
                with Pane("Benchmarks", id="measure-runs"):
                    yield DetailedList(BENCHMARKS)
                    yield Static(NO_RUNS, classes="muted measure-none", markup=False)
                with Pane(PLOT, id="measure-plot"):
                    yield Scatter("times real time", "errors in a hundred")

    def on_mount(self) -> None:
        """Look again whenever a job ends."""
        self.watch(self.app, "job", self._note_job)
        self.query_one("#measure-drift").display = False
        self._runs.query_one(ListTable).focus()

    def on_screen_resume(self) -> None:
        """Look again."""
        self.renew()

    def show_connection(self, state: ConnectionState) -> None:
        """Show the place; what is there is looked at once it answers."""
        super().show_connection(state)
        if state.phase == "ready":
            self.renew()
        elif state.problem:
            self._show_none(self._models, "\n".join(error_text(state.problem)))

    def renew(self) -> None:
        """Ask for all of it again."""
        if self.connection.state.phase == "ready":
            self.look()

    def _note_job(self, job: Job | None) -> None:
        if job is not None and job.state in ENDED and self in self.app.screen_stack:
            self.renew()

    @property
    def _models(self) -> Widget:
        return self.query_one("#measure-models")

    @property
    def _runs(self) -> Widget:
        return self.query_one("#measure-runs")

    @property
    def selected(self) -> Benchmark | None:
        """The benchmark under the cursor."""
        row = self._runs.query_one(ListTable).cursor_row
        return self._benchmarks[row] if 0 <= row < len(self._benchmarks) else None

    # --- looking ----------------------------------------------------------------------------------

    @work(exclusive=True, group="measure", exit_on_error=False)
    async def look(self) -> None:
        """Show what there is now; the latest call wins, and why there is nothing stands in its place."""
        await asyncio.sleep(DEBOUNCE)
        try:
            changes = await changes_lately(self.connection.backend.stats, datetime.now(UTC).date())
            self._figures = await self.connection.backend.stats(StatsQuery(by=self._by))
            self._benchmarks = await self.connection.backend.benchmarks()
        except OrsttError as error:  # a key may be too small for it
            self._show_none(self._models, "\n".join(error_text(error)))
            return
        self._drift = sentences(changes)
        total = sum(row.transcriptions for row in self._figures)
        show_title(self._models, TITLES[self._by], count(total, "transcription"))
        self._models.query_one(DetailedList).show(
            [figures_row(row, drifts=row.model in self._drift) for row in self._figures]
        )
        self._show_none(self._models, "" if self._figures else NO_FIGURES)
        drift = self.query_one("#measure-drift", Static)
        drift.update("\n".join(f"? {model}: {sentence}" for model, sentence in self._drift.items()))
        drift.display = bool(self._drift)
        self.show_progress()
        first = bool(self._benchmarks) and not self._runs.query_one(DetailedList).display
        self._runs.query_one(DetailedList).show([benchmark_row(each) for each in self._benchmarks])
        self._show_none(self._runs, "" if self._benchmarks else NO_RUNS)
        runs = self._runs.query_one(ListTable)
        if self.focused is None or self.focused is runs or first:  # a list without lines is hidden, and loses the keys
            (runs if self._benchmarks or not self._figures else self._models.query_one(ListTable)).focus()
        self.refresh_bindings()
        self.show_plot()

    def show_progress(self) -> None:
        """Show how many benchmarks there are, and how far the one is that is under way."""
        number = f"Benchmarks: {len(self._benchmarks)}" if self._benchmarks else "Benchmarks"
        show_title(self._runs, number, self.progress or ("Enter shows one" if self._benchmarks else ""))

    def _show_none(self, pane: Widget, words: str) -> None:
        pane.query_one(DetailedList).display = not words
        none = pane.query_one(".measure-none", Static)
        none.display = bool(words)
        none.update(words)

    @on(ListTable.RowSelected)
    def _enter(self) -> None:
        self.action_open()

    @on(ListTable.RowHighlighted)
    def _follow_cursor(self) -> None:
        self.show_plot()

    @work(exclusive=True, group="plot", exit_on_error=False)
    async def show_plot(self) -> None:
        """Show the plot of the benchmark on which the cursor rests, where there is room for it."""
        await asyncio.sleep(DEBOUNCE)
        plot, chosen = self.query_one(Scatter), self.selected
        if not plot.region:
            return
        told = await self._told(chosen) if chosen else None
        if told is None:
            show_title(self.query_one("#measure-plot"), PLOT)
            plot.show([])
            return
        from orstt_core.benchmarks.report import points_of, title_of

        show_title(self.query_one("#measure-plot"), f"{PLOT}: {title_of(told[0])}")
        plot.show(points_of(told[1].scores))

    async def _told(self, chosen: Benchmark) -> tuple[Benchmark, BenchmarkReport]:
        """Return a benchmark with its results, and what they come to; they are worked out once."""
        key = (chosen.id, chosen.done)
        if key not in self._known:
            from orstt_core.benchmarks.report import report

            benchmark = await self.connection.backend.benchmark(chosen.id)
            self._known[key] = benchmark, await asyncio.to_thread(report, benchmark)
        return self._known[key]

    # --- commands ---------------------------------------------------------------------------------

    def why_not(self, action: str) -> str:
        """Return why there is no benchmark to do it with."""
        wanted = action in {"open", "export", "delete"} and self.is_mounted
        wanted = wanted and not (action == "open" and self._model)
        if wanted and self.selected is None:
            return "There is no benchmark yet: n runs one."
        return super().why_not(action)

    def action_by(self) -> None:
        """Show days, or models."""
        self._by = "day" if self._by == "model" else "model"
        self.renew()

    @property
    def _model(self) -> str:
        """The model under the cursor, where the cursor is among the models."""
        table = self._models.query_one(ListTable)
        return self._figures[table.cursor_row].model if table.has_focus and self._figures else ""

    def action_open(self) -> None:
        """Draw the days of the selected model, or show the selected benchmark."""
        if self._model:
            self.open_history(self._model)
        elif self.selected is not None:
            self.open(self.selected)

    @work(exclusive=True, group="open", exit_on_error=False)
    async def open_history(self, model: str) -> None:
        """Draw the days of a model, with its errors in the latest benchmarks of it."""
        from orstt_tui.screens.history import HistoryScreen
        from orstt_tui.widgets.curves import DayFigure

        days = await self.connection.backend.stats(StatsQuery(by="day", model=model))
        errors = [
            DayFigure(benchmark.set, benchmark.created_at.date(), 100 * score.rate)
            for each in [each for each in self._benchmarks if model in each.models][:LATEST]
            for benchmark, told in [await self._told(each)]
            for score in told.scores
            if score.model == model and score.rate is not None
        ]
        if self.is_current:
            self.app.push_screen(HistoryScreen(model, days, errors, self._drift.get(model, "")))

    @work(exclusive=True, group="open", exit_on_error=False)
    async def open(self, chosen: Benchmark) -> None:
        """Show what a benchmark came to."""
        from orstt_tui.screens.benchmark import BenchmarkScreen

        told = await self._told(chosen)
        if self.is_current:  # what was opened meanwhile stays in front
            self.app.push_screen(BenchmarkScreen(*told))

    def action_experiments(self) -> None:
        """Show the models that are tried on live work."""
        from orstt_tui.screens.experiments import ExperimentsScreen

        self.app.push_screen(ExperimentsScreen(self.connection))

    def action_export(self) -> None:
        """Write the report of the selected benchmark."""
        if self.selected is not None:
            self.ask_for_report(self.selected)

    async def with_results(self, benchmark: Benchmark) -> Benchmark:
        """Return a benchmark with its results, which the list has not."""
        return (await self._told(benchmark))[0]

    def action_delete(self) -> None:
        """Ask, then delete the selected benchmark."""
        if (chosen := self.selected) is None:
            return

        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.delete(chosen)

        name = chosen.name or chosen.id[:SHORT_ID]
        details = f"Its {count(chosen.done, 'result')} of {', '.join(chosen.models)} are gone then."
        self.app.push_screen(ConfirmScreen(f"Delete the benchmark {name}?", details), answered)

    @work(group="change", exit_on_error=False)
    async def delete(self, chosen: Benchmark) -> None:
        """Delete a benchmark."""
        await self.connection.backend.delete_benchmark(chosen.id)
        self.app.notify(f"Deleted the benchmark {chosen.name or chosen.id[:SHORT_ID]}.", markup=False)
        self.renew()
