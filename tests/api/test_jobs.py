"""Jobs over HTTP, at the addresses that programs of others rely on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx2
import msgspec
import pytest
from api.job_answers import CLIP, FULL, UPLOADS, code, decoded, transcript
from scripted import ScriptedBackend
from scripted_jobs import a_job
from serving import eventually, http_client, served

from orstt_api.wire import quote_ref
from orstt_core.errors import Busy, DatabaseUnavailable, KeyReused, ModelNotFound, OrsttError
from orstt_core.settings import Settings
from orstt_core.types import (
    Job,
    JobPage,
    Purged,
    TranscribeRequest,
)


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_recording_is_stored_and_answered_at_once(
    http: httpx2.AsyncClient, backend: ScriptedBackend, slash: str
) -> None:
    answer = await http.post(f"/api/jobs{slash}", files=CLIP)
    assert answer.status_code == 202
    job = decoded(answer)
    assert (job.state, job.filename) == ("queued", "clip.wav")
    assert answer.headers["location"] == f"/api/jobs/{job.id}"
    assert decoded(await http.get(answer.headers["location"])) == job
    [request] = backend.requests
    assert (request.disposable, request.patient) == (True, False)


async def test_the_recording_is_the_backends_as_soon_as_it_has_it(
    http: httpx2.AsyncClient, backend: ScriptedBackend, uploads: Path
) -> None:
    await http.post("/api/jobs", files={"audio": ("clip.wav", b"sound" * 1000)})
    [path] = uploads.iterdir()
    assert path == backend.requests[0].audio
    assert path.read_bytes() == b"sound" * 1000
    assert path.stat().st_mode & 0o777 == 0o600


async def test_the_folder_of_uploads_is_made_for_this_user_only(http: httpx2.AsyncClient) -> None:
    assert not Settings().spool.exists()
    await http.post("/api/jobs", files=CLIP)
    assert Settings().spool.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("failure", [Busy("100 wait."), KeyReused("Another one."), ModelNotFound("No model 'x'.")])
async def test_a_recording_that_the_backend_refuses_is_removed(
    http: httpx2.AsyncClient, backend: ScriptedBackend, uploads: Path, failure: OrsttError
) -> None:
    backend.failure = failure
    answer = await http.post("/api/jobs", files=CLIP)
    assert (answer.status_code, code(answer)) == (failure.status, failure.code)
    assert list(uploads.iterdir()) == []


async def test_the_recording_of_a_stored_job_stays_when_only_the_answer_was_lost(
    http: httpx2.AsyncClient, backend: ScriptedBackend, uploads: Path
) -> None:
    submit = backend.submit_job

    async def losing_the_answer(request: TranscribeRequest) -> Job:
        await submit(request)
        raise DatabaseUnavailable("The connection was lost.")

    backend.submit_job = losing_the_answer  # as when it goes just after the commit
    assert (await http.post("/api/jobs", files=CLIP)).status_code == 503
    assert list(uploads.iterdir()) == [backend.requests[0].audio]


@pytest.mark.parametrize(("header", "field", "key"), [("a", None, "a"), ("", "b", "b"), ("a", "b", "b"), ("", "", "")])
async def test_an_idempotency_key_comes_in_the_form_or_in_a_header(
    http: httpx2.AsyncClient, backend: ScriptedBackend, header: str, field: str | None, key: str
) -> None:
    form = {} if field is None else {"idempotency_key": field}
    for path in UPLOADS[:2]:
        await http.post(path, files=CLIP, data=form, headers={"Idempotency-Key": header} if header else {})
    assert [request.idempotency_key for request in backend.requests] == [key, key]


async def test_a_key_that_is_too_long_is_refused_before_the_recording_is_read(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    for path, part in (("/api/jobs", "audio"), ("/v1/audio/transcriptions", "file")):
        answer = await http.post(path, files={part: CLIP["audio"]}, headers={"Idempotency-Key": "k" * 201})
        assert answer.status_code == 400
        assert "200 characters" in answer.text
    assert backend.requests == []


async def test_a_repeated_key_is_answered_with_the_job_that_is_there(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    there = backend.put(a_job(7, state="running"))

    async def same(request: TranscribeRequest) -> Job:
        return there

    backend.submit_job = same  # as a backend does when the key was used
    backend.ready = FULL
    answer = await http.post("/api/jobs", files=CLIP, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, decoded(answer)) == (202, there)


@pytest.mark.parametrize("path", UPLOADS)
async def test_a_full_queue_is_told_before_the_recording_is_sent(
    backend: ScriptedBackend, uploads: Path, path: str
) -> None:
    backend.ready = FULL
    async with served(backend) as address, http_client(address) as http:
        answer = await http.post(path, files={"audio": b"x" * 20_000_000})
        await http.get("/health")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(Busy.retry_after))
    assert FULL.reason in answer.text
    assert (code(answer) if path != UPLOADS[2] else answer.json()["code"]) == "busy"
    assert backend.requests == []
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize("path", UPLOADS)
async def test_a_queue_that_filled_meanwhile_is_told_with_when_to_try_again(
    http: httpx2.AsyncClient, backend: ScriptedBackend, uploads: Path, path: str
) -> None:
    backend.failure = Busy("100 recordings wait already.")
    answer = await http.post(path, files=CLIP)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, str(Busy.retry_after))
    assert list(uploads.iterdir()) == []


async def test_jobs_are_listed_newest_first_in_pages(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    for number in range(1, 6):
        backend.put(a_job(number))
    names: list[str] = []
    before = ""
    for _ in range(3):
        answer = await http.get("/api/jobs", params={"limit": "2", "before": before})
        page = msgspec.json.decode(answer.content, type=JobPage)
        names += [job.filename for job in page.jobs]
        before = page.next
    assert names == [f"visit-{number}.wav" for number in (5, 4, 3, 2, 1)]
    assert before == ""


async def test_jobs_are_found_by_state_and_text(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    for number, state in enumerate(["queued", "running", "done", "failed", "cancelled"], start=1):
        backend.put(a_job(number, state=state, text="über alles" if state == "done" else ""))

    async def states(query: str) -> list[str]:
        answer = await http.get(f"/api/jobs{query}")
        assert answer.status_code == 200, query
        return [job.state for job in msgspec.json.decode(answer.content, type=JobPage).jobs]

    assert await states("?state=done&state=failed") == ["failed", "done"]
    assert await states("?state=done,failed") == ["failed", "done"]
    assert await states("?state=queued") == ["queued"]
    assert await states("?state=") == await states("") == ["cancelled", "failed", "done", "running", "queued"]
    assert await states("?q=%C3%9CBER") == ["done"]
    assert await states("?q=visit-4") == ["failed"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=finished", "state"), ("limit=0", "limit"), ("limit=501", "limit"), ("limit=x", "limit")],
)
async def test_a_question_that_does_not_fit_is_refused_by_name(
    http: httpx2.AsyncClient, query: str, field: str
) -> None:
    answer = await http.get(f"/api/jobs?{query}")
    assert (answer.status_code, code(answer), answer.json()["field"]) == (400, "invalid_request", field)


async def test_a_job_is_named_by_its_beginning_too(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    job = backend.put(a_job(3, state="done", result=transcript(), text="Hello."))
    answer = await http.get("/api/jobs/3333")
    assert decoded(answer) == job
    assert answer.json()["result"]["text"] == "Hello."


@pytest.mark.parametrize("ref", ["nope", "..", "a/b", "é", "%", " ", "purge", "x" * 3000])
async def test_a_job_that_is_not_there_is_not_found(http: httpx2.AsyncClient, ref: str) -> None:
    path = f"/api/jobs/{quote_ref(ref)}"
    for method, address in [
        ("GET", path),
        ("GET", f"{path}/events"),
        ("POST", f"{path}/cancel"),
        ("POST", f"{path}/retry"),
        ("DELETE", path),
    ]:
        answer = await http.request(method, address)
        assert (answer.status_code, code(answer)) == (404, "job_not_found"), address


async def test_a_job_is_cancelled_begun_again_and_removed(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    job = backend.put(a_job(1))
    path = f"/api/jobs/{job.id}"
    steps = [("POST", f"{path}/cancel", 200), ("POST", f"{path}/cancel", 200), ("POST", f"{path}/retry", 202)]
    states = []
    for method, address, status in steps:
        answer = await http.request(method, address)
        assert answer.status_code == status, address
        states.append(decoded(answer).state)
    assert states == ["cancelled", "cancelled", "queued"]
    refused = await http.delete(path)
    assert (refused.status_code, code(refused)) == (409, "job_not_ended")
    done = backend.put(a_job(1, state="done"))
    for verb, kind in {"cancel": "job_ended", "retry": "job_not_ended"}.items():
        refused = await http.post(f"{path}/{verb}")
        assert (refused.status_code, code(refused)) == (409, kind)
    removed = await http.delete(path)
    assert (removed.status_code, decoded(removed)) == (200, done)
    assert backend.job_rows == {}


async def test_ended_jobs_are_purged_by_age(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    asked: list[float] = []

    async def purge(older_than_days: float = 0.0) -> Purged:
        asked.append(older_than_days)
        return Purged(jobs=3)

    backend.purge_jobs = purge  # to see what is asked
    for days in (30, 0.5, 0):
        answer = await http.post("/api/jobs/purge", json={"older_than_days": days})
        assert (answer.status_code, answer.json()) == (200, {"jobs": 3})
    assert asked == [30, 0.5, 0]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'{"older_than_days": -1}', b'{"older_than_days": "all"}', b'{"days": 3}']
)
async def test_nothing_is_purged_unless_it_is_said_how_old(
    http: httpx2.AsyncClient, backend: ScriptedBackend, body: bytes
) -> None:
    backend.put(a_job(1, state="done"))
    answer = await http.post("/api/jobs/purge", content=body)
    assert (answer.status_code, code(answer)) == (400, "invalid_request")
    assert backend.job_rows


async def test_every_error_of_a_job_is_a_problem(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.failure = DatabaseUnavailable("The database does not answer.")
    answer = await http.get("/api/jobs")
    assert (answer.status_code, code(answer)) == (503, "database_unavailable")
    assert answer.headers["retry-after"] == str(DatabaseUnavailable.retry_after)
    for method, path, status in [
        ("PUT", "/api/jobs", 405),
        ("GET", "/api/jobs/purge", 405),
        ("GET", "/api/jobs/a/b", 404),
    ]:
        answer = await http.request(method, path)
        assert answer.status_code == status
        assert code(answer)


async def test_whoever_goes_away_before_the_sound_comes_lets_it_be_decoded_no_further(
    http: httpx2.AsyncClient, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way: list[str] = []

    async def decoded_for_ever(ref: str, *_: object) -> AsyncGenerator[bytes]:
        under_way.append(ref)
        try:
            await asyncio.sleep(3600)
            yield b"never"
        finally:
            under_way.clear()

    monkeypatch.setattr(backend, "audio", decoded_for_ever)
    asking = asyncio.create_task(http.get("/api/jobs/a1b2/audio"))
    await eventually(lambda: under_way == ["a1b2"])
    asking.cancel()
    await eventually(lambda: not under_way)
