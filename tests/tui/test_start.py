"""The program paints first, opens after, and follows its backend whatever happens to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from functools import partial
from typing import Self

import pytest
from scripted import ScriptedBackend
from tui.conftest import Open
from tui.piloting import notices, program, screen_text, until

from orstt_core.errors import DatabaseUnavailable, ServerUnreachable
from orstt_core.settings import Settings
from orstt_core.types import BackendEvent, BackendInfo, ModelsChanged
from orstt_tui import app, backend_connection
from orstt_tui.app import OrsttApp


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_connection, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(app, "SHOWN", 0.05)


class Unreachable(ScriptedBackend):
    """A server that does not answer until told to."""

    def __init__(self) -> None:
        super().__init__(location="https://stt.example:8000")
        self.up = False
        self.asked = 0
        self.closed = False

    async def info(self) -> BackendInfo:
        self.asked += 1
        if not self.up:
            raise ServerUnreachable(f"{self.location} does not answer.", hint="Is it running?")
        return await super().info()

    async def __aexit__(self, *_: object) -> None:
        self.closed = True


async def test_the_first_paint_and_the_first_key_do_not_wait_for_the_backend(open_app: Open) -> None:
    release = threading.Event()

    def slow() -> ScriptedBackend:
        release.wait(60)
        return ScriptedBackend()

    async with open_app(slow, ready=False) as pilot:
        await until(pilot, lambda: "STT Model Settings" in screen_text(pilot))
        assert "OR-STT" in screen_text(pilot)
        assert "local · opening…" in screen_text(pilot)
        await pilot.press("n")
        await until(pilot, lambda: any("not open yet" in notice for notice in notices(pilot)))
        await pilot.press("escape")
        release.set()
        await until(pilot, lambda: "local · ready" in screen_text(pilot))
        await until(pilot, lambda: "active: base (whisper, cpu, int8)" in screen_text(pilot))


async def test_an_unreachable_server_is_named_said_once_and_tried_again_by_itself(open_app: Open) -> None:
    server = Unreachable()
    settings, opened = Settings(remote="https://me:secret@stt.example:8000"), list[str]()
    shown = partial(opened.append, "it is shown that nobody answers")
    async with open_app(lambda: server, settings=settings, ready=False, size=(110, 40), opened=shown) as pilot:
        await until(pilot, lambda: "https://stt.example:8000" in screen_text(pilot))
        assert "secret" not in screen_text(pilot)
        await until(pilot, lambda: server.asked >= 3)
        assert "disconnected" in screen_text(pilot)
        assert "Is it running?" in str(pilot.app.screen.query_one("#models-none").render())
        assert sum("does not answer" in notice for notice in notices(pilot)) == 1
        assert any("^r tries at once" in notice for notice in notices(pilot))
        await until(pilot, lambda: opened)
        server.up = True
        await until(pilot, lambda: "stt.example:8000 · connected" in screen_text(pilot) and program(pilot).models)
        await pilot.press("q")
    assert server.closed
    assert len(opened) == 1


async def test_ctrl_r_tries_at_once(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_connection, "FIRST_PAUSE", 600)
    server = Unreachable()
    async with open_app(lambda: server, ready=False, size=(110, 40)) as pilot:
        await until(pilot, lambda: "disconnected" in screen_text(pilot))
        server.up = True
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "stt.example:8000 · connected" in screen_text(pilot))


async def test_a_database_that_cannot_be_opened_is_said_and_tried_again(open_app: Open) -> None:
    class Closed(ScriptedBackend):
        tries = 0

        async def __aenter__(self) -> Self:
            Closed.tries += 1
            if Closed.tries < 3:
                raise DatabaseUnavailable("The database does not answer.", hint="Is PostgreSQL running?")
            return self

    async with open_app(Closed, ready=False) as pilot:
        await until(pilot, lambda: any("Is PostgreSQL running?" in notice for notice in notices(pilot)))
        await until(pilot, lambda: "ready" in screen_text(pilot) and program(pilot).models)


async def test_a_connection_that_ends_or_fails_later_comes_back(open_app: Open) -> None:
    class Dropping(ScriptedBackend):
        listened = 0

        def __init__(self) -> None:
            super().__init__(location="https://stt.example")
            self.end, self.fail = asyncio.Event(), asyncio.Event()

        async def events(self) -> AsyncGenerator[BackendEvent]:
            self.listened += 1
            if self.listened == 1:
                await self.end.wait()
                return
            await self.fail.wait()
            if self.listened == 2:
                raise ServerUnreachable("The server went away.")
            await asyncio.Event().wait()
            yield ModelsChanged(reason="never")

    server = Dropping()
    async with open_app(lambda: server) as pilot:
        del server.rows[1]
        server.end.set()
        await until(pilot, lambda: any("ended the connection" in notice for notice in notices(pilot)))
        await until(pilot, lambda: " connected" in screen_text(pilot) and len(program(pilot).models) == 4)
        del server.rows[3]
        server.fail.set()
        await until(pilot, lambda: any("went away" in notice for notice in notices(pilot)))
        await until(pilot, lambda: " connected" in screen_text(pilot) and len(program(pilot).models) == 3)


async def test_an_error_nobody_expected_becomes_a_notice_and_a_log_entry(
    open_app: Open, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_app() as pilot:

        async def broken() -> list[object]:
            raise ZeroDivisionError("halved by nothing")

        backend.models = broken  # type: ignore[assignment]  # the defect under test
        backend.emit(ModelsChanged(reason="something changed"))
        await until(pilot, lambda: any("halved by nothing" in notice for notice in notices(pilot)))
        assert pilot.app.is_running
    assert any("ZeroDivisionError" in (record.exc_text or "") for record in caplog.records)


def test_animations_are_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def level() -> str:
        return OrsttApp(lambda _: ScriptedBackend(), settings=Settings()).animation_level

    assert level() == "none"
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "full")
    assert level() == "full"


def test_the_first_paint_waits_for_nothing_that_only_a_backend_or_a_main_screen_needs() -> None:
    code = "import sys, orstt_tui.app; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "litestar",
        "piccolo",
        "numpy",
        "uvicorn",
        "faster_whisper",
        "av",
        "soundfile",
        "httpx2",
        "huggingface_hub",
        "email",
        "secrets",
        "orstt_core.backend",
        "orstt_core.types",
        "orstt_tui.screens.models",
        "textual.widgets._data_table",
    }
    assert "orstt_tui.screens.opening" in found
    assert heavy.isdisjoint(found), heavy.intersection(found)
