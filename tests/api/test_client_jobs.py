"""RemoteBackend's jobs and models when things go wrong; what it does when they go well is in the contract suite."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from scripted import ScriptedBackend
from scripted_jobs import a_job
from serving import eventually, served

from orstt_api.client import RemoteBackend
from orstt_api.server import ApiServer
from orstt_core.errors import (
    Busy,
    EngineDied,
    JobCancelled,
    JobNotFound,
    ModelNotFound,
    ModelSuspended,
    OrsttError,
    ServerUnreachable,
)
from orstt_core.settings import Settings
from orstt_core.types import (
    Accepted,
    JobQuery,
    RawAudio,
    Readiness,
    SampleFormat,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
    problem,
)

SOUND = TranscribeRequest(audio=RawAudio(data=b"\0\0" * 100, rate=16000))


async def test_everything_asked_of_a_recording_travels_but_its_path(backend: ScriptedBackend, tmp_path: Path) -> None:
    path = tmp_path / "visit.pcm"
    path.write_bytes(b"\1\0" * 50)
    asked = TranscribeRequest(
        audio=path,
        model=2,
        options=TranscribeOptions(language="de", temperature=(0.0,)),
        filename="Tuesday",
        sample_format=SampleFormat(rate=8000, channels=2, sample_type="float32"),
        keep_audio=True,
        keep_alive=12.5,
        idempotency_key="k-1",
        purpose="benchmark",
    )
    async with served(backend) as url, RemoteBackend(url) as remote:
        await remote.submit_job(asked)
        [event async for event in remote.transcribe(asked)]
    for arrived in backend.requests:
        assert arrived.audio != path
        assert isinstance(arrived.audio, Path)
        assert arrived.audio.read_bytes() == path.read_bytes()
        same = (
            "model",
            "options",
            "filename",
            "sample_format",
            "keep_audio",
            "keep_alive",
            "idempotency_key",
            "purpose",
        )
        assert [getattr(arrived, name) for name in same] == [getattr(asked, name) for name in same]
    assert len(backend.requests) == 2


@pytest.mark.parametrize("refused", [False, True])
async def test_a_disposable_file_is_gone_once_it_was_sent_and_any_other_stays(
    backend: ScriptedBackend, tmp_path: Path, *, refused: bool
) -> None:
    backend.failure = Busy("100 wait.") if refused else None
    async with served(backend) as url, RemoteBackend(url) as remote:
        for disposable in (True, False):
            path = tmp_path / "visit.wav"
            path.write_bytes(b"sound")
            asked = TranscribeRequest(audio=path, disposable=disposable)
            try:
                await remote.submit_job(asked)
            except Busy:
                assert refused
            assert path.exists() is not disposable


async def test_a_full_queue_is_told_as_such(backend: ScriptedBackend) -> None:
    backend.ready = Readiness(ready=False, reason="As many recordings wait already as may.", queued=100, running=1)
    async with served(backend) as url, RemoteBackend(url) as remote:
        for ask in (remote.submit_job(SOUND), anext(remote.transcribe(SOUND))):
            with pytest.raises(Busy, match="As many recordings wait already as may") as told:
                await ask
            assert told.value.retry_after > 0
        assert await remote.readiness() == backend.ready
        backend.ready = Readiness(ready=True)
        assert await remote.readiness() == backend.ready
        backend.failure = ModelSuspended("base died twice.", retry_after=77)
        with pytest.raises(ModelSuspended) as suspended:
            await anext(remote.transcribe(SOUND))
        assert suspended.value.retry_after == 77


async def test_a_job_that_failed_or_was_cancelled_raises_what_it_ended_with(backend: ScriptedBackend) -> None:
    failed = backend.put(a_job(1, state="failed", error=problem(EngineDied("It was killed.", hint="Try again."))))
    cancelled = backend.put(a_job(2, state="cancelled"))
    async with served(backend) as url, RemoteBackend(url) as remote:
        with pytest.raises(EngineDied, match="It was killed") as told:
            await anext(remote.follow_job(failed.id))
        assert told.value.hint == "Try again."
        with pytest.raises(JobCancelled):
            await anext(remote.follow_job(cancelled.id))
        with pytest.raises(JobNotFound):
            await anext(remote.follow_job("nope"))


class Following(ScriptedBackend):
    """Has a job that goes on and on."""

    followers = 0

    async def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        self.followers += 1
        try:
            yield Accepted(model="base", job=ref)
            await asyncio.sleep(60)
        finally:
            self.followers -= 1


async def test_closing_the_generator_stops_following_and_nothing_else() -> None:
    backend = Following()
    job = backend.put(a_job(1, state="running"))
    async with served(backend) as url, RemoteBackend(url) as remote:
        async with aclosing(remote.follow_job(job.id)) as events:
            await anext(events)
        await eventually(lambda: backend.followers == 0)
        assert (await remote.job(job.id)).state == "running"


async def test_the_end_of_the_server_is_told_from_the_end_of_the_job() -> None:
    backend = Following()
    job = backend.put(a_job(1, state="running"))
    server = ApiServer(backend, Settings(port=0))
    async with RemoteBackend(await server.start()) as remote, aclosing(remote.follow_job(job.id)) as events:
        await anext(events)
        stopping = asyncio.create_task(server.stop())
        with pytest.raises(ServerUnreachable):
            await anext(events)
        await stopping


async def test_a_stream_that_ends_before_the_job_does_is_told(backend: ScriptedBackend) -> None:
    backend.script = [Accepted(model="base")]
    job = backend.put(a_job(1, state="running"))
    async with served(backend) as url, RemoteBackend(url) as remote:
        with pytest.raises(ServerUnreachable, match="before the job had ended") as told:
            [event async for event in remote.follow_job(job.id)]
        assert "goes on there" in told.value.hint


async def test_a_job_or_model_without_a_name_is_not_found(backend: ScriptedBackend) -> None:
    backend.put(a_job(1, state="done"))
    async with served(backend) as url, RemoteBackend(url) as remote:
        for ask in (remote.job(""), remote.cancel_job(""), remote.retry_job(""), remote.delete_job("")):
            with pytest.raises(JobNotFound):
                await ask
        for ask_model in (remote.load_model(""), remote.unload_model("")):
            with pytest.raises(ModelNotFound):
                await ask_model
    assert backend.job_rows


def says_nothing_there(head: bytes) -> str:
    """What the version before this one answers where it has nothing."""
    path = head.split()[1].decode().partition("?")[0]
    if path.startswith("/api/v1"):
        return f'{{"type":"orstt:not_found","title":"Not Found","status":404,"detail":"There is nothing at {path}."}}'
    return f'{{"error":"There is nothing at {path}.","code":"not_found"}}'


@asynccontextmanager
async def older() -> AsyncIterator[str]:
    """A server without any of what this version added."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if length := re.search(rb"content-length: (\d+)", head, re.IGNORECASE):
            await reader.readexactly(int(length[1]))
        elif b"chunked" in head:
            await reader.readuntil(b"0\r\n\r\n")
        body = says_nothing_there(head)
        writer.write(
            f"HTTP/1.1 404 Not Found\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_older_server_is_told_as_such(backend: ScriptedBackend) -> None:
    async def refused(asked: object) -> OrsttError:
        with pytest.raises(ServerUnreachable, match="no OR-STT server of this version") as told:
            await asked  # type: ignore[misc]  # one of many coroutines
        return told.value

    async with older() as url, RemoteBackend(url) as remote:
        for asked in [
            remote.jobs(JobQuery()),
            remote.job("abcd"),
            remote.submit_job(SOUND),
            anext(remote.follow_job("abcd")),
            remote.cancel_job("abcd"),
            remote.purge_jobs(),
            remote.loaded_models(),
            remote.load_model("base"),
            remote.audit(),
            remote.readiness(),
        ]:
            assert "proxy" in (await refused(asked)).hint
