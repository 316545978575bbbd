"""The list of jobs: what each state looks like, what is followed live, searched, filtered and loaded on."""

from __future__ import annotations

import asyncio
import time

import msgspec
import pytest
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job
from textual.widgets import Input, Static
from tui.conftest import Open
from tui.piloting import a_done_job, line, program, screen_text, show_jobs, until

from orstt_core.errors import EngineDied
from orstt_core.types import Job, JobPage, JobQuery, problem
from orstt_tui.job_list import PAGE
from orstt_tui.keymap import command_bindings
from orstt_tui.screens import jobs as jobs_screen
from orstt_tui.screens.jobs import JobsScreen
from orstt_tui.screens.keys import KeysScreen
from orstt_tui.screens.models import ModelsScreen
from orstt_tui.screens.transcribe import TranscribeScreen
from orstt_tui.widgets.job_table import JobTable


async def test_every_state_is_a_word_a_failure_has_its_reason_and_f_shows_one_state_after_another(
    open_app: Open, backend: ScriptedBackend
) -> None:
    error = problem(EngineDied("The engine's process ended three times.", hint="Try a smaller model."))
    failed = a_job(2, state="failed", error=error, attempt=3, recording="0" * 64, retry_until=a_job(2).created_at)
    backend.put(a_job(1, state="done", filename="of alice/[red]x[b].wav", text="[b]bold[/b]", submitted_by="key [dim]"))
    backend.put(failed)
    backend.put(a_job(3, state="cancelled"))
    backend.put(a_job(4, state="running", position=30, duration=120))
    backend.put(a_job(5, ahead=1))
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "visit-5.wav")
        lines = [line(pilot, name) for name in (*(f"visit-{number}.wav" for number in (5, 4, 3, 2)), "[red]x[b].wav")]
        states = ["○ queued, 1 before", "▶ running █░░░░  25%", "■ cancelled", "✗ failed", "✓ done"]
        assert [shown.partition(".wav")[0].rsplit(None, 1)[0].strip(" │▌") for shown in lines] == states
        places = [screen_text(pilot).index(shown) for shown in lines]
        assert places == sorted(places)

        await pilot.press("G")
        await until(pilot, lambda: "[b]bold[/b]" in screen_text(pilot))
        assert "by key [dim]" in str(pilot.app.screen.query_one("#job-facts", Static).render())

        await pilot.resize_terminal(60, 20)
        await pilot.press("k")
        await until(pilot, lambda: "The engine's process ended three times." in screen_text(pilot))
        for words in ("Try a smaller model.", "attempt 3", "by user alice", "kept until 2026-01-02 03:04"):
            assert words in screen_text(pilot)
        await until(pilot, lambda: "r Retry" in screen_text(pilot))

        await pilot.press("f")
        await until(pilot, lambda: "Jobs under way: 2 jobs" in screen_text(pilot) and not line(pilot, "visit-3"))
        await pilot.press("f")
        await until(pilot, lambda: "Jobs done: 1 job" in screen_text(pilot) and not line(pilot, "visit-4"))
        await pilot.press("escape")
        await until(pilot, lambda: "Jobs: 5 jobs" in screen_text(pilot))

        for kind in (ModelsScreen, TranscribeScreen, JobsScreen, KeysScreen):
            unfilled = kind(program(pilot)._connection)  # asked what it offers while another screen is left
            for action in ("copy_text", *(binding.action for binding in command_bindings(kind))):
                unfilled.check_action(action.partition("(")[0], ())


async def test_what_is_reported_shows_in_place_and_what_another_process_changes_without_a_report(
    open_app: Open, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_screen, "RELOAD", 0.5)
    waiting = backend.put(a_job(1))
    job = backend.put(a_job(2, state="running", duration=4.0))
    backend.script = [*speech("Hello there.", "General remarks.")[:3]]
    async with open_app() as pilot:
        screen = await show_jobs(pilot, "visit-2.wav")
        await until(pilot, lambda: "0:00.0  Hello there." in screen_text(pilot))
        backend.put(msgspec.structs.replace(job, position=3.0))
        await until(pilot, lambda: "75%" in line(pilot, "running █"))
        assert screen.query_one(JobTable).cursor_row == 0
        backend.put(a_done_job(2, "Hello there.", "General remarks."))
        await until(pilot, lambda: "General remarks." in screen_text(pilot) and "done" in line(pilot, "visit-2"))
        assert "Hello there. General" in line(pilot, "visit-2"), "the text has the room that the state had"

        assert "queued, next" in line(pilot, "visit-1")
        backend.job_rows[waiting.id] = msgspec.structs.replace(waiting, state="cancelled")
        await until(pilot, lambda: "cancelled" in line(pilot, "visit-1"))


async def test_a_thousand_reports_a_second_are_drawn_a_few_times(open_app: Open, backend: ScriptedBackend) -> None:
    job = backend.put(a_job(1, state="running", duration=1000.0))
    async with open_app() as pilot:
        screen = await show_jobs(pilot, "visit-1")
        drawn = 0
        plain = screen.query_one(JobTable).renew

        def counted(jobs: list[Job]) -> None:
            nonlocal drawn
            drawn += 1
            plain(jobs)

        screen.query_one(JobTable).renew = counted  # type: ignore[assignment]  # the same, and counted
        began = time.monotonic()
        for position in range(1001):
            backend.put(msgspec.structs.replace(job, position=float(position)))
            if position % 100 == 0:
                await asyncio.sleep(0.05)
        await until(pilot, lambda: "100%" in screen_text(pilot))
        most = (time.monotonic() - began) * (jobs_screen.UPDATES + 1 / jobs_screen.MIN_INTERVAL) + 2
    assert drawn <= most


async def test_the_search_follows_the_last_of_the_typing_and_escape_shows_all_again(
    open_app: Open, backend: ScriptedBackend
) -> None:
    backend.put(a_done_job(1, "The knee is stable."))
    backend.put(a_done_job(2, "The hip was replaced."))
    asked: list[str] = []
    plain = backend.jobs

    async def noted(query: JobQuery) -> JobPage:
        asked.append(query.text)
        return await plain(query)

    backend.jobs = noted  # the same, and noted
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "visit-1")
        await pilot.press("slash")
        field = pilot.app.screen.query_one("#search", Input)
        for typed in ("k", "kn", "kne", "knee"):  # in one piece, however slow the machine is
            field.value = typed
        await until(pilot, lambda: not line(pilot, "visit-2") and line(pilot, "visit-1"))
        assert set(asked) == {"", "knee"}
        await pilot.press("end", "x")
        await until(pilot, lambda: "No job matches." in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: line(pilot, "visit-2"))
        assert isinstance(pilot.app.focused, JobTable)
        await pilot.press("slash")
        field.value = "visit-2"
        await pilot.press("enter")
        await until(pilot, lambda: not line(pilot, "visit-1"))
        assert isinstance(pilot.app.focused, JobTable)


async def test_the_end_of_the_list_brings_older_jobs_and_the_cursor_stays_on_its_job(
    open_app: Open, backend: ScriptedBackend
) -> None:
    for number in range(2 * PAGE + 10):
        backend.job_rows[f"{number:016x}"] = a_job(1, id=f"{number:016x}", filename=f"visit-{number}.wav")
    async with open_app(size=(80, 24)) as pilot:
        screen = await show_jobs(pilot, f"Jobs: {2 * PAGE + 10} jobs")
        await pilot.press("j", "j")
        kept = screen.selected
        assert kept is not None
        backend.put(a_job(1, id="f" * 16, filename="later.wav"))
        await until(pilot, lambda: line(pilot, "later.wav"))
        assert screen.selected is not None
        assert screen.selected.id == kept.id
        assert screen.query_one(JobTable).cursor_row == 3

        await pilot.press(*["pagedown"] * 7)
        await until(pilot, lambda: screen.query_one(JobTable).row_count > PAGE)
        await pilot.press("G")
        await until(pilot, lambda: line(pilot, "visit-0.wav"))
        assert screen.query_one(JobTable).row_count == 2 * PAGE + 11
        assert f"Jobs: {2 * PAGE + 11} jobs " in screen_text(pilot)

        release, plain = asyncio.Event(), backend.jobs

        async def slow(query: JobQuery) -> JobPage:
            page = await plain(query)
            await release.wait()
            return page

        backend.jobs = slow  # the same, and slow
        await pilot.press("g", "ctrl+r")
        await until(pilot, lambda: any(worker.group == "list" and worker.is_running for worker in pilot.app.workers))
        older = [a_job(1, id=f"a{number:015x}", filename=f"older-{number}.wav") for number in range(3 * PAGE)]
        backend.job_rows = {job.id: job for job in older} | backend.job_rows
        await pilot.press("G")
        release.set()
        await until(pilot, lambda: line(pilot, "older-0.wav"))  # though others were being loaded just then
        assert screen.selected is not None
        assert screen.selected.id == older[0].id
