"""Promises of what is kept of a job, and for how long: its recording, its text, and nothing of either in a log."""

import asyncio
import logging
from functools import partial
from pathlib import Path

import msgspec
import pytest
from counting import count_of
from counting_backend import SECONDS, ended
from pace import QUICK
from serving import eventually

from orstt_core.errors import RecordingGone
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import Done, JobQuery, RawAudio, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def shared_settings(settings_on_both: Settings) -> Settings:
    return settings_on_both


async def test_an_upload_is_gone_when_its_job_is_done_and_kept_on_request(
    backend: LocalBackend, shared_settings: Settings, recording: TranscribeRequest
) -> None:
    assert isinstance(recording.audio, Path)
    kept = recording.audio.read_bytes()
    for keep in (False, True):
        upload = recording.audio.with_name(f"upload-{keep}.wav")
        upload.write_bytes(kept)
        request = msgspec.structs.replace(recording, audio=upload, disposable=True, keep_audio=keep)
        job = await ended(backend, await backend.submit_job(request))
        await eventually(partial(_holds, shared_settings.spool, keep))
    await backend.delete_job(job.id)
    assert list(shared_settings.spool.iterdir()) == []
    assert recording.audio.exists()


async def test_a_failed_upload_can_be_begun_again_until_its_time_is_over(
    shared_settings: Settings, backend: LocalBackend, behaviour: Path
) -> None:
    raw = TranscribeRequest(audio=RawAudio(data=b"\0\0" * 32_000, rate=16_000))
    (behaviour / "hang-at").write_text("0")
    job = await backend.submit_job(raw)
    await eventually((behaviour / "asked").exists)
    cancelled = await backend.cancel_job(job.id)
    assert cancelled.retry_until
    (behaviour / "hang-at").unlink()
    assert (await backend.retry_job(job.id)).state == "queued"
    done = await ended(backend, job)
    assert (done.state, done.text, done.attempt) == ("done", "0 0", 2)
    hasty = msgspec.structs.replace(shared_settings, retry_minutes=0.0)
    async with LocalBackend(hasty, drain=False, pace=QUICK) as other:
        gone = await other.cancel_job((await other.submit_job(raw)).id)
        if gone.state == "cancelled" and gone.retry_until is None:  # else the first backend was quicker to begin it
            with pytest.raises(RecordingGone):
                await other.retry_job(gone.id)


async def test_what_was_said_is_in_no_log_and_goes_when_it_is_purged(
    backend: LocalBackend, recording: TranscribeRequest, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    done = await ended(backend, await backend.submit_job(recording))
    assert (await backend.purge_jobs(older_than_days=1)).jobs == 0
    assert (await backend.purge_jobs()).jobs == 1
    assert (await backend.jobs(JobQuery())).jobs == []
    assert done.text not in caplog.text
    entries = await backend.audit()
    assert entries[0].action == "jobs.purged"
    assert {entry.action for entry in entries} >= {"model.created", "model.activated", "job.submitted"}
    assert done.text not in str(entries)


async def test_with_nothing_to_be_kept_only_whoever_waits_gets_the_text(
    shared_settings: Settings, backend: LocalBackend, recording: TranscribeRequest
) -> None:
    async with LocalBackend(
        msgspec.structs.replace(shared_settings, transcript_days=0.0), drain=False, pace=QUICK
    ) as forgetful:
        events = [event async for event in forgetful.transcribe(recording)]
        assert isinstance(events[-1], Done)
        assert events[-1].transcript.text == count_of(SECONDS)
        async with asyncio.timeout(20):
            while (await forgetful.jobs(JobQuery())).jobs:
                await asyncio.sleep(0.02)


def _holds(folder: Path, files: int) -> bool:
    return len(list(folder.iterdir())) == files
