"""MeasuringScreen: the commands that measure models on a person's recordings: begin, stop."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.worker import Worker

from orstt_core.errors import OrsttError
from orstt_core.types import Benchmark
from orstt_tui.benchmark_files import SHORT_ID
from orstt_tui.benchmark_run import BenchmarkRun
from orstt_tui.notifications import notify_error
from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.measure_models import MeasureModelsScreen, ModelsToMeasure

MEASURING_GROUP = "measuring"
"""Worker group of a benchmark."""
BEGINS = "it begins"
"""The progress of one that has not said anything yet: from then on no second one can begin."""
NEXT = "X tries a second model on live work; a in Models takes one."


class MeasuringScreen(MainScreen):
    """A screen that shows how far a benchmark is, which goes on behind other screens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "measure", "Measure", id="measure.new", tooltip="Measure models on recordings with texts"),
        Binding("s", "stop", "Stop", id="measure.stop", tooltip="Stop measuring; what was found stays"),
    ]

    _measuring: Worker[None] | None = None
    progress = ""
    """How far the benchmark is that is under way; empty: there is none."""
    _run: BenchmarkRun | None = None

    @property
    def job(self) -> str:
        """Id of the benchmark's latest transcription; empty: there was none."""
        return self._run.job if self._run else ""

    def show_progress(self) -> None:
        """Show how far it is."""
        raise NotImplementedError

    def why_not(self, action: str) -> str:
        """Return why none can begin, or be stopped."""
        if action == "measure" and self.progress:
            return f"Models are being measured: {self.progress}. `s` stops that."
        if action == "stop" and not self.progress:
            return "Nothing is being measured."
        return super().why_not(action)

    def action_measure(self) -> None:
        """Ask for the recordings and the models, and measure these."""

        def answered(wanted: ModelsToMeasure | None) -> None:
            if wanted is not None:
                self._note_progress(BEGINS)
                self._measuring = self.measure(wanted)

        self.app.push_screen(MeasureModelsScreen(self.connection), answered)

    def action_stop(self) -> None:
        """Stop measuring."""
        if self._measuring is not None:
            self._measuring.cancel()

    @work(exclusive=True, group=MEASURING_GROUP, exit_on_error=False)
    async def measure(self, wanted: ModelsToMeasure) -> None:
        """Measure models; when it is over, say what came of it."""
        begun: Benchmark | None = None
        self._run = run = BenchmarkRun(self.connection.backend, self._note_progress)
        try:
            begun = await run.begin(wanted.references, wanted.draft)
            self.renew()
            self.app.notify(await _conclusion(await run.finish(wanted.references)), title="Measured", markup=False)
        except OrsttError as error:
            notify_error(self.app, error, title="Measuring ended")
        except asyncio.CancelledError:
            if begun is not None:
                rest = f"orstt bench --set FOLDER --resume {begun.id[:SHORT_ID]} goes on with the rest."
                self.app.notify(f"Stopped. What was found stays; {rest}", markup=False)
            raise
        finally:
            self._note_progress("")
            self.renew()

    def _note_progress(self, words: str) -> None:
        self.progress = words
        if self.is_running:
            self.show_progress()
            self.refresh_bindings()


async def _conclusion(benchmark: Benchmark) -> str:
    from orstt_core.benchmarks.report import report, title_of

    told = await asyncio.to_thread(report, benchmark)
    further = [NEXT] if len(benchmark.models) > 1 else []
    return "\n".join(told.sentences + further) if told.sentences else f"{title_of(benchmark)} is complete."
