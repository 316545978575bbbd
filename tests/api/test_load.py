"""Two hundred uploads at once on two cores and a short queue: each gets its transcript or is told when to come back."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from chaos.paced import Conduct
from chaos.recordings import Studio
from chaos.server import Server
from crowd import besiege
from serving import http_client

CROWD = 200
QUEUE = 20


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server whose model takes a third of a second for a recording of seven: what counts is the crowd."""
    server = Server(tmp_path, max_queued=QUEUE, keep_alive=-1)
    try:
        await server.start()
        async with http_client(server.address) as http:
            await http.post("/api/v1/models", json={"name": "paced", "model_type": "paced"})
            assert (await http.post("/api/v1/models/paced/activate")).status_code == 200
        yield server
        await server.stop()
    finally:
        server.end()


@pytest.mark.slow
async def test_everybody_in_a_crowd_gets_a_transcript_or_a_clean_refusal(server: Server, tmp_path: Path) -> None:
    recording = Studio(seed=1).paced(7, Conduct.STEADY)
    path = tmp_path / recording.filename
    path.write_bytes(recording.data)
    process = psutil.Process(server.pid())
    await besiege(server.address, path, count=QUEUE)  # loads the model, and whatever a full queue needs
    before = process.memory_info().rss
    outcome = await besiege(server.address, path, count=CROWD)
    time.sleep(1)
    after = process.memory_info().rss
    assert outcome.unclear == []
    assert outcome.answers[200] + outcome.answers[503] == CROWD
    # Those who arrive from one address may have half of the places, the rest is for others.
    assert outcome.answers[200] > QUEUE // 2
    assert outcome.texts == {" ".join(recording.words or ())}
    assert after - before < 25e6
