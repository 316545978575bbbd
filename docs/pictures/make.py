# ruff: noqa: INP001 - a recipe, not a package
"""Make the pictures of the screens for README and tour: the real program, on real weights, in a home of its own.

`ORSTT_SPEECH` may name a folder with the recordings of `MORE`; without it there is the one of the tests.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import TranscribeRequest
from orstt_tui.app import OrsttApp
from orstt_tui.screens.transcribe import TranscribeScreen
from orstt_tui.screens.transcript import TranscriptScreen
from orstt_tui.widgets.check_list import CheckList
from orstt_tui.widgets.job_table import JobTable
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.path_input import PathInput
from orstt_tui.widgets.waveform import Waveform

HERE = Path(__file__).parent
RECORDING = HERE.parents[1] / "tests" / "data" / "austen.wav"
MORE = {
    "phone-call.wav": "en_call_two_speakers_stereo_8k_mulaw.wav",
    "inaugural.flac": "en_jfk_inaugural_44k_stereo.flac",
}
"""What they are called in the pictures, and in the folder; the last one is read."""
SIZE = (120, 36)
SAME_EVERYWHERE = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LOGNAME": "ana"}
"""What would otherwise show of whoever makes the pictures."""
STEP_TIMEOUT = 900
"""Seconds that the slowest step, transcribing the longest recording, may take."""


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


async def main(home: Path, names: Iterable[str]) -> None:
    """Go through the screens, from the models to a text that is corrected and saved, with jobs on these recordings."""
    settings = Settings(data_dir=home / "data", cache_dir=home / "cache")
    backend = LocalBackend(settings)
    app = OrsttApp(lambda _: backend, settings=settings)
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.models and "ready to use" in str(message(app)))
        await pilot.press("l")
        await until(pilot, lambda: app.loaded and app.loaded[0].state == "idle")
        save(app, "models")
        for name in names:
            job = await backend.submit_job(TranscribeRequest(audio=home / name, keep_audio=True))
            await backend.wait(job.id)
        await pilot.press("f3")
        await pilot.pause()
        app.screen.query_one(PathInput).value = RECORDING.name
        await pilot.press("f5")
        screen = app.screen
        await until(pilot, lambda: isinstance(screen, TranscribeScreen) and not screen.running)
        await pilot.pause(1)
        save(app, "transcribe")
        await pilot.press("f4")
        await until(pilot, lambda: app.screen.query(JobTable) and app.screen.query_one(JobTable).row_count)
        await pilot.press("down")
        await pilot.pause(1)
        save(app, "jobs")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TranscriptScreen) and app.screen.query_one(Waveform).display)
        await pilot.press("down", "down")
        await pilot.pause(1)
        save(app, "reader")
        await pilot.press("e")
        await pilot.pause(1)
        save(app, "correct")
        await pilot.press("escape", "s")
        await pilot.pause(1)
        save(app, "save")
        await pilot.press("escape", "4")
        await until(pilot, lambda: app.screen.query(ListTable) and app.screen.query(ListTable).first().row_count)
        await pilot.pause(1)
        save(app, "measure")


def message(app: App[None]) -> object:
    """Return the verdict on the selected model."""
    return app.screen.query_one(CheckList).query_one(".check-message").render()


def provide(folder: Path) -> None:
    """Copy the recordings there."""
    shutil.copy(RECORDING, folder)
    speech = os.environ.get("ORSTT_SPEECH")
    for name, file in MORE.items() if speech else ():
        shutil.copy(Path(str(speech)) / file, folder / name)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        provide(Path(folder))
        os.chdir(folder)
        for variable in ("NO_COLOR", "TEXTUAL_THEME"):
            os.environ.pop(variable, None)
        os.environ |= SAME_EVERYWHERE | {"XDG_STATE_HOME": folder, "XDG_CONFIG_HOME": folder}
        asyncio.run(main(Path(folder), MORE if "ORSTT_SPEECH" in os.environ else ()))
