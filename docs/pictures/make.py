# ruff: noqa: INP001 - a recipe, not a package
"""Make the pictures of the screens for the README: the real program, on real weights, in a home of its own."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_tui.app import OrsttApp
from orstt_tui.screens.transcribe import TranscribeScreen
from orstt_tui.widgets.check_list import CheckList
from orstt_tui.widgets.job_table import JobTable
from orstt_tui.widgets.path_input import PathInput

HERE = Path(__file__).parent
RECORDING = HERE.parents[1] / "tests" / "data" / "austen.wav"
SIZE = (120, 28)
SAME_EVERYWHERE = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "TEXTUAL_THEME": "textual-dark",
    "LOGNAME": "ana",
}
"""What would otherwise show of whoever makes the pictures."""
STEP_TIMEOUT = 120
"""Seconds that the slowest step, loading and transcribing, may take."""


async def until(pilot: Pilot[None], true: Callable[[], object]) -> None:
    """Wait until something is true and drawn."""
    async with asyncio.timeout(STEP_TIMEOUT):
        while not true():
            await pilot.pause(0.1)
    await pilot.pause(0.5)


def save(app: App[None], name: str) -> None:
    """Write the screen as an SVG that fetches nothing from anywhere."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", app.export_screenshot(), flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(svg.replace("Fira Code, monospace", "monospace"))


async def main(home: Path) -> None:
    """Go through the screens."""
    settings = Settings(data_dir=home / "data", cache_dir=home / "cache")
    app = OrsttApp(lambda: LocalBackend(settings), settings=settings)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.models and "ready to use" in str(message(app)))
        save(app, "models")
        await pilot.press("l")
        await until(pilot, lambda: app.loaded and app.loaded[0].state == "idle")
        await pilot.press("f3")
        await pilot.pause()
        app.screen.query_one(PathInput).value = RECORDING.name
        await pilot.press("f5")
        screen = app.screen
        await until(pilot, lambda: isinstance(screen, TranscribeScreen) and not screen.running)
        save(app, "transcribe")
        await pilot.press("f4")
        await until(pilot, lambda: app.screen.query(JobTable) and app.screen.query_one(JobTable).row_count)
        await pilot.pause(1)
        save(app, "jobs")


def message(app: App[None]) -> object:
    """Return the verdict on the selected model."""
    return app.screen.query_one(CheckList).query_one(".check-message").render()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(RECORDING, folder)
        os.chdir(folder)
        os.environ.pop("NO_COLOR", None)
        os.environ |= SAME_EVERYWHERE
        asyncio.run(main(Path(folder)))
