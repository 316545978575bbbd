"""Models measured by HTTP alone: a benchmark begun, jobs made results of it, and its report read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
from counting import count_of, write_count
from counting_backend import SECONDS, counting_backend
from serving import http_client, served

from orstt_core.db.measurements import MeasurementStore
from orstt_core.measurements.machine import machine_in_words
from orstt_core.settings import Settings
from orstt_core.types import MeasuredSetup, ModelDraft, ModelUpdate, StatsQuery, TranscriptionFigures

BENCHMARKS = "/api/v1/benchmarks"


async def benchmarked(http: httpx2.AsyncClient, benchmark: str, audio: Path, model: str, said: str) -> dict[str, Any]:
    """Have a model transcribe a recording, and make that a result."""
    with audio.open("rb") as file:
        job = await http.post("/api/jobs", data={"model": model}, files={"audio": (audio.name, file)})
    body = {"job": job.json()["id"], "reference": said}
    answer = await http.post(f"{BENCHMARKS}/{benchmark}/jobs", json=body)
    found: dict[str, Any] = answer.json()
    assert answer.status_code == 201, found
    return found


async def test_whoever_speaks_http_alone_measures_models(tmp_path: Path) -> None:
    behaviour, other = tmp_path / "behaviour", tmp_path / "other"
    behaviour.mkdir()
    other.mkdir()
    (other / "always-die").touch()
    audio = write_count(tmp_path / "a.wav", SECONDS)
    said = count_of(SECONDS)
    async with (
        counting_backend(Settings(data_dir=tmp_path / "data"), behaviour) as backend,
        served(backend) as address,
        http_client(address) as http,
    ):
        earlier = MeasuredSetup(engine="counting", machine=machine_in_words())
        async with backend._database.transaction():  # with other settings it had taken more
            figures = TranscriptionFigures(audio_seconds=1.0, peak_memory=10**12)
            await MeasurementStore(backend._database).add("counting", earlier, figures)
        await backend.create_model(ModelDraft(name="mortal", model_type="counting", model=str(other)))
        draft = {"set": "calls", "models": ["counting", "mortal"], "recordings": 2}
        made = (await http.post(BENCHMARKS, json=draft)).json()["id"]
        right = await benchmarked(http, made, audio, "counting", said)
        assert (right["errors"]["rate"], right["recording"], right["audio_seconds"]) == (0.0, "a.wav", SECONDS)
        wrong = await benchmarked(http, made, write_count(tmp_path / "b.wav", SECONDS), "counting", f"{said} more")
        assert (wrong["errors"]["deletions"], wrong["wrong"][0]["expected"]) == (1, "more")
        single = await backend.stats(StatsQuery(by="transcription", model="counting"))
        assert [wrong["peak_memory"], right["peak_memory"], 10**12] == [row.peak_memory for row in single]
        failed = await benchmarked(http, made, audio, "mortal", said)
        assert failed["failed"]
        assert failed["digest"] == right["digest"], "models are compared on the same recordings"

        report = (await http.get(f"{BENCHMARKS}/{made[:8]}/report")).json()
        assert [(score["model"], score["recordings"], score["failed"]) for score in report["scores"]] == [
            ("counting", 2, 0),
            ("mortal", 0, 1),
        ]
        text = await http.get(f"{BENCHMARKS}/{made}/report", params={"format": "md"})
        assert text.headers["content-type"].startswith("text/markdown")
        assert "| counting | 2 |" in text.text
        made = (await http.post(BENCHMARKS, json={"set": "calls", "models": ["auto"], "recordings": 1})).json()["id"]
        await backend.update_model("counting", ModelUpdate(is_default=True))
        await backend.delete_model("base")  # the quickest there is, but it hears nothing in these recordings
        chosen = await benchmarked(http, made, audio, "auto", said)
        assert (chosen["model"], chosen["used"]["name"], chosen["errors"]["rate"]) == ("auto", "counting", 0.0)

        page = await http.get(f"{BENCHMARKS}/{made}/report", params={"format": "html"})
        assert page.text.startswith("<!doctype html>")

        await backend.create_model(ModelDraft(name="other", model_type="counting", model=str(behaviour)))
        job = await http.post("/api/jobs", files={"audio": ("a.wav", audio.read_bytes())}, data={"model": "other"})
        refused = await http.post(f"{BENCHMARKS}/{made}/jobs", json={"job": job.json()["id"], "reference": said})
        assert (refused.status_code, refused.json()["field"]) == (400, "job")
        assert "does not measure" in refused.text
