"""Clients of the chaos suite: they submit, follow, wait, cancel, switch models, and go away without a word."""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
from chaos.ledger import Ledger
from chaos.recordings import Recording

ENDED = {"done", "failed", "cancelled"}
PATIENCE = 90.0
"""Seconds within which a request that the server cannot answer now must succeed when it is repeated."""
PAUSE = 0.2
NOT_NOW = {413, 500, 503, 507}
"""Statuses of a server whose disk is full, whose database is away or that is stopping: the request is repeated."""


class Client:
    """One caller of the API, which repeats what a broken connection left open.

    Args:
        http: to the server.
        ledger: where it is noted what was seen.
        seed: decides what it does.
    """

    def __init__(self, http: httpx2.AsyncClient, ledger: Ledger, seed: int) -> None:
        self._http = http
        self._ledger = ledger
        self._random = random.Random(seed)

    async def submit(self, recording: Recording) -> str:
        """Submit a recording until it is accepted, and return the job's id."""
        key = secrets.token_hex(8)
        fields = {"idempotency_key": key} | ({"model": recording.model} if recording.model else {})
        answer = await self._insist(
            lambda: self._http.post("/api/jobs", data=fields, files={"audio": (recording.filename, recording.data)})
        )
        if answer.status_code != 202:
            self._ledger.broken.append(f"{recording.filename} was refused: {answer.status_code} {answer.text}")
            raise Refused
        job: str = answer.json()["id"]
        self._ledger.accept(key, job, recording)
        self._ledger.counts["submitted"] += 1
        return job

    async def job(self, job: str) -> dict[str, Any]:
        """Return a job as it stands, and note it if it has ended."""
        answer = await self._insist(lambda: self._http.get(f"/api/jobs/{job}"))
        if answer.status_code != 200:
            self._ledger.broken.append(f"an accepted job is not there: {answer.status_code} {answer.text}")
            raise Refused
        found: dict[str, Any] = answer.json()
        if found["state"] in ENDED:
            self._ledger.ended(job, found["state"], found["text"])
        return found

    async def wait(self, job: str) -> dict[str, Any]:
        """Return a job when it has ended."""
        while (found := await self.job(job))["state"] not in ENDED:
            await asyncio.sleep(PAUSE)
        return found

    async def cancel(self, job: str) -> None:
        """Cancel a job; it may have ended."""
        answer = await self._insist(lambda: self._http.post(f"/api/jobs/{job}/cancel"))
        self._ledger.counts[f"cancel answered {answer.status_code}"] += 1
        if answer.status_code == 200 and answer.json()["state"] == "cancelled":
            self._ledger.cancelled.add(job)
        elif answer.status_code not in {200, 409}:
            self._ledger.broken.append(f"a cancel was answered {answer.status_code} {answer.text}")

    async def follow(self, job: str, seconds: float) -> None:
        """Follow a job's events for so long, and note what they made of it if they came to its end."""
        recording = self._ledger.accepted[job]
        segments: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(seconds):
                async for event in self._events(job):
                    match event.get("event"):
                        case "segment":
                            segments.append(event["segment"])
                        case "restarted":
                            del segments[event["kept"] :]
                        case "done":
                            text = event["transcript"]["text"]
                            self._ledger.ended(job, "done", text)
                            self._ledger.transcript(recording, text, segments)
                            self._ledger.counts["streams to the end"] += 1
        except TimeoutError:
            self._ledger.counts["streams left"] += 1
        except httpx2.TransportError:
            self._ledger.counts["streams broken"] += 1

    async def transcribe(self, recording: Recording) -> int:
        """Wait for a transcript in one request; return its status, 0 where the connection broke."""
        fields = {"model": recording.model} if recording.model else {}
        self._ledger.counts["transcribe_only"] += 1
        try:
            answer = await self._http.post(
                "/api/transcribe_only/", data=fields, files={"audio": (recording.filename, recording.data)}
            )
        except httpx2.TransportError:
            self._ledger.counts["transcribe_only broken"] += 1
            return 0
        self._ledger.counts[f"transcribe_only answered {answer.status_code}"] += 1
        if answer.status_code == 200:
            self._ledger.transcript(recording, answer.json()["transcript"])
        return answer.status_code

    async def switch(self, model: str) -> int:
        """Make a model the active one; return the status, 0 where the connection broke."""
        try:
            answer = await self._http.post(f"/api/v1/models/{model}/activate")
        except httpx2.TransportError:
            return 0
        self._ledger.counts[f"switch answered {answer.status_code}"] += 1
        return answer.status_code

    async def go_on(self, make: Callable[[], Recording], over: Callable[[], bool]) -> None:
        """Submit recordings and do something about each, until it is over."""
        while not over():
            try:
                await self._one(make())
            except Refused:
                return
            await asyncio.sleep(self._random.uniform(0, PAUSE))

    async def _one(self, recording: Recording) -> None:
        chosen = self._random.random()
        if chosen < 0.15:
            await self._transcribe_or_leave(recording)
            return
        job = await self.submit(recording)
        if chosen < 0.35:
            await asyncio.sleep(self._random.uniform(0, 1.5))
            await self.cancel(job)
        elif chosen < 0.65:
            await self.follow(job, self._random.choice([0.5, 2.0, 20.0]))
        await self.wait(job)

    async def _transcribe_or_leave(self, recording: Recording) -> None:
        patience = self._random.choice([0.5, 30.0, 30.0])
        try:
            async with asyncio.timeout(patience):
                await self.transcribe(recording)
        except TimeoutError:
            self._ledger.counts["transcribe_only left"] += 1

    async def _events(self, job: str) -> AsyncIterator[dict[str, Any]]:
        async with self._http.stream("GET", f"/api/jobs/{job}/events") as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))

    async def _insist(self, ask: Callable[[], Any]) -> httpx2.Response:
        """Ask again for as long as the connection breaks or the server says not now."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                answer: httpx2.Response = await ask()
            except httpx2.TransportError:
                self._ledger.counts["connections broken"] += 1
            else:
                if answer.status_code not in NOT_NOW:
                    return answer
                self._ledger.counts[f"answered {answer.status_code} {answer.json().get('type', '')}"] += 1
                if answer.status_code == 500:
                    self._ledger.broken.append(f"the server said {answer.text}")
            if time.monotonic() > end:
                raise AssertionError("the server did not answer for so long")
            await asyncio.sleep(PAUSE)


class Refused(Exception):
    """A request that must succeed was refused; the ledger says which."""
