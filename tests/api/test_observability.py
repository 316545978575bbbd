"""What an operator sees: metrics, request ids, one line for a request, a clean stop."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import re
import sys
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families
from scripted import ScriptedBackend, speech
from serving import eventually, http_client, served

from orstt_api.server import ApiServer
from orstt_core.errors import DatabaseUnavailable
from orstt_core.logs import RequestIdFilter
from orstt_core.settings import Settings
from orstt_core.types import (
    JobMeasured,
    LoadMeasured,
    MeasuredSetup,
    Measurement,
    Readiness,
    Stats,
    StatsQuery,
    TranscribeEvent,
    TranscribeRequest,
    TranscriptionFigures,
)
from orstt_tui.commands.logs import OneLine, _json

FIGURES = TranscriptionFigures(
    audio_seconds=60,
    speech_seconds=45,
    seconds=6,
    first_segment_seconds=0.5,
    load_seconds=2,
    peak_memory=10**9,
    confidence=0.75,
    windows=8,
    repeated_windows=2,
)
CLIP = {"audio": ("visit of patient X.wav", b"x")}


async def samples(http: httpx2.AsyncClient) -> dict[str, float]:
    """Every figure of /metrics, by its name and labels."""
    page = await http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        f"{sample.name}{dict(sorted(sample.labels.items()))}": sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


async def test_requests_are_counted_by_route_and_not_by_what_strangers_write(http: httpx2.AsyncClient) -> None:
    for path in ("/api/v1/models/base", "/api/v1/models/tiny", "/nothing", "/nothing/else"):
        await http.get(path)
    await http.request("STRANGE", "/health")
    found = await samples(http)
    labels = "{'method': 'GET', 'route': '/api/v1/models/{ref}', 'status': '200'}"
    assert found[f"orstt_http_requests_total{labels}"] == 2
    assert found["orstt_http_requests_total{'method': 'GET', 'route': 'other', 'status': '404'}"] == 2
    assert found["orstt_http_request_seconds_count{'route': '/api/v1/models/{ref}'}"] == 2
    assert not any("tiny" in name or "nothing" in name or "STRANGE" in name for name in found)
    assert found["orstt_http_requests_in_progress{}"] == 1  # this one
    assert found["process_resident_memory_bytes{}"] > 1e6


async def test_what_was_counted_is_told_without_a_database_too(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    backend.failure = DatabaseUnavailable("It was lost.")
    backend.ready = Readiness(ready=False, reason="The database does not answer.")
    found = await samples(http)
    assert found["orstt_ready{}"] == 0
    assert math.isnan(found["orstt_models_loaded{}"])
    assert found["process_resident_memory_bytes{}"] > 1e6


async def test_a_model_that_does_worse_than_before_can_be_alerted_on(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    day = datetime.now(UTC).date()
    before = Stats(
        model="base",
        setup=MeasuredSetup(),
        first_day=day,
        last_day=day,
        transcriptions=50,
        audio_seconds=5000,
        speed=10,
        confidence=0.9,
    )

    async def stats(query: StatsQuery) -> list[Stats]:
        return [before if query.until else replace(before, speed=5.0)]

    backend.stats = stats
    found = await samples(http)
    assert found["orstt_model_drift{'figure': 'speed', 'model': 'base'}"] == 1
    assert found["orstt_model_drift{'figure': 'confidence', 'model': 'base'}"] == 0
    assert sum(name.startswith("orstt_model_drift") for name in found) == 2


async def test_work_is_counted_as_it_is_measured(backend: ScriptedBackend) -> None:
    sent: list[Measurement] = [
        JobMeasured(model="base", state="done", figures=FIGURES),
        JobMeasured(model="base", state="done", figures=TranscriptionFigures(audio_seconds=30)),
        JobMeasured(model="base", state="failed", code="engine_died"),
        JobMeasured(model="base", state="cancelled"),
        LoadMeasured(model="tiny", seconds=0.5),
        LoadMeasured(model="tiny", seconds=0.5, failed=True),
    ]

    async def measurements() -> AsyncGenerator[Measurement]:
        for measurement in sent:
            yield measurement
        await asyncio.Event().wait()

    backend.measurements = measurements
    async with served(backend) as address, http_client(address) as http:
        found = await samples(http)
        assert found["orstt_jobs_total{'code': '', 'model': 'base', 'state': 'done'}"] == 2
        assert found["orstt_jobs_total{'code': 'engine_died', 'model': 'base', 'state': 'failed'}"] == 1
        assert found["orstt_jobs_total{'code': '', 'model': 'base', 'state': 'cancelled'}"] == 1
        figures = {
            "audio_seconds_total": 90,
            "speech_seconds_total": 45,
            "real_time_factor_count": 1,
            "real_time_factor_sum": pytest.approx(0.1),
            "first_segment_seconds_sum": 0.5,
            "confidence_sum": 0.75,
            "windows_total": 8,
            "windows_repeated_total": 2,
            "model_peak_memory_bytes": 1e9,
        }
        assert {name: found[f"orstt_{name}{{'model': 'base'}}"] for name in figures} == figures
        assert found["orstt_model_load_seconds_count{'model': 'base'}"] == 1
        assert found["orstt_model_load_seconds_count{'model': 'tiny'}"] == 1
        assert found["orstt_model_load_failures_total{'model': 'tiny'}"] == 1
        assert {"orstt_jobs_queued{}", "orstt_jobs_running{}", "orstt_ready{}"} <= found.keys()


@pytest.mark.parametrize("sent", ["abc-1.2_3", "x" * 129, "a b", ""])
async def test_a_request_id_comes_back_on_every_answer(http: httpx2.AsyncClient, sent: str) -> None:
    kept = sent == "abc-1.2_3"
    for path in ("/health", "/api/v1/info", "/nothing"):
        answer = await http.get(path, headers={"X-Request-ID": sent, "Host": "localhost"})
        found = answer.headers["x-request-id"]
        assert (found == sent) == kept
        assert kept or re.fullmatch("[0-9a-f]{32}", found)
    refused = await http.get("/api/v1/info", headers={"X-Request-ID": "mine", "Host": "evil.example"})
    assert (refused.status_code, refused.headers["x-request-id"]) == (403, "mine")


async def test_a_request_is_one_line_with_its_id_and_without_what_was_said(
    http: httpx2.AsyncClient, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(RequestIdFilter())
    backend.script = [*speech("A secret diagnosis.")]
    with caplog.at_level(logging.INFO, logger="orstt_api"):
        await http.post(
            "/api/v1/transcriptions", files=CLIP, headers={"X-Request-ID": "find-me"}, params={"name": "Miller"}
        )
    [record] = [record for record in caplog.records if record.name == "orstt_api.access_log"]
    assert vars(record)["request_id"] == "find-me"
    assert record.getMessage().startswith("POST /api/v1/transcriptions 200 in ")
    lines = [OneLine().format(record), _json().format(record)]
    assert "[find-me]" in lines[0]
    assert '"request_id": "find-me"' in lines[1]
    assert '"status": 200' in lines[1]
    for line in lines:
        assert not re.search("diagnosis|patient|Miller", line)


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize(("seconds", "state"), [(20.0, 200), (0.2, 503)])
async def test_a_stopped_server_lets_requests_end_within_its_time(
    tmp_path: Path, austen: Path, seconds: float, state: int
) -> None:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("orstt"), "serve", "--port", "0", stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "ORSTT_DATA_DIR": str(tmp_path), "ORSTT_SHUTDOWN_SECONDS": str(seconds)},
    )  # fmt: skip
    assert process.stdout is not None
    address = (await process.stdout.readline()).decode().split()[-1]
    async with http_client(address) as http:
        sending = asyncio.create_task(
            http.post("/api/transcribe_only", files={"audio": ("a.wav", austen.read_bytes())}, timeout=60)
        )
        while not (await http.get("/health/ready")).json()["running"]:
            await asyncio.sleep(0.02)
        process.terminate()
        answer = await sending
    assert answer.status_code == state
    assert await asyncio.wait_for(process.wait(), 60) == 0


async def test_a_server_that_stops_says_so_to_whoever_asks_whether_it_is_ready(backend: ScriptedBackend) -> None:
    finish = asyncio.Event()
    transcribe = backend.transcribe

    async def waiting_to_finish(request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        async for event in transcribe(request):
            yield event
            await finish.wait()

    backend.transcribe = waiting_to_finish
    server = ApiServer(backend, Settings(port=0, shutdown_seconds=60))
    address = await server.start()
    async with http_client(address) as http, http_client(address) as other:
        waiting = asyncio.create_task(other.post("/api/transcribe_only", files=CLIP))
        await eventually(lambda: backend.requests)
        server.ask_to_stop()
        await asyncio.sleep(0.05)  # until uvicorn has seen it
        answer = await http.get("/health/ready")
        assert (answer.status_code, answer.json()["reason"]) == (503, "The server is stopping.")
        refused = await http.post("/api/jobs", files=CLIP)
        assert (refused.status_code, refused.json()["type"]) == (503, "orstt:server_unreachable")
        assert (await http.get("/health/live")).status_code == 200
        finish.set()
        assert (await waiting).status_code == 200
    await server.stop()
    async with http_client(address) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("/health/live")
