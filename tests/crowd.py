"""A crowd: many uploads at the same moment on a real `orstt serve`, and what became of each."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import httpx2

PATIENCE = 300.0
"""Seconds that the last of them may take."""
PATH = "/v1/audio/transcriptions"


class Outcome(NamedTuple):
    """What the crowd got.

    Attributes:
        answers: how many had which status; 0: none, since the connection broke.
        texts: the transcripts, each once.
        unclear: bodies of what was neither a transcript nor a 503 that says when to ask again.
        lags: how often the server's event loop was late by at most so many seconds, cumulated (inf: all).
    """

    answers: Counter[int]
    texts: set[str]
    unclear: list[str]
    lags: dict[float, float]

    def late(self, share: float) -> float:
        """The lag in seconds that this share of the looks did not pass, rounded up to the next that is counted."""
        return min(lag for lag, count in self.lags.items() if count >= share * self.lags[float("inf")])


async def besiege(address: str, recording: Path, *, count: int) -> Outcome:
    """Send a recording so many times at once and wait for all answers."""
    data = recording.read_bytes()
    outcome = Outcome(Counter(), set(), [], {})
    limits = httpx2.Limits(max_connections=count)
    async with httpx2.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE, limits=limits) as http:
        before = await _lags(http)
        await asyncio.gather(*(_ask(http, data, outcome) for _ in range(count)))
        after = await _lags(http)
    outcome.lags.update({lag: after[lag] - before[lag] for lag in after})
    return outcome


async def _ask(http: httpx2.AsyncClient, data: bytes, outcome: Outcome) -> None:
    try:
        answer = await http.post(PATH, files={"file": ("clip.wav", data), "language": (None, "en")})
    except httpx2.TransportError as error:
        outcome.answers[0] += 1
        outcome.unclear.append(repr(error))
        return
    outcome.answers[answer.status_code] += 1
    if answer.status_code == httpx2.codes.OK:
        outcome.texts.add(answer.json()["text"])
    elif answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE or not int(answer.headers.get("retry-after", 0)):
        outcome.unclear.append(answer.text)


async def _lags(http: httpx2.AsyncClient) -> dict[float, float]:
    page = (await http.get("/metrics")).text
    found = re.findall(r'orstt_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)', page)
    return {float(lag): float(count) for lag, count in found}
