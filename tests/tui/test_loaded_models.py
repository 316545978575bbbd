"""What is in memory, and activations that take their time; who did what; what ends with the program."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from scripted import WHEN, ScriptedBackend
from scripted_jobs import a_job
from tui.conftest import Open
from tui.piloting import a_done_job, notices, program, screen_text, transcribe, until

from orstt_core.errors import Forbidden, JobNotEnded, ModelNotUsable
from orstt_core.settings import Settings
from orstt_core.types import Accepted, AuditEntry, Change, LoadedChanged
from orstt_tui import app as program_module
from orstt_tui import formatting
from orstt_tui.screens.confirm import Unfinished, leaving_question
from orstt_tui.screens.transcribe import TranscribeScreen

FOREVER = 600.0


async def test_what_is_in_memory_is_loaded_unloaded_and_said_in_the_details(
    open_app: Open, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formatting, "now", lambda: WHEN)
    monkeypatch.setattr("orstt_tui.widgets.model_detail.now", lambda: WHEN)
    async with open_app() as pilot:
        assert "MB" not in screen_text(pilot)
        await pilot.press("l")
        await until(pilot, lambda: "Memory      250 MB" in screen_text(pilot))
        assert "250 MB" in next(line for line in screen_text(pilot).splitlines() if "● " in line)
        [loaded] = backend.loaded
        await pilot.press("u")
        await until(pilot, lambda: "Unloaded base: 250 MB given back." in notices(pilot))
        await until(pilot, lambda: "Memory      250 MB" not in screen_text(pilot))

        backend.loaded = [msgspec.structs.replace(loaded, state="busy", using=2)]
        backend.emit(LoadedChanged())
        await until(pilot, lambda: "250 MB · in use by 2" in screen_text(pilot))
        backend.loaded = [msgspec.structs.replace(loaded, expires_at=WHEN + timedelta(seconds=270))]
        backend.emit(LoadedChanged())
        await until(pilot, lambda: "250 MB · unloaded in 4:30 unless used" in screen_text(pilot))
        until_then = WHEN + timedelta(seconds=30)
        backend.loaded = [
            msgspec.structs.replace(
                loaded, state="suspended", reason="It died three times.", suspended_until=until_then
            )
        ]
        backend.emit(LoadedChanged())
        await until(pilot, lambda: "suspended for 0:30: It died three times." in screen_text(pilot))


async def test_an_activation_that_takes_its_time_is_said_and_is_the_only_one(
    open_app: Open, backend: ScriptedBackend
) -> None:
    loaded = asyncio.Event()
    asked: list[int | str] = []

    async def slow(ref: int | str) -> Change:
        asked.append(ref)
        await loaded.wait()
        raise ModelNotUsable("small gave no answer to a second of sound.")

    backend.activate_model = slow  # a load that takes its time, and fails
    async with open_app() as pilot:
        await pilot.press("j", "a")
        wait = "Loading small to activate it… base serves until it is ready."
        await until(pilot, lambda: wait in screen_text(pilot))
        await pilot.press("j", "a")
        await until(pilot, lambda: any("Wait: Loading small" in notice for notice in notices(pilot)))
        loaded.set()
        await until(pilot, lambda: any("small gave no answer" in notice for notice in notices(pilot)))
        assert "base stays active" in [notice.title for notice in pilot.app._notifications]
        pilot.app.clear_notifications()  # the one that says to wait would stay for seconds
        await until(pilot, lambda: "Loading small" not in screen_text(pilot))
    assert asked == [3]


async def test_the_audit_shows_who_did_what_to_the_very_first_and_what_is_cut_of_a_line(
    open_app: Open, backend: ScriptedBackend
) -> None:
    detail = "nobody waits for it any more, and there is more to be said than there is room for"
    first = AuditEntry(id=1, at=WHEN, actor="key [ward]", action="job.cancelled", subject="first", detail=detail)
    backend.entries = [
        *(
            msgspec.structs.replace(first, id=number, detail="", subject=f"{number:016x}")
            for number in range(400, 1, -1)
        ),
        first,
    ]
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("f12")
        await until(pilot, lambda: "the newest 200; G shows more" in screen_text(pilot))
        assert "Detail" in screen_text(pilot)
        assert "key [ward]" in screen_text(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "400 entries" in screen_text(pilot))
        shown = " ".join(screen_text(pilot).replace("│", " ").split())
        assert f"Detail {detail}" in shown, "what is cut of the line under the cursor"
        await pilot.press("escape")
        await until(pilot, lambda: "STT Model Settings: 5 models" in screen_text(pilot))


@pytest.mark.slow
async def test_who_quits_learns_which_jobs_go_on_and_that_the_transcription_on_the_screen_does_not(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path
) -> None:
    own = a_job(1, state="running")
    backend.script = [Accepted(model="base", job=own.id), FOREVER]
    async with open_app() as pilot:
        await transcribe(pilot, tmp_path / "talk.wav")
        await until(pilot, lambda: own.id in screen_text(pilot))
        backend.put(own)
        await until(pilot, lambda: program(pilot).job is not None)
        await pilot.press("f10")
        await until(pilot, lambda: "Quit and end the transcription?" in screen_text(pilot))
        assert "it goes on when OR-STT runs again" in " ".join(screen_text(pilot).replace("│", " ").split())
        await pilot.press("n", "escape")

        await until(pilot, lambda: backend.cancelled == 1)
        backend.put(msgspec.structs.replace(own, state="cancelled"))
        backend.put(a_job(2, state="running"))
        backend.put(a_job(3))
        last = backend.put(a_job(4, state="done"))
        await until(pilot, lambda: program(pilot).job == last)
        await pilot.press("q")
        await until(pilot, lambda: "2 jobs go on when OR-STT runs again." in screen_text(pilot))


async def test_jobs_of_a_server_do_not_keep_one_from_quitting(open_app: Open) -> None:
    server = ScriptedBackend(location="https://stt.example")
    async with open_app(lambda: server) as pilot:
        server.put(a_job(1, state="running"))
        await until(pilot, lambda: program(pilot).job is not None)
        await pilot.press("q")
        await until(pilot, lambda: not pilot.app.is_running)


@pytest.mark.slow
async def test_who_quits_may_leave_the_transcription_to_the_server_as_a_job_and_never_as_two(
    open_app: Open, recording: Path
) -> None:
    server = ScriptedBackend(location="https://stt.example")
    own = a_job(1, state="running")
    server.script = [Accepted(model="base", job=own.id), FOREVER]
    async with open_app(lambda: server) as pilot:
        await transcribe(pilot, recording)
        screen = pilot.app.screen
        assert isinstance(screen, TranscribeScreen)
        await until(pilot, lambda: own.id in screen_text(pilot))
        done = server.put(a_done_job(1, "Hello there."))
        assert await screen.keep_as_job() == done, "its end came before the cancelling"
        assert await screen.keep_as_job() == done, "nothing is under way any more"

        server.put(own)
        await pilot.press("f5")
        await until(pilot, lambda: screen.running and own.id in screen_text(pilot))
        with pytest.raises(JobNotEnded):  # a server that has not noticed yet, and will cancel it
            await screen.keep_as_job()

        server.script = [Accepted(model="base"), FOREVER]
        await pilot.press("f5")
        await until(pilot, lambda: screen.running)
        submitted = await screen.keep_as_job()
        assert submitted is not None
        assert submitted.state == "queued", "one that was no job yet becomes one"
        assert len(server.requests) == 4

        server.script = [Accepted(model="base", job=own.id), FOREVER]
        await pilot.press("f5")
        await until(pilot, lambda: own.id in screen_text(pilot))
        await pilot.press("f10")
        await until(pilot, lambda: "https://stt.example." in screen_text(pilot))
        server.job_rows[own.id] = msgspec.structs.replace(own, state="cancelled")
        await pilot.press("k")
        await until(pilot, lambda: not pilot.app.is_running)
        goes_on = f"kept as job {own.id}, which goes on at https://stt.example: `orstt jobs show {own.id}`"
        assert program(pilot).closing_note == goes_on
    assert server.cancelled == 4
    assert server.job_rows[own.id].state == "queued", "it goes on with its segments"
    assert len(server.requests) == 5, "four that were waited for here, and the one submitted"


def test_without_anything_under_way_nothing_is_asked() -> None:
    assert leaving_question("Quit", Unfinished(), goes_on="later") is None


def test_an_api_that_others_could_reach_without_a_key_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(Forbidden):
        program_module.run(lambda _: ScriptedBackend(), settings=Settings(), api="0.0.0.0")
