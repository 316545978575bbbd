"""The terminal program over a scripted backend, at a fixed size, in a fixed place and time zone."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from scripted import ScriptedBackend
from textual.pilot import Pilot
from tui.piloting import until

from orstt_core.backend import Backend
from orstt_core.settings import Settings
from orstt_tui.app import OrsttApp

Open = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


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
def open_app(backend: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open the program in an empty folder; give the pilot once the models are on the screen."""
    monkeypatch.chdir(tmp_path)

    @asynccontextmanager
    async def opened(
        over: Callable[[], Backend] | None = None,
        *,
        size: tuple[int, int] = (140, 40),
        settings: Settings | None = None,
        api: bool = False,
        ready: bool = True,
    ) -> AsyncGenerator[Pilot[None]]:
        app = OrsttApp(over or (lambda: backend), settings=settings or Settings(), api=api)
        async with app.run_test(size=size, notifications=True) as pilot:
            if ready:
                await until(pilot, lambda: bool(app.models))
            yield pilot

    return opened
