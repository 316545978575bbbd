"""Measure in the terminal program: models at work, and benchmarks that are shown, written and deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from benchmarked import measure, measure_days, statistics
from scripted import ScriptedBackend
from scripted_jobs import a_job
from textual.pilot import Pilot
from textual.widgets import Static
from tui.conftest import Open
from tui.piloting import line, notices, program, screen_text, type_ahead, until

from orstt_core.errors import Forbidden
from orstt_core.types import Accepted, Benchmark, BenchmarkDraft
from orstt_tui.screens.benchmark import BenchmarkScreen
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.history import HistoryScreen
from orstt_tui.screens.measure import MeasureScreen
from orstt_tui.screens.measure_models import MeasureModelsScreen
from orstt_tui.screens.writing_reports import ReportScreen
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.path_input import PathInput

FOREVER = 600.0


def unwrapped(pilot: Pilot[None]) -> str:
    """The screen's text as one line, without borders: where lines break is a matter of the names in them."""
    return " ".join(screen_text(pilot).replace("│", " ").split())


async def begun_once_and_stopped(pilot: Pilot[None], backend: ScriptedBackend, folder: Path) -> None:
    """Begin a benchmark, be refused a second one before the first says anything, be asked on leaving, and stop it."""
    create, begins = backend.create_benchmark, asyncio.Event()

    async def held(draft: BenchmarkDraft) -> Benchmark:
        await begins.wait()
        return await create(draft)

    own = a_job(1, state="running")
    backend.script = [Accepted(model="base", job=own.id), FOREVER]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backend, "create_benchmark", held)
        await pilot.press("n")
        await until(pilot, lambda: "[x] base" in unwrapped(pilot))
        pilot.app.screen.query_one(PathInput).value = str(folder)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, MeasureScreen))
        await pilot.press("n")
        await until(pilot, lambda: any("Models are being measured: it begins." in notice for notice in notices(pilot)))
        begins.set()
        await until(pilot, lambda: "0 of 1" in screen_text(pilot))
    backend.put(own)
    await until(pilot, lambda: program(pilot)._unended == {own.id})
    await pilot.press("f10")
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    said = str(pilot.app.screen.query(Static).last().content)
    assert said.startswith("Measuring stops; what was found stays")
    assert "1 job" not in said, "it is the benchmark's, and ends with it"
    await pilot.press("n", "s")
    await until(pilot, lambda: any("Stopped. What was found stays" in notice for notice in notices(pilot)))


async def measured_here(pilot: Pilot[None], backend: ScriptedBackend, folder: Path) -> None:
    """Measure one model alone on a folder of two recordings, having been refused a folder without any."""
    models = [model.name for model in await backend.models()]
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, MeasureModelsScreen))
    await until(pilot, lambda: f"[x] {models[0]}" in " ".join(screen_text(pilot).split()))
    field = pilot.app.screen.query_one(PathInput)
    await pilot.press("f5")  # without a folder: what people corrected
    await until(pilot, lambda: "Nobody has corrected a transcript" in screen_text(pilot))
    field.value = str(folder)
    await pilot.press("f5")
    await until(pilot, lambda: "Put a text file" in unwrapped(pilot))
    for name in ("a", "b"):
        (folder / f"{name}.wav").write_bytes(name.encode())
        (folder / f"{name}.txt").write_text("Hello there. Specific remarks.")
    pilot.app.screen.query_one(ListTable).focus()
    for _ in models[1:]:
        await pilot.press("down", "space")
    await pilot.press("f5")
    await until(pilot, lambda: "2 of 2" in screen_text(pilot))
    [made] = backend.measured.values()
    assert (made.models, made.set, made.done) == (models[:1], str(folder), 2)
    await pilot.press("enter")
    await until(pilot, lambda: "25.0 % of 8 words" in screen_text(pilot))
    await pilot.press("escape")
    await pilot.press("s")
    await until(pilot, lambda: any("Nothing is being measured" in notice for notice in notices(pilot)))


async def test_models_and_benchmarks_are_shown_written_and_deleted(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path
) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "Nothing has been transcribed yet" in screen_text(pilot))
        await pilot.press("d")
        await until(pilot, lambda: any("There is no benchmark yet" in notice for notice in notices(pilot)))

        backend.statistics = statistics()
        await measure(backend)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "18 of 18" in screen_text(pilot))
        for figure in ("1.5x", "0.40 s", "412 MB", "87%", "2.1%"):
            assert figure in line(pilot, "large ")
        await pilot.press("b")
        await until(pilot, lambda: "Models at work, by day" in screen_text(pilot))
        assert backend.stats_queries[-1].by == "day"

        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, BenchmarkScreen))
        await until(pilot, lambda: "tiny" in line(pilot, "14.8 %"))
        assert "large is better than base by 4.0 points" in screen_text(pilot).replace("\n", " ")
        assert "A base  B tiny  C large" in screen_text(pilot)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReportScreen))
        field = pilot.app.screen.query_one(PathInput)
        assert field.value == "ward.html"
        field.value = str(tmp_path / "ward.pdf")
        await pilot.press("f5")
        await until(pilot, lambda: "must end in one of" in screen_text(pilot))
        field.value = str(tmp_path / "ward.md")
        await pilot.press("f5")
        await until(pilot, (tmp_path / "ward.md").exists)
        await until(pilot, lambda: any("Written: " in notice for notice in notices(pilot)))
        assert (tmp_path / "ward.md").read_text().startswith("# ward")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, MeasureScreen))
        type_ahead(pilot, "x", "end", *"n")
        await until(pilot, lambda: isinstance(pilot.app.screen, ReportScreen))
        await until(pilot, lambda: pilot.app.screen.query_one(PathInput).value == "ward.htmln")
        pilot.app.screen.query_one(PathInput).value = str(tmp_path / "again.md")
        await pilot.press("f5")
        await until(pilot, (tmp_path / "again.md").exists)
        assert (tmp_path / "again.md").read_text() == (tmp_path / "ward.md").read_text()

        await pilot.press("d")
        await until(pilot, lambda: "Delete the benchmark ward?" in screen_text(pilot))
        await pilot.press("n", "d", "y")
        await until(pilot, lambda: "No benchmark yet" in screen_text(pilot))
        assert backend.measured == {}
        await until(pilot, lambda: pilot.app.screen.query_one("#measure-models").has_pseudo_class("focus-within"))

        await measured_here(pilot, backend, tmp_path)
        await begun_once_and_stopped(pilot, backend, tmp_path)

        backend.failure = Forbidden("This key may not see statistics.")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "This key may not see statistics." in screen_text(pilot))


async def test_the_days_of_a_model_are_drawn_and_one_that_does_worse_is_marked(
    open_app: Open, backend: ScriptedBackend
) -> None:
    measure_days(backend)
    await measure(backend)
    async with open_app(size=(100, 24)) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "tiny ?" in screen_text(pilot))
        shown = " ".join(screen_text(pilot).replace("│", " ").split())
        assert "? tiny: In the last 7 days, against the 30 before, its mean confidence is 70.0%, 87.0% before." in shown
        assert "base ?" not in shown
        await pilot.press("shift+tab", "j", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, HistoryScreen) and "●" in screen_text(pilot))
        assert "1,240 transcriptions on 40 days" in screen_text(pilot)
        assert "up: times real time" in screen_text(pilot)
        assert "32.4 on 2026-02-09" in screen_text(pilot)
        await pilot.press("b")
        await until(pilot, lambda: "up: how sure it was" in screen_text(pilot))
        curve = [row for row in screen_text(pilot).splitlines() if "●" in row]
        assert curve[0].index("●") < curve[-1].index("●")  # it fell
        await pilot.press("b")
        await until(pilot, lambda: "14.8 on " in screen_text(pilot))
        await pilot.press("b", "escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, MeasureScreen))
