"""Many jobs in the list: marked and changed together, sorted, filtered, and a window on however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec.structs import replace
from scripted import ScriptedBackend
from scripted_jobs import WHEN, a_job
from textual.pilot import Pilot
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import a_done_job, line, notices, screen_text, show_jobs, until

from orstt_core.errors import ServerUnreachable
from orstt_core.types import Job, JobPage, JobQuery, StoredRecording, TranscribeOptions
from orstt_tui.job_list import PAGE, WINDOW
from orstt_tui.screens.filter_jobs import FilterJobsScreen
from orstt_tui.screens.save_many import SaveManyScreen
from orstt_tui.screens.submit_again import SubmitAgainScreen
from orstt_tui.widgets.job_table import JobTable

Asked = TypeVar("Asked")


def after(
    event: asyncio.Event, method: Callable[[Asked], Coroutine[Any, Any, Job]]
) -> Callable[[Asked], Coroutine[Any, Any, Job]]:
    """The same method, once the event is set."""

    async def waiting(asked: Asked) -> Job:
        await event.wait()
        return await method(asked)

    return waiting


async def think_better_of_quitting(pilot: Pilot[None], question: str) -> None:
    """Quit, and stay where that would end something."""
    await pilot.press("q")
    await until(pilot, lambda: question in " ".join(screen_text(pilot).replace("│", " ").split()))
    await pilot.press("n")


async def test_marked_jobs_are_cancelled_and_uncancelled_saved_transcribed_again_and_deleted(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    german = TranscribeOptions(language="de")
    backend.put(a_done_job(1, "One."))
    backend.put(msgspec.structs.replace(a_done_job(2, "Two."), filename="visit-1.wav"))
    for number in (3, 4):
        backend.put(a_job(number, recording=f"{number}" * 64, options=german))
    cancelling, submitting = asyncio.Event(), asyncio.Event()
    monkeypatch.setattr(backend, "cancel_job", after(cancelling, backend.cancel_job))
    monkeypatch.setattr(backend, "submit_job", after(submitting, backend.submit_job))
    async with open_app(size=(80, 24)) as pilot:
        screen = await show_jobs(pilot, "visit-4")
        await pilot.press("space", "space")
        await until(pilot, lambda: "Jobs: 2 marked · 4 jobs" in screen_text(pilot))
        assert line(pilot, "visit-4").startswith("│ ● ○ queued")
        await pilot.press("c", "u")  # the second waits for the cancelling that is under way
        cancelling.set()
        await until(pilot, lambda: "Cancelled 2 jobs; u takes that back." in notices(pilot))
        await until(pilot, lambda: "Going on with 2 jobs." in notices(pilot))
        await until(pilot, lambda: "marked" not in screen_text(pilot))
        assert not any("No job was cancelled" in notice for notice in notices(pilot))
        assert [job.state for job in backend.job_rows.values()][2:] == ["queued", "queued"]
        await pilot.press("u")
        await until(pilot, lambda: any("No job was cancelled here" in notice for notice in notices(pilot)))

        await pilot.press("asterisk", "a")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitAgainScreen))
        assert "Transcribe 2 recordings again" in screen_text(pilot), "those of the others are gone"
        pilot.app.screen.query_one("#model", Select).value = "small"
        selected = screen.selected
        await pilot.press("f5")
        await until(pilot, lambda: pilot.app.screen is screen and "Jobs: submitting 1 of 2 · " in screen_text(pilot))
        assert not backend.requests, "the form is closed before the first is submitted"
        await think_better_of_quitting(pilot, "2 jobs are still to be submitted and will not be; n lets that finish.")
        submitting.set()
        await until(pilot, lambda: "Submitted 2 jobs." in notices(pilot) and line(pilot, "small"))
        assert ("submitting" in screen_text(pilot), screen.unsubmitted) == (False, 0)
        assert screen.selected == selected, "the cursor stays on its job"
        asked = [(request.audio, request.model, request.options) for request in backend.requests]
        assert asked == [(StoredRecording(id=f"{number}" * 64), "small", german) for number in (4, 3)]

        await pilot.press("asterisk", "s")
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveManyScreen))
        await pilot.press(*"texts", "enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        saved = {path.name: path.read_text() for path in (tmp_path / "texts").iterdir()}
        assert saved == {"visit-1.txt": "Two.\n", "visit-1-11111111.txt": "One.\n"}

        await pilot.press("d")
        await until(pilot, lambda: "Delete 2 jobs?" in screen_text(pilot))
        await pilot.press("y")
        await until(pilot, lambda: "Deleted 2 jobs." in notices(pilot) and "Jobs: 4 jobs" in screen_text(pilot))
        await pilot.press("space")
        await until(pilot, lambda: "1 marked" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "marked" not in screen_text(pilot))


async def test_what_was_cancelled_before_the_server_was_lost_is_taken_back_and_all_stay_marked(
    open_app: Open, backend: ScriptedBackend
) -> None:
    for number in (3, 4):
        backend.put(a_job(number))
    plain, asked = backend.cancel_job, list[str]()

    async def lost_at_second(ref: str) -> Job:
        asked.append(ref)
        if len(asked) == 2:
            raise ServerUnreachable("The server does not answer.")
        return await plain(ref)

    backend.cancel_job = lost_at_second
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "visit-4")
        await pilot.press("space", "space")
        await until(pilot, lambda: "2 marked" in screen_text(pilot))
        await pilot.press("c")
        await until(pilot, lambda: "The server does not answer." in notices(pilot))
        assert "Cancelled 1 job; u takes that back." in notices(pilot)
        assert backend.job_rows[asked[0]].state == "cancelled"
        await pilot.press("u")
        await until(pilot, lambda: backend.job_rows[asked[0]].state == "queued")
        await until(
            pilot, lambda: "2 marked" in screen_text(pilot) and line(pilot, "visit-4").startswith("│ ● ○ queued")
        )


async def test_jobs_are_sorted_and_filtered_by_state_model_and_day(open_app: Open, backend: ScriptedBackend) -> None:
    for number, (length, model) in enumerate([(60.0, "base"), (5.0, "small"), (600.0, "base")], start=1):
        day = WHEN + timedelta(days=number)
        backend.put(a_job(number, state="done", duration=length, model=model, created_at=day, finished_at=day))
    measuring = backend.put(replace(backend.job_rows["2" * 16], purpose="benchmark"))
    async with open_app(size=(140, 40)) as pilot:
        screen = await show_jobs(pilot, "visit-3")
        assert "Jobs: 3 jobs · 11:05 of sound" in screen_text(pilot)

        def listed() -> list[str]:
            return [job.filename[6] for job in screen.query_one(JobTable)._jobs.values()]

        await pilot.press("o")
        await until(pilot, lambda: listed() == ["3", "1", "2"])
        assert "Length ▼" in screen_text(pilot)
        await pilot.press("O")
        await until(pilot, lambda: listed() == ["2", "1", "3"] and "Length ▲" in screen_text(pilot))
        assert screen.query_one(JobTable).cursor_row == 0

        await pilot.press("F")
        await until(pilot, lambda: isinstance(pilot.app.screen, FilterJobsScreen))
        pilot.app.screen.query_one("#model", Select).value = "base"
        pilot.app.screen.query_one("#since", Input).value = "at noon"
        await pilot.press("f5")
        await until(pilot, lambda: "'at noon' is no time." in screen_text(pilot))
        pilot.app.screen.query_one("#since", Input).value = "2026-01-04"
        await pilot.press("f5")
        await until(pilot, lambda: listed() == ["3"] and "Jobs (base, since 2026-01-04): 1 job" in screen_text(pilot))
        await pilot.press("f")
        await until(pilot, lambda: "No job matches." in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: listed() == ["3", "2", "1"])
        assert "✓ done, benchmark " in line(pilot, "visit-2")
        assert "benchmark" not in line(pilot, "visit-1")
        backend.put(replace(measuring, state="running", position=1.0, finished_at=None))
        await until(pilot, lambda: "▶ running 20%, benchmark " in line(pilot, "visit-2"))

        def shown(numbers: list[str], said: str) -> bool:
            return listed() == numbers and said in screen_text(pilot)

        for purpose, numbers, said in (
            ("transcript", ["3", "1"], "Jobs (without benchmarks): 2 jobs"),
            ("benchmark", ["2"], "Jobs (benchmarks only): 1 job"),
        ):
            await pilot.press("F")
            await until(pilot, lambda: isinstance(pilot.app.screen, FilterJobsScreen))
            pilot.app.screen.query_one("#purpose", Select).value = purpose
            await pilot.press("f5")
            await until(pilot, partial(shown, numbers, said))


async def test_a_window_moves_over_thousands_of_jobs_both_ways(open_app: Open, backend: ScriptedBackend) -> None:
    number = 3 * WINDOW
    for each in range(number):
        backend.job_rows[f"{each:016x}"] = a_job(1, id=f"{each:016x}", filename=f"visit-{each}.wav", state="done")
    asked: list[int] = []
    plain = backend.jobs

    async def noted(query: JobQuery) -> JobPage:
        page = await plain(query)
        asked.append(len(page.jobs))
        return page

    backend.jobs = noted  # the same, and noted
    async with open_app(size=(80, 24)) as pilot:
        screen = await show_jobs(pilot, f"Jobs: {number:,} jobs")
        table = screen.query_one(JobTable)
        await pilot.press("G")
        await until(pilot, lambda: screen.selected is not None and screen.selected.filename == "visit-0.wav")
        assert table.row_count == WINDOW
        assert max(asked) <= WINDOW + 1, "what is between is not loaded"
        table.move_cursor(row=0)
        await until(pilot, lambda: f"visit-{WINDOW}.wav" in {job.filename for job in table._jobs.values()})
        assert screen.selected is not None
        assert screen.selected.filename == f"visit-{WINDOW - 1}.wav", "the cursor stays on its job"
        assert table.row_count == WINDOW
        await pilot.press("g")
        await until(pilot, lambda: line(pilot, f"visit-{number - 1}.wav"))
        while table.row_count < WINDOW:
            table.move_cursor(row=table.row_count - 1)
            rows = table.row_count
            await until(pilot, lambda rows=rows: table.row_count > rows)  # type: ignore[misc]
        table.move_cursor(row=WINDOW - 1)
        last = f"visit-{number - WINDOW - 1}.wav"
        await until(pilot, lambda: last in {job.filename for job in table._jobs.values()})
        assert table.row_count == WINDOW

        await pilot.press("g")
        await until(pilot, lambda: table.row_count == PAGE and line(pilot, f"visit-{number - 1}.wav"))
        for each in range(number, number + PAGE + 1):  # submitted elsewhere
            backend.job_rows[f"{each:016x}"] = a_job(1, id=f"{each:016x}", filename=f"visit-{each}.wav", state="done")
        await until(pilot, lambda: f"visit-{number + PAGE}.wav" in {job.filename for job in table._jobs.values()})
        assert screen.selected.filename == f"visit-{number - 1}.wav", "the cursor stays on its job"
