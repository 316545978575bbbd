"""WeightsWork: the work on models that was begun in this program: pulls, verifications, exports, imports, tunings."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

from textual.worker import Worker

from orstt_core.errors import ModelExists, OrsttError
from orstt_core.text import readable_bytes
from orstt_core.types import Model, StoredWeights, Tuned, Tuning, TuningStatus, Verification
from orstt_tui.file_parts import read_file, write_file
from orstt_tui.notifications import notify_error, notify_warnings
from orstt_tui.screens.base import MainScreen
from orstt_tui.weights_run import Kind, WeightsRun

GROUP = "weights"
"""Worker group of this work."""
WHEN_STOPPED: dict[Kind, str] = {"pull": " The next one goes on from there.", "tuning": " Nothing was changed."}


class WeightsWork:
    """Does the work behind whatever screen is shown, each piece with a run to follow; the latest comes last.

    Args:
        screen: runs the work; while it is there, so is the work.
        changed: called when a piece begins, and when it has ended.
    """

    def __init__(self, screen: MainScreen, changed: Callable[[], None]) -> None:
        self._screen, self._changed = screen, changed
        self._runs: dict[str, WeightsRun] = {}
        self._workers: dict[str, Worker[None]] = {}
        self.ended = 0
        """How many pieces have ended so far."""
        self.verified: dict[str, Verification] = {}
        """What a model, or weights, were when they were last verified here."""

    @property
    def runs(self) -> list[WeightsRun]:
        """What is under way."""
        return list(self._runs.values())

    def run_of(self, name: str) -> WeightsRun | None:
        """Return what is under way with a model, weights or a file."""
        return self._runs.get(name)

    def run_to_show(self, name: str) -> WeightsRun | None:
        """Return what is under way with this one, or else the latest of what is under way with others."""
        return self._runs.get(name) or next(reversed(self._runs.values()), None)

    def pull(self, name: str) -> None:
        """Bring the files of a model, or weights, here."""

        async def pull(run: WeightsRun) -> str:
            self.verified.pop(name, None)
            async with aclosing(self._screen.connection.backend.pull_model(name)) as steps:
                async for step in steps:
                    run.apply(step)
            return f"The files of {name} are here."

        self._begin(WeightsRun("pull", name), pull)

    def verify(self, name: str) -> None:
        """Read every byte of the files of a model, or weights."""

        async def verify(_: WeightsRun) -> str:
            found = self.verified[name] = await self._screen.connection.backend.verify_weights(name)
            if found.is_right:
                return f"{name}: {found.detail}"
            self._screen.app.notify(f"{found.detail}\n{found.fix}".strip(), title=name, severity="error", markup=False)
            return ""

        self._begin(WeightsRun("verification", name), verify)

    def export(self, name: str, file: Path, stored: StoredWeights | None) -> None:
        """Write a model to a file; how many bytes there are to write is known from what is stored."""
        place = file.absolute()

        async def export(run: WeightsRun) -> str:
            await write_file(file, self._screen.connection.backend.export_model(name), run.count)
            return f"Exported {name} to {place}: {readable_bytes(run.done)}."

        self._begin(WeightsRun("export", name, stored.size if stored else None), export)

    def bring(self, file: Path, name: str | None, *, name_taken: Callable[[ModelExists], bool]) -> None:
        """Import a model from a file.

        Args:
            file: which.
            name: what to call the model; None: as it was called.
            name_taken: told that another model has that name; says whether it sees to that.
        """

        async def bring(run: WeightsRun) -> str:
            try:
                async with aclosing(read_file(file, run.count)) as parts:
                    change = await self._screen.connection.backend.import_model(parts, name)
            except ModelExists as error:
                if name_taken(error):
                    return ""
                raise
            notify_warnings(self._screen.app, change.warnings)
            return f"Imported {change.model.name}."

        self._begin(WeightsRun("import", file.name, file.stat().st_size), bring)

    def tune(self, model: Model) -> None:
        """Find and store the fastest setting of a model."""

        async def tune(run: WeightsRun) -> str:
            async with aclosing(self._screen.connection.backend.tune_model(model.id)) as events:
                async for event in events:
                    match event:
                        case TuningStatus(text=text):
                            run.say(text)
                        case Tuned(tuning=tuning):
                            return conclusion(tuning)
            return ""

        if self._begin(WeightsRun("tuning", model.name), tune):
            how = f"Tuning {model.name} takes a minute or two; Escape stops it."
            self._screen.app.notify(how, markup=False)

    def cancel(self, name: str) -> None:
        """Stop what is under way with this one."""
        if (worker := self._workers.get(name)) is not None:
            worker.cancel()
            kind = self._runs[name].kind
            self._screen.app.notify(f"Stopped the {kind} of {name}.{WHEN_STOPPED.get(kind, '')}", markup=False)

    def _begin(self, run: WeightsRun, work: Callable[[WeightsRun], Awaitable[str]]) -> bool:
        if run.name in self._runs:
            self._screen.app.notify(f"Wait: {self._runs[run.name].sentence}", severity="warning", markup=False)
            return False
        self._runs[run.name] = run
        self._workers[run.name] = self._screen.run_worker(self._follow(run, work), group=GROUP, exit_on_error=False)
        self._changed()
        return True

    async def _follow(self, run: WeightsRun, work: Callable[[WeightsRun], Awaitable[str]]) -> None:
        app = self._screen.app
        try:
            if said := await work(run):
                app.notify(said, markup=False)
        except OrsttError as error:
            notify_error(app, error, title=f"The {run.kind} of {run.name} failed")
        finally:
            del self._runs[run.name], self._workers[run.name]
            self.ended += 1
            if self._screen.is_running:
                self._changed()


def conclusion(tuning: Tuning) -> str:
    """Return what came of a tuning that was stored."""
    if tuning.best is None:
        return f"Nothing that was tried is faster by 5 %: {tuning.model} stays as it is."
    gained = f"{tuning.model} is now {tuning.best.speed:.2f} times as fast: {tuning.after.in_words}."
    return f"{gained} `Undo tuning` puts it back."
