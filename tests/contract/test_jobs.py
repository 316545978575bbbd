"""What every Backend promises about jobs, on every database."""

# ruff: noqa: F811 - pytest hands fixtures over by the names of arguments

from __future__ import annotations

import asyncio
import io
import math
import os
import tempfile
import threading
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import soundfile
from counted_ends import (  # noqa: F401 - fixtures among them
    SECONDS,
    _behaviour,
    asking,
    behaviour,
    ended,
    ends,
    held,
    recording,
)
from counting import STEP, count_of
from ends import Ends
from numpy.typing import NDArray

from orstt_core.backend import Backend
from orstt_core.errors import (
    AudioEmpty,
    AudioUnreadable,
    EngineFailed,
    InvalidRequest,
    JobCancelled,
    JobEnded,
    JobNotEnded,
    JobNotFound,
    OptionUnsupported,
    RecordingGone,
)
from orstt_core.request import make_request
from orstt_core.types import (
    Accepted,
    Done,
    JobQuery,
    NewSegment,
    RawAudio,
    SampleFormat,
    Started,
    StoredRecording,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def followed(backend: Backend, ref: str) -> list[TranscribeEvent]:
    return [event async for event in backend.follow_job(ref)]


async def test_a_job_is_stored_at_once_and_done_later(ends: Ends, recording: TranscribeRequest) -> None:
    options = TranscribeOptions(language="en", beam_size=5)
    job = await ends.backend.submit_job(asking(recording, filename="visit.wav", options=options))
    assert (job.state, job.filename, job.model, job.options) == ("queued", "visit.wav", "counting", options)
    assert job.submitted_by
    done = await ended(ends.backend, job)
    assert (done.state, done.text, done.duration, done.attempt) == ("done", count_of(SECONDS), 3.0, 1)
    assert done.result
    assert (done.result.text, done.segments) == (done.text, done.result.segments)
    assert done.started_at
    assert done.finished_at
    assert job.created_at <= done.started_at <= done.finished_at
    assert await ends.other.job(job.id[:6]) == done


async def test_samples_and_bare_files_can_be_jobs_too(backend: Backend, tmp_path: Path) -> None:
    data = b"\0\0\0\0" * 8000
    path = tmp_path / "bare.raw"
    path.write_bytes(data)
    for request in (
        TranscribeRequest(audio=RawAudio(data=data, rate=8000, channels=2), model="counting"),
        TranscribeRequest(audio=path, model="counting", sample_format=SampleFormat(rate=8000, channels=2)),
    ):
        done = await ended(backend, await backend.submit_job(request))
        assert (done.state, done.duration) == ("done", 1.0)
    assert path.exists()


async def test_what_comes_through_a_pipe_or_is_open_here_already_can_be_a_job(backend: Backend, tmp_path: Path) -> None:
    data, pipe = b"\0\0" * 16000, tmp_path / "pipe"
    os.mkfifo(pipe)
    layout = SampleFormat(rate=16000)
    with pytest.raises(TimeoutError):  # nobody writes, and whoever gives up is not held up
        async with asyncio.timeout(0.5):
            await backend.submit_job(TranscribeRequest(audio=pipe, model="counting", sample_format=layout))
    threading.Thread(target=pipe.write_bytes, args=(data,)).start()
    with tempfile.TemporaryFile(dir=tmp_path) as file:
        file.write(data)
        file.seek(0)
        for path in (pipe, Path(f"/dev/fd/{file.fileno()}")):
            request = TranscribeRequest(audio=path, model="counting", sample_format=layout)
            job = await backend.submit_job(request)
            assert job.filename == path.name
            done = await ended(backend, job)
            assert (done.state, done.duration) == ("done", 1.0)
    with pytest.raises(AudioEmpty, match="null is empty: nothing came through it"):
        await backend.submit_job(TranscribeRequest(audio=Path("/dev/null"), model="counting"))


async def test_a_job_is_followed_live_and_afterwards_with_the_same_end(
    backend: Backend, recording: TranscribeRequest, behaviour: Path
) -> None:
    (behaviour / "pause").write_text("0.1")
    job = await backend.submit_job(recording)
    async with asyncio.timeout(30):
        live, again = await followed(backend, job.id), await followed(backend, job.id[:8])
    for events in (live, again):
        assert isinstance(events[0], Accepted)
        assert events[0].job == job.id
        assert sum(isinstance(event, Started) for event in events) == 1
        assert " ".join(event.segment.text for event in events if isinstance(event, NewSegment)) == count_of(SECONDS)
    assert live[-1] == again[-1]
    assert isinstance(live[-1], Done)


async def test_a_transcription_is_a_job_that_one_waits_for(backend: Backend, recording: TranscribeRequest) -> None:
    events = [event async for event in backend.transcribe(recording)]
    assert isinstance(events[0], Accepted)
    assert isinstance(events[-1], Done)
    assert (await backend.job(events[0].job)).result == events[-1].transcript
    assert await backend.wait(events[0].job) == events[-1].transcript


async def test_a_transcript_comes_of_whatever_a_script_has_and_words_only_where_they_are_measured(
    backend: Backend, recording: TranscribeRequest
) -> None:
    assert isinstance(recording.audio, Path)
    path = recording.audio
    samples, rate = soundfile.read(path, dtype="float32")
    with path.open("rb") as file:
        for audio in (path, str(path), file, path.read_bytes(), (rate, samples)):
            transcript = await backend.transcript(audio, "counting")
            assert transcript.text == count_of(SECONDS)
            assert [row["end"] for row in transcript.rows()] == [1.0, 2.0, 3.0]
            with pytest.raises(OptionUnsupported, match="words were not measured"):
                transcript.rows(words=True)
    jobs = (await backend.jobs(JobQuery())).jobs
    assert {job.filename for job in jobs} == {path.name, "recording"}
    assert [job.state for job in jobs] == ["done"] * 5  # what the engine cannot do was not tried first
    with pytest.raises(OptionUnsupported, match="word timestamps"):
        await backend.transcript(path, "counting", word_timestamps=True)
    job = await backend.submit_job(make_request(path, "raising"))
    with pytest.raises(EngineFailed):
        await backend.wait(job.id)


async def test_going_away_cancels_what_was_waited_for_and_not_what_was_followed(
    backend: Backend, recording: TranscribeRequest, behaviour: Path
) -> None:
    job = await held(backend, recording, behaviour)  # which is followed, and not followed any more
    assert (await backend.job(job.id)).state == "running"
    await backend.cancel_job(job.id)
    async with aclosing(backend.transcribe(recording)) as events:
        async for event in events:
            if isinstance(event, NewSegment):
                break
    (latest,) = (await backend.jobs(JobQuery(limit=1))).jobs
    assert latest.id != job.id
    assert (await ended(backend, latest)).state == "cancelled"


@pytest.mark.slow
async def test_breaking_out_of_a_transcription_cancels_it_as_does_cancelling_who_waits_for_a_transcript(
    backend: Backend, recording: TranscribeRequest, behaviour: Path
) -> None:
    (behaviour / "hang-at").write_text("2")
    async for event in backend.transcribe(recording):
        if isinstance(event, NewSegment):
            break
    (broken_off,) = (await backend.jobs(JobQuery(limit=1))).jobs
    assert (await ended(backend, broken_off)).state == "cancelled"
    assert isinstance(recording.audio, Path)
    waiting = asyncio.create_task(backend.transcript(recording.audio, "counting", word_timestamps=False))
    async with asyncio.timeout(30):
        latest = broken_off
        while latest.id == broken_off.id or latest.position < 1:
            await asyncio.sleep(0.02)
            (latest,) = (await backend.jobs(JobQuery(limit=1))).jobs
    waiting.cancel()
    assert (await ended(backend, latest)).state == "cancelled"


async def test_a_failed_job_keeps_the_reason_and_whoever_follows_is_told(
    backend: Backend, recording: TranscribeRequest
) -> None:
    job = await backend.submit_job(asking(recording, model="raising"))
    failed = await ended(backend, job)
    assert failed.state == "failed"
    assert failed.error
    assert isinstance(failed.error.error, EngineFailed)
    with pytest.raises(EngineFailed) as told:
        await followed(backend, job.id)
    assert str(told.value) == str(failed.error.error)


async def test_what_is_no_recording_fails_with_that_reason(backend: Backend, tmp_path: Path) -> None:
    path = tmp_path / "letter.wav"
    path.write_text("Dear Sir or Madam, " * 100)
    failed = await ended(backend, await backend.submit_job(TranscribeRequest(audio=path, model="counting")))
    assert failed.error
    assert isinstance(failed.error.error, AudioUnreadable)
    assert "letter.wav" in failed.error.detail
    assert str(tmp_path) not in failed.error.detail


async def test_a_job_is_cancelled_once_and_goes_on_under_its_id_when_it_is_retried(
    backend: Backend, recording: TranscribeRequest, behaviour: Path
) -> None:
    job = await held(backend, recording, behaviour)
    for _ in range(2):
        assert (await backend.cancel_job(job.id)).state == "cancelled"
    with pytest.raises(JobCancelled):
        await followed(backend, job.id)
    stopped = await backend.job(job.id)
    assert stopped.segments
    again = await backend.retry_job(job.id)
    assert (again.id, again.error, again.finished_at) == (job.id, None, None)
    assert (again.segments, again.text) == (stopped.segments, stopped.text), "it goes on from where it was stopped"
    (behaviour / "hang-at").unlink()
    done = await ended(backend, job)
    assert (done.state, done.text) == ("done", count_of(SECONDS))
    assert done.segments[: len(stopped.segments)] == stopped.segments


async def test_only_what_the_state_allows_can_be_done(
    backend: Backend, recording: TranscribeRequest, behaviour: Path
) -> None:
    running = await held(backend, recording, behaviour)
    for refused in (backend.delete_job(running.id), backend.retry_job(running.id)):
        with pytest.raises(JobNotEnded):
            await refused
    await backend.cancel_job(running.id)
    (behaviour / "hang-at").unlink()
    done = await ended(backend, await backend.submit_job(recording))
    with pytest.raises(JobEnded):
        await backend.cancel_job(done.id)
    with pytest.raises(JobNotEnded):
        await backend.retry_job(done.id)
    assert await backend.delete_job(done.id) == done
    with pytest.raises(JobNotFound):
        await backend.job(done.id)


async def test_a_job_that_is_not_there_is_not_found(backend: Backend, recording: TranscribeRequest) -> None:
    await backend.submit_job(recording)
    for ref in ("", "nope", "..", "a/b", " ", "é", "%", "_", "x" * 3000, "0" * 16):
        for ask in (
            backend.job,
            backend.cancel_job,
            backend.retry_job,
            backend.delete_job,
            lambda ref: anext(backend.follow_job(ref)),
        ):
            with pytest.raises(JobNotFound) as told:
                await ask(ref)
            assert told.value.message
    with pytest.raises(JobNotFound):
        await backend.jobs(JobQuery(before="nope"))


async def test_what_a_job_has_is_transcribed_again_without_being_sent(
    backend: Backend, recording: TranscribeRequest
) -> None:
    assert isinstance(recording.audio, Path)
    samples = RawAudio(data=b"\0\0\0\0" * 8000, rate=8000, channels=2)
    for audio, duration in ((recording.audio, float(SECONDS)), (samples, 1.0)):
        kept = asking(recording, audio=audio, filename="visit.wav", keep_audio=True)
        first = await ended(backend, await backend.submit_job(kept))
        again = asking(recording, audio=StoredRecording(id=first.recording), model="counting")
        second = await ended(backend, await backend.submit_job(again))
        assert (second.state, second.filename, second.duration) == ("done", "visit.wav", duration)
        assert (second.id != first.id, second.text) == (True, first.text)
        events = [event async for event in backend.transcribe(again)]
        assert isinstance(events[-1], Done)
        for job in (await backend.jobs(JobQuery())).jobs:
            await backend.delete_job(job.id)
        with pytest.raises(RecordingGone, match="No job of yours has that recording"):
            await backend.submit_job(again)
    assert recording.audio.exists()


async def heard(backend: Backend, ref: str, start: float = 0.0, end: float | None = None) -> NDArray[np.float64]:
    """The samples of a job's sound, which must be a WAV file as players know it."""
    wav = b"".join([part async for part in backend.audio(ref, start, end)])
    samples, rate = soundfile.read(io.BytesIO(wav))
    assert (rate, samples.ndim) == (16_000, 1)
    return np.asarray(samples)


async def test_the_sound_of_a_job_is_heard_and_drawn_and_what_was_measured_stays_when_the_recording_is_gone(
    backend: Backend, recording: TranscribeRequest
) -> None:
    job = await ended(backend, await backend.submit_job(asking(recording, keep_audio=True)))
    whole = await heard(backend, job.id[:8])
    assert whole.shape == (SECONDS * 16_000,)
    assert [round(float(whole[second * 16_000 + 8_000]) / STEP) for second in range(SECONDS)] == [1, 2, 3]
    np.testing.assert_array_equal(await heard(backend, job.id, 0.5, 2.25), whole[8_000:36_000])
    np.testing.assert_array_equal(await heard(backend, job.id, 2.5), whole[40_000:])
    np.testing.assert_array_equal(await heard(backend, job.id, 2.5, 99.0), whole[40_000:])
    for start, end in ((-1.0, None), (2.0, 1.0), (math.nan, None), (0.0, math.inf), (99.0, None)):
        with pytest.raises(InvalidRequest):
            await heard(backend, job.id, start, end)
    measured = await backend.peaks(job.id)
    louder = [round(255 * math.sqrt(number * STEP)) for number in range(1, SECONDS + 1)]
    assert (measured.per_second, len(measured.peaks)) == (10, 10 * SECONDS)
    assert measured.peaks[5::10] == pytest.approx(louder, abs=1)
    raw = RawAudio(data=b"\0\x40" * 16_000, rate=16_000)
    gone = await ended(backend, await backend.submit_job(TranscribeRequest(audio=raw, model="counting")))
    async with asyncio.timeout(30):
        while (await backend.job(gone.id)).recording:
            await asyncio.sleep(0.02)
    with pytest.raises(RecordingGone, match="was not kept"):
        await heard(backend, gone.id)
    assert set((await backend.peaks(gone.id)).peaks) == {round(255 * math.sqrt(0.5))}
    await backend.delete_job(gone.id)
    for ref in (gone.id, "nope"):
        with pytest.raises(JobNotFound):
            await heard(backend, ref)
        with pytest.raises(JobNotFound):
            await backend.peaks(ref)


async def test_a_recording_that_no_job_has_is_not_there(backend: Backend, recording: TranscribeRequest) -> None:
    for name in ("nope", "0" * 64, "é", "file:", "../../etc/passwd"):
        unknown = asking(recording, audio=StoredRecording(id=name))
        with pytest.raises(RecordingGone, match="No job of yours has that recording"):
            await backend.submit_job(unknown)
        with pytest.raises(RecordingGone):
            [event async for event in backend.transcribe(unknown)]
    with pytest.raises(InvalidRequest, match="What stored samples hold is known"):
        await backend.submit_job(
            asking(recording, audio=StoredRecording(id="0" * 64), sample_format=SampleFormat(rate=8000))
        )


async def test_a_recording_that_was_removed_cannot_be_begun_again(
    backend: Backend, recording: TranscribeRequest
) -> None:
    assert isinstance(recording.audio, Path)
    raw = RawAudio(data=b"\0\0" * 16000, rate=16000)
    # Nobody can begin again what was waited for: its sound went with whoever waited.
    with pytest.raises(EngineFailed):
        [event async for event in backend.transcribe(asking(recording, audio=raw, model="raising"))]
    (job,) = (await backend.jobs(JobQuery(limit=1))).jobs
    with pytest.raises(RecordingGone):
        await backend.retry_job(job.id)
