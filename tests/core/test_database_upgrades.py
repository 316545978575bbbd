"""A database of an earlier version is brought to this one, with all that is in it: on SQLite and on PostgreSQL."""

from pathlib import Path

import pytest
from piccolo.apps.migrations.commands.forwards import run_forwards
from postgres import raw_sql
from stored_jobs import BASE, a_new_job, a_transcript, added, claimed, nothing_for, open_store

from orstt_core.db import schema
from orstt_core.db.engine import engine_for
from orstt_core.db.job_rows import as_json
from orstt_core.db.recordings import RecordingIndex
from orstt_core.errors import AudioUnreadable, KeyReused, RecordingGone
from orstt_core.types import SampleFormat, StoredRecording, TranscribeOptions, problem

WHEN = "'2026-01-02 03:04:05+00:00'"
LATER = "'2999-01-01 00:00:00+00:00'"
PCM = SampleFormat(rate=8000, channels=2)


async def made_by(url: str, last: str) -> None:
    """Make a database as the version had it whose last migration was this one."""
    engine = engine_for(url)
    await engine.open()
    try:
        async with engine.transaction():
            with schema._contained(engine):
                await run_forwards(schema.APP, last)
    finally:
        await engine.close()


def job_of_0004(name: str, state: str, *, audio: str = "", **more: str) -> str:
    """The statement that stores a job as the version before the recordings' room did; `more` is SQL by column."""
    transcript = as_json(a_transcript("yes"))
    columns = {
        "id": f"'{name}'",
        "state": f"'{state}'",
        "filename": "'visit.wav'",
        "model_name": "'base'",
        "model": f"'{as_json(BASE)}'",
        "options": f"'{as_json(TranscribeOptions(language='en'))}'",
        "audio": f"CAST('{audio or f'/data/spool/{name}'}' AS {{bytes}})",
        "audio_owned": "TRUE",
        "audio_keep": "FALSE",
        "submitted_by": "'user alice'",
        "waited": "FALSE",
        "created_at": WHEN,
    }
    if state == "running":
        columns |= {"worker": "'dead'", "lease_until": WHEN, "attempt": "1", "started_at": WHEN}
    if state in {"done", "failed", "cancelled"}:
        columns |= {"finished_at": WHEN, "audio_until": LATER}
    if state == "failed":
        columns["error"] = f"'{as_json(problem(AudioUnreadable('It is not a recording.')))}'"
    if state == "done":
        columns |= {"result": f"'{transcript}'", "text": "'yes'", "audio_gone": "TRUE"}
    columns |= more
    return f"INSERT INTO transcription_job ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"


JOBS = [
    job_of_0004("own-file", "queued", audio="/home/alice/visit.wav", audio_owned="FALSE"),
    job_of_0004("queued", "queued", sample_format=f"'{as_json(PCM)}'", idempotency_key="'k'", fingerprint="'old'"),
    job_of_0004("running", "running"),
    job_of_0004("done", "done"),
    job_of_0004("kept", "done", audio_keep="TRUE", audio_gone="FALSE", audio_until="NULL"),
    job_of_0004("failed", "failed"),
    job_of_0004("failed-long-ago", "failed", audio_until=WHEN),
    job_of_0004("failed-and-gone", "failed", audio_until=WHEN, audio_gone="TRUE"),
    job_of_0004("cancelled", "cancelled"),
]


@pytest.fixture
async def url(empty_database_url: str) -> str:
    """A database of the version before, with jobs in all states."""
    await made_by(empty_database_url, "orstt_0004_put_off")
    kind = "BLOB" if empty_database_url.startswith("sqlite") else "BYTEA"
    await raw_sql(empty_database_url, *(job.replace("{bytes}", kind) for job in JOBS))
    return empty_database_url


async def test_jobs_of_the_version_before_have_their_recordings_still(url: str) -> None:
    async with open_store(url) as store:
        index = RecordingIndex(store.database)
        stored = ("queued", "running", "kept", "failed", "failed-long-ago", "cancelled")
        assert await index.locations() == {f"/data/spool/{name}" for name in stored}
        for name in ("done", "failed-long-ago", "failed-and-gone"):
            assert (await store.reads.get(name)).recording == ""
        kept = await store.reads.get("kept")
        assert (len(kept.recording), kept.text, kept.retry_until) == (64, "yes", None)
        await store.retention.release_recordings()
        assert [source.location for source in await index.remove_unused()] == ["/data/spool/failed-long-ago"]
        jobs = {job.claim.job: job for job in [await claimed(store, "one") for _ in range(3)]}
        sources = {name: jobs[name].recording for name in jobs}
        assert {name: (source.location, source.owned) for name, source in sources.items()} == {
            "own-file": ("/home/alice/visit.wav", False),
            "queued": ("/data/spool/queued", True),
            "running": ("/data/spool/running", True),
        }
        assert (sources["queued"].sample_format, sources["running"].sample_format) == (PCM, None)
        for name in ("failed", "cancelled"):
            assert (await store.submissions.retry(name, model=BASE)).state == "queued"
            assert (await claimed(store, "one")).recording.location == f"/data/spool/{name}"
        for name in ("failed-long-ago", "failed-and-gone"):
            with pytest.raises(RecordingGone):
                await store.submissions.retry(name, model=BASE)
        again = a_new_job(recording=StoredRecording(id=kept.recording))
        await store.submissions.add(again, limit=None)
        assert (await claimed(store, "one")).recording.location == "/data/spool/kept"


async def test_jobs_that_wait_since_the_version_before_wait_for_the_same(empty_database_url: str) -> None:
    await made_by(empty_database_url, "orstt_0004_put_off")
    kind = "BLOB" if empty_database_url.startswith("sqlite") else "BYTEA"
    jobs = (
        job_of_0004("put-off", "queued", put_off="'There is no room.'", lease_until=LATER),
        job_of_0004("reserved", "queued", waited="TRUE", worker="'me'", lease_until=LATER),
    )
    await raw_sql(empty_database_url, *(job.replace("{bytes}", kind) for job in jobs))
    async with open_store(empty_database_url) as store:
        assert (await store.reads.get("put-off")).put_off == "There is no room."
        assert await nothing_for(store, "other")
        job = await claimed(store, "me")
        assert (job.claim.job, job.priority, job.waited) == ("reserved", "interactive", True)
        assert await nothing_for(store, "me")


async def test_a_key_of_the_version_before_is_its_job_still(url: str) -> None:
    async with open_store(url) as store:
        again = a_new_job(idempotency_key="k", fingerprint="made in another way")
        job, created = await store.submissions.add(again, limit=None)
        assert (job.id, created) == ("queued", False)
        await added(store, idempotency_key="another", fingerprint="f")
        with pytest.raises(KeyReused):
            await added(store, idempotency_key="another", fingerprint="g")


async def test_a_database_from_before_the_jobs_gets_them_and_keeps_its_models(empty_database_url: str) -> None:
    await made_by(empty_database_url, "orstt_0001_models")
    await raw_sql(
        empty_database_url,
        "UPDATE model_selection SET active_id = 3",
        """
        INSERT INTO api_sttmodel (name, model_type, model, device, compute_type)
        VALUES ('ward', 'vosk', 'vosk-model-small-ko-0.22', 'cpu', 'int8')
        """,
    )
    async with open_store(empty_database_url) as store:
        assert await added(store)
    assert await raw_sql(empty_database_url, "SELECT active_id FROM model_selection") == [(3,)]
    kinds = await raw_sql(empty_database_url, "SELECT DISTINCT model_type, compute_type FROM api_sttmodel")
    assert sorted(kinds) == [("vosk", "default"), ("whisper", "int8")], "Vosk leaves no choice of one"


async def test_a_database_from_before_the_keys_gets_them_and_keeps_its_jobs(
    empty_database_url: str, tmp_path: Path
) -> None:
    await made_by(empty_database_url, "orstt_0002_jobs")
    kind = "BLOB" if empty_database_url.startswith("sqlite") else "BYTEA"
    await raw_sql(empty_database_url, job_of_0004("queued", "queued").replace("{bytes}", kind))
    async with open_store(empty_database_url) as store:
        assert (await store.reads.get("queued")).id == "queued"
        assert await raw_sql(empty_database_url, "SELECT callback_url FROM transcription_job") == [("",)]
        assert await raw_sql(empty_database_url, "SELECT count(*) FROM api_key") == [(0,)]
