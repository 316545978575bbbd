"""The terminal program over a scripted backend, at a fixed size, in a fixed place and time zone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from scripted import ScriptedBackend
from syrupy.assertion import SnapshotAssertion
from textual import _wait
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.pilot import Pilot
from textual.screen import Screen
from tui.pictures import NOW, Album, Compare, Drawing, Steps
from tui.piloting import MOST_SECONDS, at_rest, until

from orstt_core.backend import Backend
from orstt_core.settings import Settings
from orstt_tui import formatting, transcription_run
from orstt_tui.app import OrsttApp

Open = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


@pytest.fixture(scope="session", autouse=True)
def shorter_waits() -> Iterator[None]:
    """Let a pilot look twice as often whether the program is idle: it does so after every key, and for most of a test.

    What is drawn at the program's 60 frames a second is still drawn within the two looks that follow a key.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SLEEP_GRANULARITY", "SLEEP_IDLE"):
            patch.setattr(_wait, name, getattr(_wait, name) / 2)
        yield


@pytest.fixture
def drawn_at_once() -> None:
    """Draw at every change, as a terminal has it."""


@pytest.fixture
def snap_compare(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Take each picture once nothing on the screen changes any more; no second passes meanwhile."""
    monkeypatch.setattr(transcription_run, "time", SimpleNamespace(monotonic=lambda: 1.0))

    def compare(app: OrsttApp, *, terminal_size: tuple[int, int], run_before: Steps) -> bool:
        async def steps(pilot: Pilot[None]) -> None:
            async with asyncio.timeout(MOST_SECONDS):
                await run_before(pilot)
                await at_rest(pilot)

        return snap_compare(app, terminal_size=terminal_size, run_before=steps)

    return compare


@pytest.fixture
def album(
    snapshot: SnapshotAssertion,
    drawn_at_once: None,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Album]:
    """Take pictures, and fail at the end, naming those that are unlike the ones somebody looked at."""
    monkeypatch.setattr(transcription_run, "time", SimpleNamespace(monotonic=lambda: 1.0))
    monkeypatch.setattr(formatting, "now", lambda: NOW)
    album = Album(snapshot.use_extension(Drawing), tmp_path_factory.mktemp("unlike"))
    yield album
    assert not album.unlike, "these look otherwise than they did: look at them, then --snapshot-update"


@pytest.fixture(autouse=True)
def drawn_when_looked_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw a screen when a test asks for its text, not at every change: there is no terminal. Pictures need it all."""
    if {"snap_compare", "drawn_at_once"} & set(request.fixturenames):
        return

    def undrawn(compositor: Compositor, *, screen_stack: list[Screen[object]] | None = None) -> None:
        visible_screen_stack.set(screen_stack or [])
        compositor._dirty_regions.clear()

    monkeypatch.setattr(Compositor, "render_update", undrawn)


@pytest.fixture(autouse=True)
def same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No colour setting, theme or time zone of the machine's shows."""
    for variable in ("TEXTUAL_THEME", "TEXTUAL_ANIMATIONS", "COLORTERM", "TMUX"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def backend() -> ScriptedBackend:
    return ScriptedBackend()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file to name; the scripted backend does not read it."""
    path = tmp_path / "talk.wav"
    path.write_bytes(b"RIFF")
    return path


@pytest.fixture
def open_app(backend: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open the program in an empty folder; give the pilot once the models are on the screen."""
    monkeypatch.chdir(tmp_path)

    @asynccontextmanager
    async def opened(
        over: Callable[[], Backend] | None = None,
        *,
        size: tuple[int, int] = (80, 24),
        settings: Settings | None = None,
        api: bool = False,
        ready: bool = True,
        reach: Callable[[Settings], Backend] | None = None,
        seconds: float = MOST_SECONDS,
        opened: Callable[[], object] | None = None,
    ) -> AsyncGenerator[Pilot[None]]:
        reach = reach or (lambda _: over() if over else backend)
        app = OrsttApp(reach, settings=settings or Settings(), api=api, opened=opened)
        # pytest's own timeout would leave the app's tasks behind, and they outlive being cancelled.
        async with asyncio.timeout(seconds), app.run_test(size=size, notifications=True) as pilot:
            if ready:
                await until(pilot, lambda: bool(app.models))
            yield pilot

    return opened
