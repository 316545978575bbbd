"""Uploads: bounded, streamed to disk, and their names are labels only."""

from __future__ import annotations

import asyncio
import errno
import gc
import hashlib
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import psutil
import pytest
from multipart import MultipartSegment, PushMultipartParser
from scripted import ScriptedBackend
from serving import eventually, http_client, served
from upload_forms import FORM, HEAD, PATHS, TAIL, connected

from orstt_api import form_parts
from orstt_api.forms import JOB_FORM
from orstt_api.protocol import request_drain
from orstt_api.upload import Upload
from orstt_core.types import Readiness, StoredRecording, TranscribeEvent, TranscribeRequest

MIB = 1024 * 1024


def told(answer: httpx2.Response) -> str:
    body = answer.json()
    return str(body.get("error") or body["detail"] + " " + body.get("hint", ""))


@pytest.mark.parametrize("path", PATHS)
async def test_a_recording_of_just_the_limit_is_taken(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.post(path, files={"audio": ("a.wav", b"x" * MIB)})
    assert answer.is_success


@pytest.mark.parametrize("path", PATHS)
async def test_one_byte_more_is_refused(
    http: httpx2.AsyncClient, uploads: Path, backend: ScriptedBackend, path: str
) -> None:
    answer = await http.post(path, files={"audio": ("a.wav", b"x" * (MIB + 1))})
    assert answer.status_code == 413
    assert "1 MiB" in told(answer)
    assert list(uploads.iterdir()) == []
    assert backend.requests == []


@pytest.mark.parametrize("path", PATHS)
async def test_a_larger_one_is_refused_before_it_is_sent(
    address: str, uploads: Path, backend: ScriptedBackend, path: str
) -> None:
    async with connected(address, path, f"Content-Length: {500 * MIB}") as (reader, writer), asyncio.timeout(20):
        writer.write(HEAD)
        assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
        told = await reader.readuntil(b"}")
        assert b"1 MiB" in told
        assert b"ORSTT_MAX_UPLOAD_MB" in told
    assert list(uploads.iterdir()) == []
    assert backend.requests == []


@pytest.mark.parametrize("path", PATHS)
async def test_one_that_does_not_say_its_size_is_counted(
    address: str, uploads: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_drain, "DRAIN_SECONDS", 0.1)
    async with connected(address, path, "Transfer-Encoding: chunked") as (reader, writer), asyncio.timeout(20):
        chunks = 0

        async def send_without_end() -> None:
            nonlocal chunks
            writer.write(b"%x\r\n%s\r\n" % (len(HEAD), HEAD))
            while True:
                writer.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")
                await writer.drain()
                chunks += 1

        sending = asyncio.create_task(send_without_end())
        assert await reader.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"
        with pytest.raises(ConnectionError):
            await sending
        assert chunks * 65536 > MIB
    await eventually(lambda: list(uploads.iterdir()) == [])


@pytest.mark.parametrize("path", PATHS)
async def test_a_client_that_sends_everything_first_still_gets_the_reason(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.post(path, files={"audio": b"x" * 20 * MIB})
    assert answer.status_code == 413


async def test_a_refused_upload_gets_its_answer_on_a_connection_that_still_sends(backend: ScriptedBackend) -> None:
    async with served(backend, api_key="secret") as address, http_client(address) as http:
        answer = await http.post(PATHS[0], files={"audio": b"x" * 20 * MIB})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        HEAD,
        HEAD + b"cut short",
        b"--b--\r\n",
        b"--b\r\nContent-Type: audio/wav\r\n\r\nx" + TAIL,
        HEAD + b"one\r\n" + HEAD + b"two" + TAIL,
        b"".join(b'--b\r\nContent-Disposition: form-data; name="n%d"\r\n\r\nx\r\n' % n for n in range(50)) + TAIL[2:],
        b"--b\r\nContent-Disposition: form-data; name=" + b"x" * 10_000 + b"\r\n\r\nx" + TAIL,
    ],
)
async def test_a_broken_form_is_refused_in_a_sentence(
    http: httpx2.AsyncClient, uploads: Path, backend: ScriptedBackend, body: bytes
) -> None:
    for path in PATHS:
        answer = await http.post(path, content=body, headers=FORM)
        assert answer.status_code == 400
        assert told(answer)
    assert list(uploads.iterdir()) == []
    assert backend.requests == []


async def test_a_form_without_a_boundary_is_refused(http: httpx2.AsyncClient) -> None:
    answer = await http.post(PATHS[0], content=HEAD + TAIL, headers={"Content-Type": "multipart/form-data"})
    assert answer.status_code == 400


@pytest.mark.parametrize("full", ["queue_full", "interactive_full"])
async def test_one_kind_of_which_too_many_wait_does_not_take_the_server_from_the_other(
    http: httpx2.AsyncClient, backend: ScriptedBackend, full: str
) -> None:
    backend.ready = Readiness(ready=True, reason="private", **{full: True})
    asked = await http.get("/health/ready")
    assert (asked.status_code, asked.json()[full]) == (200, True)
    assert "private" not in asked.text
    statuses = [
        (await http.post(path, files={"audio": b"x"})).status_code for path in ("/api/jobs", "/api/transcribe_only")
    ]
    assert [status == 503 for status in statuses] == [full == "queue_full", full == "interactive_full"]


@pytest.mark.parametrize("path", PATHS)
async def test_on_a_full_disk_none_is_received_in_vain(
    http: httpx2.AsyncClient, uploads: Path, backend: ScriptedBackend, path: str
) -> None:
    backend.ready = Readiness(ready=False, reason="The disk is full.", queued=3, disk_full=True)
    answer = await http.post(path, files={"audio": b"x"})
    assert answer.status_code == 507
    assert "no room" in told(answer)
    assert list(uploads.iterdir()) == []
    asked = await http.get("/health/ready")
    assert (asked.status_code, asked.json()["disk_full"]) == (503, True)
    assert "disk" in asked.json()["reason"]


@pytest.mark.parametrize(
    ("filename", "label", "suffix"),
    [
        ("clip.wav", "clip.wav", ".wav"),
        ("samples.raw", "samples.raw", ".raw"),
        ("../../etc/passwd", "passwd", ""),
        ("/etc/cron.d/job.sh", "job.sh", ".sh"),
        ("C:\\Users\\me\\talk.mp3", "talk.mp3", ".mp3"),
        ("..", "..", ""),
        ("a.wav; rm -rf", "a.wav; rm -rf", ""),
        ("naïve - 話.ogg", "naïve - 話.ogg", ".ogg"),
        ("a\x1b[2J\x00b.wav", "a?[2J?b.wav", ".wav"),
        ("x" * 500 + ".wav", "x" * 196 + ".wav", ".wav"),
        ("noise.thissuffixistoolong", "noise.thissuffixistoolong", ""),
        ("", "the recording", ""),
    ],
)
async def test_a_file_name_is_only_a_label(
    http: httpx2.AsyncClient, backend: ScriptedBackend, uploads: Path, filename: str, label: str, suffix: str
) -> None:
    content = HEAD.replace(b"a.wav", filename.encode()) + b"sound" + TAIL
    assert (await http.post(PATHS[0], content=content, headers=FORM)).status_code == 200
    [request] = backend.requests
    assert isinstance(request.audio, Path)
    assert request.audio.parent == uploads
    assert (request.filename, request.audio.suffix) == (label, suffix)


async def test_a_full_disk_is_told_and_leaves_nothing(
    http: httpx2.AsyncClient, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(form_parts.FilePart, "_save", full)
    answer = await http.post(PATHS[1], files={"audio": b"x" * 1000})
    assert answer.status_code == 507
    assert "no room" in told(answer)
    assert list(uploads.iterdir()) == []


@pytest.mark.parametrize("where", ["_save", "new_file"])
async def test_where_no_file_can_be_opened_just_now_the_client_may_come_again(
    http: httpx2.AsyncClient, uploads: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def exhausted(*_: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    if where == "_save":
        monkeypatch.setattr(form_parts.FilePart, "_save", exhausted)
    else:
        monkeypatch.setattr("orstt_core.recordings.files.make_folder", exhausted)
    answer = await http.post(PATHS[1], files={"audio": b"x" * 1000})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "cannot be stored just now: Too many open files" in told(answer)
    assert list(uploads.iterdir()) == []


async def test_a_recording_is_counted_while_it_arrives(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    sound = b"sound" * 100_000
    await http.post(PATHS[1], files={"audio": sound})
    assert [request.sha256 for request in backend.requests] == [hashlib.sha256(sound).hexdigest()]


async def test_a_form_carries_a_recording_or_names_a_stored_one(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    names = {"recording": (None, "0" * 64), "model": (None, "base")}
    assert (await http.post("/api/jobs", files=names)).status_code == 202
    [request] = backend.requests
    assert (request.audio, request.disposable, request.model) == (StoredRecording(id="0" * 64), False, "base")
    both = await http.post("/api/jobs", files={**names, "audio": b"x"})
    assert (both.status_code, both.json()["field"]) == (400, "recording")
    for path in ("/v1/audio/transcriptions", "/api/transcribe_only"):
        assert (await http.post(path, files=names)).status_code == 400


async def test_a_spool_that_cannot_be_written_is_logged_and_told_without_its_name(
    backend: ScriptedBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    async with served(backend, data_dir=tmp_path / "file") as address, http_client(address) as http:
        for path in PATHS:
            answer = await http.post(path, files={"audio": b"x"})
            assert answer.status_code == 500
            assert "cannot store recordings" in told(answer)
            assert str(tmp_path) not in answer.text
    assert str(tmp_path) in caplog.text
    assert not [record for record in caplog.records if record.exc_info]


async def test_an_upload_that_nobody_takes_leaves_nothing(tmp_path: Path) -> None:
    upload = Upload(tmp_path, JOB_FORM, limit=MIB, idempotency_key="", take_memory=lambda _: None)
    with PushMultipartParser("b") as parser:
        begun, *_ = parser.parse(HEAD + TAIL)
        assert isinstance(begun, MultipartSegment)
        await upload.begin(begun)
    assert len(list(tmp_path.iterdir())) == 1
    del upload
    gc.collect()
    assert list(tmp_path.iterdir()) == []


async def test_a_large_upload_goes_to_disk_and_not_to_memory(backend: ScriptedBackend, uploads: Path) -> None:
    size = 150 * MIB
    sizes: list[int] = []
    transcribe = backend.transcribe

    async def weighing(request: TranscribeRequest) -> AsyncIterator[TranscribeEvent]:
        assert isinstance(request.audio, Path)
        sizes.append(request.audio.stat().st_size)
        async for event in transcribe(request):
            yield event

    async def sound() -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(size // MIB):
            yield b"x" * MIB
        yield TAIL

    backend.transcribe = weighing  # type: ignore[assignment]  # to look at the file
    process = psutil.Process()
    async with served(backend, max_upload_mb=400) as address, http_client(address) as http:
        await http.get("/health")
        before = process.memory_info().rss
        peak = asyncio.create_task(_peak(process))
        answer = await http.post(PATHS[1], content=sound(), headers=FORM)
        peak.cancel()
    assert answer.status_code == 200
    assert sizes == [size]
    assert await peak - before < 50 * MIB


async def _peak(process: psutil.Process) -> int:
    peak = 0
    try:
        while True:
            peak = max(peak, process.memory_info().rss)
            await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        return peak


async def test_other_requests_are_answered_while_a_slow_disk_writes(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = form_parts.FilePart._save

    writing, written = threading.Event(), threading.Event()

    def slow(self: form_parts.FilePart, data: bytes) -> None:
        writing.set()
        assert written.wait(60)
        save(self, data)

    monkeypatch.setattr(form_parts.FilePart, "_save", slow)
    sending = asyncio.create_task(http.post(PATHS[1], files={"audio": b"x"}))
    await eventually(writing.is_set)
    assert (await http.get("/health")).status_code == 200
    assert not sending.done()
    written.set()
    assert (await sending).status_code == 200
