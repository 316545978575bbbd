"""The program paints first, opens after, and follows its backend whatever happens to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from typing import Self

import pytest
from scripted import ScriptedBackend
from tui.conftest import Open
from tui.piloting import notices, program, screen_text, until

from orstt_core.errors import DatabaseUnavailable, ServerUnreachable
from orstt_core.settings import Settings
from orstt_core.types import BackendEvent, BackendInfo, ModelsChanged
from orstt_tui import backend_connection
from orstt_tui.app import OrsttApp


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_connection, "FIRST_PAUSE", 0.05)


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


async def test_first_paint_does_not_wait_for_the_backend(open_app: Open) -> None:
    release = threading.Event()

    def slow() -> ScriptedBackend:
        release.wait(60)
        return ScriptedBackend()

    async with open_app(slow, ready=False) as pilot:
        await until(pilot, lambda: "STT Model Settings" in screen_text(pilot))
        assert "OR-STT" in screen_text(pilot)
        assert "local · opening…" in screen_text(pilot)
        release.set()
        await until(pilot, lambda: "local · ready" in screen_text(pilot))
        assert "active: base (whisper, cpu, int8)" in screen_text(pilot)


async def test_a_key_pressed_before_it_is_open_gets_an_answer_and_ends_nothing(open_app: Open) -> None:
    release = threading.Event()

    def slow() -> ScriptedBackend:
        release.wait(60)
        return ScriptedBackend()

    async with open_app(slow, ready=False) as pilot:
        await pilot.press("n")
        await until(pilot, lambda: any("not open yet" in notice for notice in notices(pilot)))
        release.set()


async def test_the_header_names_the_server(open_app: Open) -> None:
    async with open_app(lambda: ScriptedBackend(location="https://stt.example:8000")) as pilot:
        assert "https://stt.example:8000 · connected" in screen_text(pilot)


async def test_a_remote_address_shows_before_it_answers(open_app: Open) -> None:
    settings = Settings(remote="https://me:secret@stt.example:8000")
    async with open_app(Unreachable, settings=settings, ready=False) as pilot:
        await until(pilot, lambda: "https://stt.example:8000" in screen_text(pilot))
        assert "secret" not in screen_text(pilot)


async def test_an_unreachable_server_is_said_once_and_tried_again_by_itself(open_app: Open) -> None:
    server = Unreachable()
    async with open_app(lambda: server, ready=False) as pilot:
        await until(pilot, lambda: server.asked >= 3)
        assert "disconnected" in screen_text(pilot)
        assert sum("does not answer" in notice for notice in notices(pilot)) == 1
        assert any("^r tries at once" in notice for notice in notices(pilot))
        server.up = True
        await until(pilot, lambda: "connected" in screen_text(pilot) and program(pilot).models)


async def test_ctrl_r_tries_at_once(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_connection, "FIRST_PAUSE", 600)
    server = Unreachable()
    async with open_app(lambda: server, ready=False) as pilot:
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


async def test_why_nothing_is_there_stands_on_the_screen(open_app: Open) -> None:
    async with open_app(Unreachable, ready=False) as pilot:
        await until(pilot, lambda: "disconnected" in screen_text(pilot))
        assert "Is it running?" in str(pilot.app.screen.query_one("#models-none").render())


async def test_a_connection_lost_later_comes_back(open_app: Open) -> None:
    class Dropping(ScriptedBackend):
        drop = asyncio.Event()
        listened = 0

        async def events(self) -> AsyncGenerator[BackendEvent]:
            self.listened += 1
            await (self.drop.wait() if self.listened == 1 else asyncio.Event().wait())
            if self.listened == 1:
                raise ServerUnreachable("The server went away.")
            yield ModelsChanged(reason="never")

    server = Dropping(location="https://stt.example")
    async with open_app(lambda: server) as pilot:
        del server.rows[1]
        server.drop.set()
        await until(pilot, lambda: any("went away" in notice for notice in notices(pilot)))
        await until(pilot, lambda: "connected" in screen_text(pilot) and len(program(pilot).models) == 4)


async def test_an_event_stream_that_simply_ends_counts_as_lost(open_app: Open) -> None:
    class Ending(ScriptedBackend):
        async def events(self) -> AsyncGenerator[BackendEvent]:
            await asyncio.sleep(0.05)
            nothing: list[BackendEvent] = []
            for event in nothing:
                yield event

    async with open_app(lambda: Ending(location="https://stt.example")) as pilot:
        await until(pilot, lambda: any("ended the connection" in notice for notice in notices(pilot)))


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


async def test_leaving_closes_the_backend(open_app: Open) -> None:
    server = Unreachable()
    server.up = True
    async with open_app(lambda: server) as pilot:
        await pilot.press("q")
    assert server.closed


def test_animations_are_off_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def level() -> str:
        return OrsttApp(ScriptedBackend, settings=Settings()).animation_level

    assert level() == "none"
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "full")
    assert level() == "full"


def test_importing_the_program_imports_nothing_heavy() -> None:
    code = "import sys, orstt_tui.app; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
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
    }
    assert "textual" in found
    assert heavy.isdisjoint(found), heavy.intersection(found)
