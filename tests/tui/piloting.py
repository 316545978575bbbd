"""What tests of the terminal program ask of a pilot."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from scripted import speech
from scripted_jobs import a_job
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Select

from orstt_core.types import Done, Job, TranscribeEvent
from orstt_tui.app import OrsttApp
from orstt_tui.screens.add_model import AddModelScreen
from orstt_tui.screens.jobs import JobsScreen
from orstt_tui.widgets.path_input import PathInput

STILL = 6
"""So many looks in a row that show the same are a screen at rest."""
SECONDS = 60.0
"""How long a test waits for what it wants to see."""
MOST_SECONDS = 90.0
"""How long a test may have the program open; less than pytest's own timeout."""


async def until(pilot: Pilot[None], true: Callable[[], object], seconds: float = SECONDS) -> None:
    """Wait until something is true, and the screen has caught up with it."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline or true(), f"it never became true:\n{screen_text(pilot)}"
        await asyncio.sleep(0.03)
    await pilot.pause()


async def at_rest(pilot: Pilot[None]) -> None:
    """Wait until neither text nor colours on the screen change any more, however slow the machine is."""
    looks: list[object] = []
    deadline = time.monotonic() + SECONDS
    while len(looks) < STILL or any(look != looks[-1] for look in looks[-STILL:]):
        assert time.monotonic() < deadline, f"it never came to rest:\n{screen_text(pilot)}"
        await pilot.pause()
        looks.append([list(strip) for strip in pilot.app.screen._compositor.render_strips()])


def type_ahead(pilot: Pilot[None], *keys: str) -> None:
    """Press keys all at once, as a slow link delivers them."""
    for key in keys:
        pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))


def program(pilot: Pilot[None]) -> OrsttApp:
    """The program that the pilot flies."""
    assert isinstance(pilot.app, OrsttApp)
    return pilot.app


async def transcribe(pilot: Pilot[None], path: Path | str) -> None:
    """Go to the transcribe screen, name the recording and begin."""
    await pilot.press("f3")
    await pilot.pause()
    pilot.app.screen.query_one(PathInput).value = str(path)
    await pilot.press("f5")


def ending(*texts: str, **changes: object) -> list[TranscribeEvent | float]:
    """The events of a transcription whose transcript differs in these fields."""
    *events, done = speech(*texts)
    assert isinstance(done, Done)
    return [*events, Done(transcript=msgspec.structs.replace(done.transcript, **changes))]


def a_done_job(number: int, *texts: str) -> Job:
    """A job that ended with this text."""
    done = speech(*texts)[-1]
    assert isinstance(done, Done)
    result = done.transcript
    return a_job(
        number, state="done", text=result.text, segments=result.segments, result=result, duration=result.duration
    )


async def show_jobs(pilot: Pilot[None], words: str) -> JobsScreen:
    """Go to the jobs and wait until these words are there."""
    await pilot.press("f4")
    await until(pilot, lambda: words in screen_text(pilot))
    assert isinstance(pilot.app.screen, JobsScreen)
    return pilot.app.screen


async def name_a_model(pilot: Pilot[None], name: str, seconds: float = SECONDS) -> None:
    """Open the form for a new model and type a name; the engines may take a while to be looked at."""
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, AddModelScreen))
    await until(pilot, lambda: pilot.app.screen.query_one("#type", Select).value == "whisper", seconds)
    await pilot.press(*name)


def can_add(pilot: Pilot[None]) -> bool:
    """Whether the form lets one add."""
    return not pilot.app.screen.query_one("#accept", Button).disabled


def offered(pilot: Pilot[None], field: str) -> list[object]:
    """What a list offers."""
    return [value for _, value in pilot.app.screen.query_one(field, Select)._options if isinstance(value, str)]


def notices(pilot: Pilot[None]) -> list[str]:
    """What notices are on the screen, oldest first."""
    return [notice.message for notice in pilot.app._notifications]


def screen_text(pilot: Pilot[None]) -> str:
    """The screen as characters, line by line."""
    return "\n".join("".join(span.text for span in line) for line in pilot.app.screen._compositor.render_strips())


def line(pilot: Pilot[None], words: str) -> str:
    """The first line of the screen that holds these words; empty when none does."""
    return next((line for line in screen_text(pilot).splitlines() if words in line), "")
