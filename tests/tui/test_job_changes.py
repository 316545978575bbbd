"""What a person does with jobs: submits, cancels, retries, transcribes again, saves, deletes and clears away."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedBackend
from scripted_jobs import a_job
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import a_done_job, line, notices, screen_text, show_jobs, until

from orstt_core.errors import EngineDied, RecordingGone
from orstt_core.types import Job, StoredRecording, TranscribeOptions, problem
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.submit_job import SubmitJobScreen
from orstt_tui.widgets.job_table import JobTable


async def test_an_empty_list_says_what_to_do_and_the_cursor_goes_to_the_job_that_is_submitted(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    async with open_app(size=(60, 20)) as pilot:
        screen = await show_jobs(pilot, "No jobs yet. Press n to submit a recording")
        backend.put(a_done_job(1, "One."))
        await until(pilot, lambda: line(pilot, "visit-1"))
        await pilot.press("n", "f5")
        await until(pilot, lambda: "Name a recording first." in screen_text(pilot))
        await pilot.press(*"tal", "tab")
        form = pilot.app.screen
        assert isinstance(form, SubmitJobScreen)
        form.query_one("#option-language", Input).value = "German"
        await pilot.click("#more")
        await until(pilot, lambda: form.query("#option-beam_size"))
        form.query_one("#option-beam_size", Input).value = "1"
        await pilot.press("f5")
        await until(pilot, lambda: pilot.app.screen is screen and screen.selected is not None)
        await until(pilot, lambda: screen.selected is not None and screen.selected.filename == recording.name)
    assert backend.requests[0].audio == Path(recording.name)
    assert backend.requests[0].options == TranscribeOptions(language="de", beam_size=1)


@pytest.mark.slow
async def test_a_job_is_retried_cancelled_and_transcribed_again_with_another_model(
    open_app: Open, backend: ScriptedBackend
) -> None:
    async def gone(ref: str) -> Job:
        raise RecordingGone("Its recording was removed.", hint="Submit it again.")

    options = TranscribeOptions(language="de", beam_size=1, temperature=(0.0, 0.5))
    died = problem(EngineDied("It died."))
    job = backend.put(a_job(1, state="failed", error=died, recording="0" * 64, options=options))
    async with open_app() as pilot:
        await show_jobs(pilot, "It died.")
        await pilot.press("r")
        await until(pilot, lambda: backend.job_rows[job.id].state == "queued")
        await until(pilot, lambda: "c Cancel" in screen_text(pilot))
        await pilot.press("c")
        await until(pilot, lambda: "cancelled" in line(pilot, "visit-1"))

        backend.retry_job = gone  # what the backend refuses is a notice
        await until(pilot, lambda: "r Retry" in screen_text(pilot))
        await pilot.press("r")
        await until(pilot, lambda: "Its recording was removed.\nSubmit it again." in notices(pilot))

        await pilot.press("s")
        assert "The job has no text." in notices(pilot), "what cannot be done says why"
        backend.put(msgspec.structs.replace(backend.job_rows[job.id], recording=""))
        await until(pilot, lambda: not {"Retry", "Again"} & set(screen_text(pilot).splitlines()[-1].split()))
        for key in ("r", "a"):
            pilot.app.clear_notifications()
            await pilot.press(key)
            assert notices(pilot) == ["The recording of visit-1.wav is not kept any more. Submit it as another job."]
        backend.put(msgspec.structs.replace(backend.job_rows[job.id], recording="0" * 64))

        await until(pilot, lambda: "a Again" in screen_text(pilot))
        await pilot.press("a")
        await until(pilot, lambda: "Transcribe again" in screen_text(pilot))
        assert "visit-1.wav" in screen_text(pilot)
        pilot.app.screen.query_one("#model", Select).value = "small"
        await pilot.press("f5")
        await until(pilot, lambda: len(backend.requests) == 1)
    [request] = backend.requests
    assert (request.audio, request.model, request.options) == (StoredRecording(id="0" * 64), "small", options)


async def test_what_has_ended_is_copied_saved_deleted_and_purged(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path
) -> None:
    backend.put(a_job(1))
    backend.put(a_done_job(2, *(f"Sentence {number}." for number in range(60))))
    backend.put(a_done_job(3, "Three."))
    backend.put(a_done_job(4, "Hello there.", "General remarks."))
    async with open_app(size=(80, 24)) as pilot:
        screen = await show_jobs(pilot, "0:02.0  General remarks.")
        await until(pilot, lambda: "s Save" in screen_text(pilot))
        assert "a Again" not in screen_text(pilot), "its recording is gone"
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == "Hello there. General remarks.")
        await pilot.press("s")
        await until(pilot, lambda: "visit-4.txt" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, (tmp_path / "visit-4.txt").exists)
        assert "General remarks." in (tmp_path / "visit-4.txt").read_text()

        await until(pilot, lambda: pilot.app.screen is screen)
        await pilot.press("j", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: not line(pilot, "visit-3") and "Jobs: 3 jobs" in screen_text(pilot))
        assert screen.selected is not None
        assert screen.selected.filename == "visit-2.wav", "the neighbour"
        await until(pilot, lambda: line(pilot, "Sentence 0."))
        assert not line(pilot, "Sentence 59."), "what has ended is read from its beginning"
        await until(pilot, lambda: line(pilot, "base · English"))
        await pilot.press("enter", "G")
        await until(pilot, lambda: line(pilot, "Sentence 59."))
        assert "Jobs > visit-2.wav" in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)

        await pilot.press("P")
        await until(pilot, lambda: "y Yes n No" in screen_text(pilot).splitlines()[-1])
        assert "Retry" not in screen_text(pilot).splitlines()[-1], "these are the keys behind the dialog"
        going_on = backend.put(a_job(1, state="running", position=3.0, duration=6.0))
        table = screen.query_one(JobTable)
        await until(pilot, lambda: "50%" in str(table.get_cell(going_on.id, "State")))
        await pilot.press("n")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert len(backend.job_rows) == 3
        await pilot.press("P", "y")
        await until(pilot, lambda: "Deleted 2 jobs." in notices(pilot) and not line(pilot, "visit-2"))
        assert [job.filename for job in backend.job_rows.values()] == ["visit-1.wav"], "it has not ended"
