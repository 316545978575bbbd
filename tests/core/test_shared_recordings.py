"""One recording for the same sound: whoever sent it too cannot tell, and nobody's goes while a job needs it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import msgspec
import pytest
from postgres import raw_sql

from orstt_core.caller import Caller, acting
from orstt_core.errors import InvalidRequest, KeyReused, RecordingGone
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import Job, JobQuery, StoredRecording, TranscribeOptions, TranscribeRequest

SOUND = b"the same sound" * 1000
ALICE, BOB = (Caller(name=f"key {name}", scope="transcribe", remote=True) for name in ("alice", "bob"))
NUMBERS = count()


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(database_url=database_url, data_dir=tmp_path / "data", retry_minutes=60.0)


@pytest.fixture
async def backend(settings: Settings) -> AsyncIterator[LocalBackend]:
    """A backend that stores jobs and works on none."""
    async with LocalBackend(settings, drain=False) as backend:
        yield backend


def upload(tmp_path: Path, sound: bytes = SOUND, **changes: object) -> TranscribeRequest:
    path = tmp_path / f"upload-{next(NUMBERS)}"
    path.write_bytes(sound)
    request = TranscribeRequest(audio=path, filename="visit.wav", disposable=True)
    return msgspec.structs.replace(request, **changes)


def stored(settings: Settings) -> list[bytes]:
    return [path.read_bytes() for path in settings.spool.iterdir()]


async def remove(backend: LocalBackend, job: Job) -> None:
    await backend.cancel_job(job.id)
    await backend.delete_job(job.id)


def told(job: Job) -> dict[str, object]:
    """All that a job says of itself, but what is its own in any case."""
    own = {"id", "submitted_by", "created_at", "ahead"}
    return {name: value for name, value in msgspec.structs.asdict(job).items() if name not in own}


async def test_the_same_upload_of_two_keys_is_one_file_and_neither_can_tell(
    backend: LocalBackend, settings: Settings, tmp_path: Path
) -> None:
    with acting(ALICE):
        hers = await backend.submit_job(upload(tmp_path))
    with acting(BOB):
        his = await backend.submit_job(upload(tmp_path))
        assert told(his) == told(hers)
    assert stored(settings) == [SOUND]
    with acting(ALICE):
        await remove(backend, hers)
        gone = StoredRecording(id=hers.recording)
        unknown = StoredRecording(id="0" * 64)
        refusals = []
        for audio in (gone, unknown):
            with pytest.raises(RecordingGone) as refusal:
                await backend.submit_job(TranscribeRequest(audio=audio))
            refusals.append(str(refusal.value))
        assert refusals[0] == refusals[1]
    assert stored(settings) == [SOUND]
    with acting(BOB):
        again = await backend.submit_job(TranscribeRequest(audio=StoredRecording(id=his.recording)))
        assert again.filename == "visit.wav"
        await remove(backend, his)
        assert stored(settings) == [SOUND]
        await remove(backend, again)
    assert stored(settings) == []


async def test_a_recording_is_gone_for_its_job_when_its_time_is_over_whoever_else_has_it(
    backend: LocalBackend, settings: Settings, tmp_path: Path
) -> None:
    hasty = msgspec.structs.replace(settings, retry_minutes=0.0)
    with acting(BOB):
        await backend.submit_job(upload(tmp_path))
    async with LocalBackend(hasty, drain=False) as other:
        with acting(ALICE):
            hers = await other.submit_job(upload(tmp_path))
            ended = await other.cancel_job(hers.id)
            assert (ended.recording, ended.retry_until) == ("", None)
            for refused in (
                other.retry_job(hers.id),
                other.submit_job(TranscribeRequest(audio=StoredRecording(id=hers.recording))),
            ):
                with pytest.raises(RecordingGone):
                    await refused
    assert stored(settings) == [SOUND]


@pytest.mark.slow
async def test_a_recording_that_comes_while_the_last_job_lets_it_go_is_not_lost(
    backend: LocalBackend, settings: Settings, tmp_path: Path
) -> None:
    async def pass_by(backend: LocalBackend) -> None:
        await remove(backend, await backend.submit_job(upload(tmp_path)))

    async with LocalBackend(settings, drain=False) as other:
        for _ in range(3):
            [kept, *_] = await asyncio.gather(
                backend.submit_job(upload(tmp_path)), *(pass_by(each) for each in [backend, other] * 4)
            )
            assert stored(settings) == [SOUND]
            assert kept is not None
            await remove(other, kept)
            assert stored(settings) == []


async def test_a_recording_whose_file_was_lost_is_brought_back_by_whoever_sends_it_again(
    backend: LocalBackend, settings: Settings, tmp_path: Path
) -> None:
    jobs = [await backend.submit_job(upload(tmp_path))]
    [lost] = settings.spool.iterdir()
    lost.unlink()  # as by a backup that was brought back without the spool folder
    async with LocalBackend(settings, drain=False) as other:
        jobs += await asyncio.gather(*(each.submit_job(upload(tmp_path)) for each in [backend, other] * 2))
    assert (list(settings.spool.iterdir()), lost.read_bytes()) == ([lost], SOUND)
    for job in jobs:
        assert lost.exists()
        await remove(backend, job)
    assert stored(settings) == []


async def test_a_row_that_names_a_path_in_a_folder_that_is_gone_refuses_nobodys_bytes(
    backend: LocalBackend, settings: Settings, tmp_path: Path, database_url: str
) -> None:
    path = "CAST('/gone/spool/recording-1' AS {})".format("BLOB" if database_url.startswith("sqlite") else "BYTEA")
    name = hashlib.sha256(SOUND).hexdigest()
    await raw_sql(database_url, f"INSERT INTO recording (id, location, owned) VALUES ('{name}', {path}, TRUE)")
    job = await backend.submit_job(upload(tmp_path))
    assert (job.recording, stored(settings)) == (name, [SOUND])
    await remove(backend, job)
    assert stored(settings) == []


async def test_the_same_key_is_the_same_job_however_the_recording_is_named(
    backend: LocalBackend, tmp_path: Path
) -> None:
    first = await backend.submit_job(upload(tmp_path, idempotency_key="k"))
    by_name = TranscribeRequest(audio=StoredRecording(id=first.recording), idempotency_key="k")
    assert (await backend.submit_job(by_name)).id == first.id
    with pytest.raises(KeyReused):
        await backend.submit_job(upload(tmp_path, b"another", idempotency_key="k"))
    await backend.cancel_job(first.id)
    assert (await backend.submit_job(by_name)).id == first.id


async def test_a_persons_own_file_is_read_again_where_it_is(
    backend: LocalBackend, settings: Settings, tmp_path: Path
) -> None:
    own = tmp_path / "visit.wav"
    own.write_bytes(SOUND)
    first = await backend.submit_job(TranscribeRequest(audio=own))
    again = await backend.submit_job(TranscribeRequest(audio=StoredRecording(id=first.recording)))
    assert (again.filename, again.recording) == ("visit.wav", first.recording)
    assert str(tmp_path) not in first.recording
    assert not settings.spool.exists()
    for job in (first, again):
        await remove(backend, job)
    assert own.read_bytes() == SOUND


async def test_a_file_of_ones_own_that_was_moved_is_refused_at_once_whoever_asks_for_it(
    backend: LocalBackend, tmp_path: Path
) -> None:
    own = tmp_path / "visit.wav"
    own.write_bytes(SOUND)
    job = await backend.cancel_job((await backend.submit_job(TranscribeRequest(audio=own))).id)
    own.rename(tmp_path / "moved.wav")
    for ask in (
        backend.retry_job(job.id),
        backend.submit_job(TranscribeRequest(audio=StoredRecording(id=job.recording))),
    ):
        with pytest.raises(RecordingGone, match=r"^visit.wav is no longer where it was\.") as refusal:
            await ask
        assert str(tmp_path) not in str(refusal.value)
    (tmp_path / "moved.wav").rename(own)
    assert (await backend.retry_job(job.id)).state == "queued"


async def test_a_detail_of_what_is_off_is_refused_before_anything_is_stored(
    backend: LocalBackend, settings: Settings, tmp_path: Path
) -> None:
    options = TranscribeOptions(vad_filter=False, vad_threshold=0.5)
    with pytest.raises(InvalidRequest, match="vad_threshold means nothing without vad_filter"):
        await backend.submit_job(upload(tmp_path, options=options))
    assert (await backend.jobs(JobQuery())).jobs == []
    assert not settings.spool.exists() or stored(settings) == []
