"""The jobs: listed live, looked at, submitted, cancelled, begun again, searched and cleared away."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import msgspec
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job
from textual.pilot import Pilot
from textual.widgets import Input, Select, Static
from tui.conftest import Open
from tui.piloting import notices, screen_text, until

from orstt_core.errors import EngineDied, RecordingGone
from orstt_core.types import Done, Job, Segment, StoredRecording, TranscribeOptions, problem
from orstt_tui.job_list import PAGE
from orstt_tui.screens import jobs as jobs_screen
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.jobs import JobsScreen
from orstt_tui.screens.submit_job import SubmitJobScreen
from orstt_tui.widgets.job_table import JobTable
from orstt_tui.widgets.transcript_view import TranscriptView


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


def line(pilot: Pilot[None], words: str) -> str:
    """The first line of the screen that holds these words; empty when none does."""
    return next((line for line in screen_text(pilot).splitlines() if words in line), "")


async def test_an_empty_list_says_what_to_do(open_app: Open) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "No jobs yet. Press n to submit a recording")


async def test_every_state_is_a_word_and_the_newest_job_is_on_top(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_done_job(1, "Hello there."))
    backend.put(a_job(2, state="failed", error=problem(EngineDied("The engine died."))))
    backend.put(a_job(3, state="cancelled"))
    backend.put(a_job(4, state="running", position=30, duration=120))
    backend.put(a_job(5, ahead=1))
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "visit-1.wav")
        lines = [line(pilot, f"visit-{number}.wav") for number in (5, 4, 3, 2, 1)]
        states = ["queued, 1 before", "running █░░░░  25%", "cancelled", "failed", "done"]
        assert [shown.split("visit")[0].strip() for shown in lines] == states
        places = [screen_text(pilot).index(shown) for shown in lines]
        assert places == sorted(places)


async def test_the_text_of_a_running_job_grows_and_its_row_goes_on_in_place(
    open_app: Open, backend: ScriptedBackend
) -> None:
    backend.put(a_job(1))
    job = backend.put(a_job(2, state="running", duration=4.0))
    backend.script = [*speech("Hello there.", "General remarks.")[:3]]
    async with open_app() as pilot:
        screen = await show_jobs(pilot, "visit-2.wav")
        await until(pilot, lambda: "0:00.0 -  0:02.0  Hello there." in screen_text(pilot))
        backend.put(msgspec.structs.replace(job, position=3.0))
        await until(pilot, lambda: "75%" in line(pilot, "running █"))
        assert screen.query_one(JobTable).cursor_row == 0
        result = a_done_job(2, "Hello there.", "General remarks.")
        backend.put(result)
        await until(pilot, lambda: "General remarks." in screen_text(pilot) and "done" in line(pilot, "visit-2"))


async def test_a_failed_job_says_why_and_what_to_do(open_app: Open, backend: ScriptedBackend) -> None:
    error = problem(EngineDied("The engine's process ended three times.", hint="Try a smaller model."))
    backend.put(a_job(1, state="failed", error=error, attempt=3, retry_until=a_job(1).created_at))
    async with open_app(size=(60, 20)) as pilot:
        await show_jobs(pilot, "The engine's process ended three times.")
        text = screen_text(pilot)
        for words in ("Try a smaller model.", "attempt 3", "by user alice", "kept until 2026-01-02 03:04"):
            assert words in text
        await until(pilot, lambda: "r Retry" in screen_text(pilot))


async def test_retry_and_cancel_change_the_job(open_app: Open, backend: ScriptedBackend) -> None:
    job = backend.put(a_job(1, state="failed", error=problem(EngineDied("It died."))))
    async with open_app() as pilot:
        await show_jobs(pilot, "It died.")
        await pilot.press("r")
        await until(pilot, lambda: backend.job_rows[job.id].state == "queued")
        await until(pilot, lambda: "c Cancel" in screen_text(pilot))
        await pilot.press("c")
        await until(pilot, lambda: "cancelled" in line(pilot, "visit-1"))


async def test_again_asks_for_a_model_and_keeps_recording_and_options(open_app: Open, backend: ScriptedBackend) -> None:
    options = TranscribeOptions(language="de", beam_size=1, temperature=(0.0, 0.5))
    backend.put(a_job(1, state="cancelled", recording="0" * 64, options=options))
    async with open_app() as pilot:
        await show_jobs(pilot, "visit-1")
        await until(pilot, lambda: "a Again" in screen_text(pilot))
        await pilot.press("a")
        await until(pilot, lambda: "Transcribe again" in screen_text(pilot))
        assert "visit-1.wav" in screen_text(pilot)
        pilot.app.screen.query_one("#model", Select).value = "small"
        await pilot.press("f5")
        await until(pilot, lambda: len(backend.requests) == 1)
    [request] = backend.requests
    assert (request.audio, request.model, request.options) == (StoredRecording(id="0" * 64), "small", options)


async def test_a_job_whose_recording_is_gone_is_not_transcribed_again(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_done_job(1, "One."))
    async with open_app() as pilot:
        await show_jobs(pilot, "visit-1")
        await until(pilot, lambda: "s Save" in screen_text(pilot))
        assert "a Again" not in screen_text(pilot)


async def test_what_the_backend_refuses_is_a_notice(open_app: Open, backend: ScriptedBackend) -> None:
    async def gone(ref: str) -> Job:
        raise RecordingGone("Its recording was removed.", hint="Submit it again.")

    backend.retry_job = gone  # the refusal under test
    backend.put(a_job(1, state="cancelled"))
    async with open_app() as pilot:
        await show_jobs(pilot, "visit-1")
        await until(pilot, lambda: "r Retry" in screen_text(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "Its recording was removed.\nSubmit it again." in notices(pilot))


async def test_delete_asks_and_the_cursor_goes_to_the_neighbour(open_app: Open, backend: ScriptedBackend) -> None:
    for number in (1, 2, 3):
        backend.put(a_done_job(number, f"Text {number}."))
    async with open_app() as pilot:
        screen = await show_jobs(pilot, "Text 3.")
        await pilot.press("j", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: "visit-2" not in screen_text(pilot) and "Jobs: 2 jobs" in screen_text(pilot))
        assert screen.selected is not None
        assert screen.selected.filename == "visit-1.wav"


async def test_purge_asks_and_leaves_what_has_not_ended(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_done_job(1, "One."))
    backend.put(a_job(2))
    async with open_app() as pilot:
        await show_jobs(pilot, "visit-1")
        await pilot.press("P", "n")
        await pilot.pause()
        assert len(backend.job_rows) == 2
        await pilot.press("P", "y")
        await until(pilot, lambda: "Deleted 1 job." in notices(pilot) and "visit-1" not in screen_text(pilot))
        assert [job.filename for job in backend.job_rows.values()] == ["visit-2.wav"]


async def test_copy_and_save_take_the_text_of_the_selected_job(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path
) -> None:
    backend.put(a_done_job(1, "Hello there.", "General remarks."))
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "0:02.0 -  0:04.0  General remarks.")
        await pilot.press("y")
        assert pilot.app.clipboard == "Hello there. General remarks."
        await pilot.press("s")
        await until(pilot, lambda: "visit-1.txt" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, (tmp_path / "visit-1.txt").exists)
    assert "General remarks." in (tmp_path / "visit-1.txt").read_text()


async def test_the_search_follows_the_typing_and_escape_shows_all_again(
    open_app: Open, backend: ScriptedBackend
) -> None:
    backend.put(a_done_job(1, "The knee is stable."))
    backend.put(a_done_job(2, "The hip was replaced."))
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, "visit-1")
        await pilot.press("slash", *"knee")
        await until(pilot, lambda: "visit-2" not in screen_text(pilot) and "visit-1" in screen_text(pilot))
        await pilot.press(*"x")
        await until(pilot, lambda: "No job matches." in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "visit-2" in screen_text(pilot))
        assert isinstance(pilot.app.focused, JobTable)
        await pilot.press("slash", *"visit-2", "enter")
        await until(pilot, lambda: "visit-1" not in screen_text(pilot))
        assert isinstance(pilot.app.focused, JobTable)


async def test_only_the_last_of_many_keystrokes_is_searched_for(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_done_job(1, "The knee is stable."))
    asked: list[str] = []
    plain = backend.jobs

    async def noted(query):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - the same, and noted
        asked.append(query.text)
        return await plain(query)

    backend.jobs = noted  # see above
    async with open_app() as pilot:
        await show_jobs(pilot, "visit-1")
        await pilot.press("slash")
        for typed in ("k", "kn", "kne", "knee"):  # in one piece, however slow the machine is
            pilot.app.screen.query_one("#search", Input).value = typed
        await until(pilot, lambda: "knee" in asked)
    assert set(asked) == {"", "knee"}


async def test_f_shows_one_state_after_another(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_done_job(1, "One."))
    backend.put(a_job(2))
    async with open_app() as pilot:
        await show_jobs(pilot, "visit-1")
        await pilot.press("f")
        await until(
            pilot, lambda: "Jobs under way: 1 job" in screen_text(pilot) and "visit-1" not in screen_text(pilot)
        )
        await pilot.press("f")
        await until(pilot, lambda: "Jobs done: 1 job" in screen_text(pilot) and "visit-2" not in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "Jobs: 2 jobs" in screen_text(pilot))


async def test_a_recording_is_submitted_and_the_cursor_goes_to_its_job(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path
) -> None:
    (tmp_path / "talk.wav").write_bytes(b"RIFF")
    backend.put(a_done_job(1, "One."))
    async with open_app(size=(60, 20)) as pilot:
        screen = await show_jobs(pilot, "visit-1")
        await pilot.press("n", "f5")
        await until(pilot, lambda: "Name a recording first." in screen_text(pilot))
        await pilot.press(*"tal", "tab")
        form = pilot.app.screen
        assert isinstance(form, SubmitJobScreen)
        form.query_one("#option-language", Input).value = "German"
        await pilot.press("f5")
        await until(pilot, lambda: pilot.app.screen is screen and screen.selected is not None)
        await until(pilot, lambda: screen.selected is not None and screen.selected.filename == "talk.wav")
    assert backend.requests[0].audio == Path("talk.wav")
    assert backend.requests[0].options.language == "de"


async def test_the_cursor_stays_on_its_job_when_others_are_added(open_app: Open, backend: ScriptedBackend) -> None:
    for number in range(1, 15):
        backend.put(a_done_job(number, f"Text {number}."))
    async with open_app(size=(80, 24)) as pilot:
        screen = await show_jobs(pilot, "visit-14")
        await pilot.press("j", "j")
        await until(pilot, lambda: "Text 12." in str(screen.query_one(TranscriptView).options) or screen.selected)
        kept = screen.selected
        backend.put(a_job(15))
        await until(pilot, lambda: "visit-15" in screen_text(pilot))
        assert kept is not None
        assert screen.selected is not None
        assert screen.selected.id == kept.id
        assert screen.query_one(JobTable).cursor_row == 3


async def test_the_end_of_the_list_brings_older_jobs(open_app: Open, backend: ScriptedBackend) -> None:
    for number in range(2 * PAGE + 10):
        backend.job_rows[f"{number:016x}"] = a_job(1, id=f"{number:016x}", filename=f"visit-{number}.wav")
    async with open_app(size=(80, 24)) as pilot:
        await show_jobs(pilot, f"Jobs: {PAGE} jobs, more below")
        await pilot.press("G")
        await until(pilot, lambda: f"Jobs: {2 * PAGE} jobs, more below" in screen_text(pilot))
        await pilot.press("G")
        await until(pilot, lambda: f"Jobs: {2 * PAGE + 10} jobs " in screen_text(pilot))
        await pilot.press("G")
        await until(pilot, lambda: "visit-0.wav" in screen_text(pilot))


async def test_what_another_process_changes_shows_without_an_event(open_app: Open, backend: ScriptedBackend) -> None:
    job = backend.put(a_job(1))
    async with open_app() as pilot:
        await show_jobs(pilot, "queued, next")
        backend.job_rows[job.id] = msgspec.structs.replace(job, state="cancelled")
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


async def test_a_name_with_brackets_is_shown_as_it_is(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_job(1, state="done", filename="[red]x[/].wav", text="[b]bold[/b]", submitted_by="key [dim]"))
    async with open_app() as pilot:
        await show_jobs(pilot, "[red]x[/].wav")
        assert "[b]bold[/b]" in screen_text(pilot)
        assert "by key [dim]" in str(pilot.app.screen.query_one("#job-facts", Static).render())


async def test_segments_that_come_again_are_taken_back(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await pilot.press("f3")
        view = pilot.app.screen.query_one(TranscriptView)
        view.extend([Segment(id=number, start=0, end=1, text=f"Text {number}.") for number in range(4)])
        view.truncate(1)
        assert view.option_count == 1
        view.truncate(0)
        assert view.option_count == 0
