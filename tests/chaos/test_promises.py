"""Single promises, each attacked where it is hardest to keep."""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx2
import psutil
import pytest
from chaos import books
from chaos.clients import Client
from chaos.conftest import CUT_CONNECTIONS, Begin
from chaos.paced import UNLOADABLE, Conduct
from chaos.server import Server
from chaos.trial import Trial

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), *CUT_CONNECTIONS]

SECONDS = 30.0
LOOKS = 200


async def until_asked(server: Server, words: int, seconds: float = SECONDS) -> list[str]:
    """Wait until engines were asked for so many words in all, and return them."""
    end = time.monotonic() + seconds
    while len(asked := server.asked()) < words:
        assert time.monotonic() < end, f"the engine was asked for {len(asked)} words only\n{server.log()}"
        await asyncio.sleep(0.02)
    return asked


async def test_a_job_goes_on_from_its_last_finished_segment_when_the_server_is_killed(begin: Begin) -> None:
    trial = await begin()
    await trial.prepare("paced-a")
    before = len(trial.server.asked())
    recording = trial.studio.paced(10, Conduct.SLOW)
    client = trial.client()
    job = await client.submit(recording)
    while (kept := len((await client.job(job))["segments"])) < 3:
        await asyncio.sleep(0.1)
    trial.server.kill()
    at_death = len(trial.server.asked())
    await trial.server.start()
    assert (await client.wait(job))["state"] == "done"
    assert trial.server.asked()[before:][:kept] == list(recording.words or ())[:kept]
    again = trial.server.asked()[at_death:]
    assert again == list(recording.words or ())[-len(again) :]
    assert len(again) <= 10 - kept, "finished segments were transcribed again"
    await trial.close()


async def test_a_job_over_which_three_servers_died_fails_with_that_reason(begin: Begin) -> None:
    trial = await begin()
    await trial.prepare("paced-a")
    client = trial.client()
    job = await client.submit(trial.studio.paced(60, Conduct.SLOW))
    for death in range(1, books.MOST_DEATHS + 1):
        while (found := await client.job(job))["attempt"] < death or not found["segments"]:
            await asyncio.sleep(0.05)
        trial.server.kill()
        await trial.server.start()
    ended = await client.wait(job)
    assert (ended["state"], ended["attempt"]) == ("failed", books.MOST_DEATHS)
    assert ended["error"]["type"] == "orstt:engine_died"
    assert "3 processes died" in ended["error"]["detail"]
    after = await client.submit(trial.studio.paced(2))
    assert (await client.wait(after))["state"] == "done"
    await trial.close(forgiven=frozenset({"engine_died"}))


async def test_a_recording_that_kills_its_engine_costs_no_other_job_of_that_model(begin: Begin) -> None:
    trial = await begin(max_loaded=1)
    await trial.prepare("paced-a")
    client = trial.client()
    fatal = await client.submit(trial.studio.paced(3, Conduct.ABORTS, at=1))
    assert (await client.wait(fatal))["error"]["type"] == "orstt:engine_died"
    # By now the model is suspended: whoever waits for a transcript is told so, but a job can wait itself.
    others = [await client.submit(trial.studio.paced(3)) for _ in range(4)]
    assert [(await client.wait(job))["state"] for job in others] == ["done"] * len(others)
    await trial.close()


async def test_a_cancel_takes_effect_at_once_inside_a_native_call(begin: Begin) -> None:
    trial = await begin(engine_silence=60)
    await trial.prepare("paced-a")
    client = trial.client()
    took, next_took = [], []
    for _ in range(3):
        before = len(trial.server.asked())
        job = await client.submit(trial.studio.paced(5, Conduct.HANGS, at=2))
        await until_asked(trial.server, before + 3)
        began = time.monotonic()
        await client.cancel(job)
        took.append(time.monotonic() - began)
        assert (await client.job(job))["state"] == "cancelled"
        following = await client.submit(trial.studio.paced(1))
        assert (await client.wait(following))["state"] == "done"
        next_took.append(time.monotonic() - began)
    print(
        f"\ncancelled after {[f'{one:.2f} s' for one in took]}, the next done {[f'{one:.2f} s' for one in next_took]}"
    )
    assert max(took) < 20, "otherwise only the limit on silence ends it"
    await trial.close()


async def test_health_answers_while_every_engine_is_busy(begin: Begin) -> None:
    trial = await begin(max_loaded=2)
    await trial.prepare("paced-a", "paced-b")
    client = trial.client()
    jobs = [
        await client.submit(trial.studio.paced(60, Conduct.SLOW, model=model)) for model in ("paced-a", "paced-b") * 2
    ]
    while (await trial.http.get("/health/ready")).json()["running"] < 2:
        await asyncio.sleep(0.05)
    took = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        assert (await trial.http.get("/health")).status_code == 200
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)
    print(f"\n/health of a busy server: p50 {statistics.median(took) * 1e3:.1f} ms, max {max(took) * 1e3:.1f} ms")
    assert max(took) < 10, "the engines are busy for longer"
    for job in jobs:
        await client.cancel(job)
    await trial.close()


async def test_a_full_queue_is_answered_with_503_and_when_to_come_back(begin: Begin) -> None:
    trial = await begin(max_loaded=1, max_queued=2)
    await trial.prepare("paced-a")
    client = trial.client()
    accepted, refused = await fill(trial, client)
    for answer in refused:
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json()["type"] == "orstt:busy"
    ready = await trial.http.get("/health/ready")
    assert (ready.status_code, ready.json()["queue_full"]) == (200, True)
    assert (await trial.http.get("/health")).status_code == 200
    for job in accepted:
        await client.cancel(job)
    assert (await client.wait(await client.submit(trial.studio.paced(1))))["state"] == "done"
    await trial.close()


async def test_a_switch_to_a_model_that_does_not_load_leaves_the_old_one_serving(begin: Begin) -> None:
    trial = await begin(max_loaded=1)
    await trial.prepare("paced-a", UNLOADABLE)
    client = trial.client()
    running = await client.submit(trial.studio.paced(10, Conduct.SLOW))
    assert await client.switch(UNLOADABLE) == 409
    waiting = await client.submit(trial.studio.paced(2))
    for job in (running, waiting):
        ended = await client.wait(job)
        assert (ended["state"], ended["model"], ended["attempt"]) == ("done", "paced-a", 1)
    assert (await trial.http.get("/api/v1/info")).json()["active_model"] == "paced-a"
    await trial.close()


async def fill(trial: Trial, client: Client) -> tuple[list[str], list[httpx2.Response]]:
    """Submit long jobs until one is refused, and some more; return those accepted, and the refusals."""
    accepted: list[str] = []
    refused: list[httpx2.Response] = []
    while len(refused) < 3:
        recording = trial.studio.paced(60, Conduct.SLOW)
        answer = await trial.http.post("/api/jobs", files={"audio": (recording.filename, recording.data)})
        if answer.status_code == 202:
            accepted.append(answer.json()["id"])
            trial.ledger.accept(recording.filename, accepted[-1], recording)
            assert len(accepted) < 20, "the queue has no end"
        else:
            assert answer.status_code == 503
            refused.append(answer)
    return accepted, refused


async def test_no_child_outlives_a_server_that_is_killed_whatever_the_child_is_doing(begin: Begin) -> None:
    trial = await begin(engine_silence=60)
    await trial.prepare("paced-a", "paced-b")
    client = trial.client()
    before = len(trial.server.asked())
    hanging = await client.submit(trial.studio.paced(3, Conduct.HANGS, at=1))
    await until_asked(trial.server, before + 2)
    stopped = await client.submit(trial.studio.paced(60, Conduct.SLOW, model="paced-b"))
    while not (await client.job(stopped))["segments"]:
        await asyncio.sleep(0.05)
    children = trial.server.children()
    assert len(children) == 3, "two engines and the decoder"
    for child in children[1:]:
        child.suspend()
    trial.server.kill()
    assert psutil.wait_procs(children, timeout=60)[1] == []
    await trial.server.start()
    for job in (hanging, stopped):
        await client.cancel(job)
    await trial.close()
