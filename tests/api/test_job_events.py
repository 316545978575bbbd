"""The events of a job over HTTP: whoever follows sees all of it, and stops nothing by going away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import httpx2
import msgspec
from api.job_answers import CLIP, decoded, transcript
from scripted import ScriptedBackend
from scripted_jobs import a_job
from serving import eventually, http_client, served

from orstt_api.server import ApiServer
from orstt_core.caller import current_actor
from orstt_core.errors import EngineDied
from orstt_core.settings import Settings
from orstt_core.types import (
    Accepted,
    Done,
    Job,
    Problem,
    TranscribeEvent,
    TranscribeRequest,
    problem,
)


async def follow(http: httpx2.AsyncClient, job: Job) -> tuple[list[TranscribeEvent], Problem | None]:
    events: list[TranscribeEvent] = []
    async with http.sse(f"/api/jobs/{job.id}/events", max_event_size=None) as source, asyncio.timeout(20):
        assert source.response.status_code == 200
        async for event in source:
            if event.event == "error":
                return events, msgspec.json.decode(event.data, type=Problem)
            events.append(msgspec.json.decode(event.data, type=TranscribeEvent))
    return events, None


async def test_a_job_can_be_followed_while_it_runs_and_afterwards(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    assert await follow(http, backend.put(a_job(1))) == (backend.script, None)
    events, error = await follow(http, backend.put(a_job(2, state="done", result=transcript())))
    assert (events[-1], error) == (Done(transcript=transcript()), None)


async def test_the_stream_of_a_failed_or_cancelled_job_ends_with_why(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    death = problem(EngineDied("Its process was killed.", hint="Try again."))
    assert await follow(http, backend.put(a_job(1, state="failed", error=death))) == ([], death)
    _, error = await follow(http, backend.put(a_job(2, state="cancelled")))
    assert error is not None
    assert error.error.code == "job_cancelled"
    backend.script = [Accepted(model="base"), EngineDied("Its process was killed.")]
    events, error = await follow(http, backend.put(a_job(3, state="running")))
    assert events == [Accepted(model="base")]
    assert error is not None
    assert error.error.code == "engine_died"


class Endless(ScriptedBackend):
    """Has a job that goes on and on; notes who follows it."""

    followers = 0

    async def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        self.followers += 1
        try:
            yield Accepted(model="base")
            await asyncio.sleep(60)
        finally:
            self.followers -= 1


async def test_whoever_stops_following_cancels_nothing() -> None:
    backend = Endless()
    job = backend.put(a_job(1, state="running"))
    async with served(backend) as address, http_client(address) as http:
        async with http.sse(f"/api/jobs/{job.id}/events") as source, asyncio.timeout(20):
            events = aiter(source)
            assert (await anext(events)).event == "accepted"
        await eventually(lambda: backend.followers == 0)
    assert (backend.job_rows[job.id].state, backend.cancelled) == ("running", 0)


async def test_following_a_job_does_not_hold_up_the_end_of_the_server() -> None:
    backend = Endless()
    job = backend.put(a_job(1, state="running"))
    server = ApiServer(backend, Settings(port=0))
    address = await server.start()
    async with http_client(address) as http, http.sse(f"/api/jobs/{job.id}/events") as source, asyncio.timeout(20):
        events = aiter(source)
        await anext(events)
        stopping = asyncio.create_task(server.stop())
        last = await anext(events)
        await stopping
    assert msgspec.json.decode(last.data, type=Problem).error.code == "server_unreachable"


async def test_who_asks_is_known_wherever_a_job_is_touched() -> None:
    askers: list[str] = []

    class Noting(ScriptedBackend):
        async def submit_job(self, request: TranscribeRequest) -> Job:
            askers.append(current_actor())
            return await super().submit_job(request)

        async def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
            askers.append(current_actor())
            yield Done(transcript=transcript())

    for key, name in {"": "127.0.0.1", "secret": "key"}.items():
        askers.clear()
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        async with served(Noting(), api_key=key) as address, http_client(address, headers=headers) as http:
            job = decoded(await http.post("/api/jobs", files=CLIP))
            await follow(http, job)
        assert askers == [name, name]
