"""Transcripts of done jobs over HTTP: as people corrected them, unless the original is asked for."""

from __future__ import annotations

import httpx2
import msgspec
import pytest
from api.job_answers import code, transcript
from scripted import ScriptedBackend
from scripted_jobs import a_job

from orstt_core.types import JobTranscript, Problem


@pytest.fixture(autouse=True)
def job(backend: ScriptedBackend) -> str:
    done = a_job(1, state="done", result=transcript())
    backend.put(msgspec.structs.replace(done, text=transcript().text, segments=transcript().segments))
    return f"/api/jobs/{done.id}/transcript"


async def test_a_transcript_is_corrected_and_exported(http: httpx2.AsyncClient, job: str) -> None:
    before = msgspec.json.decode((await http.get(job)).content, type=JobTranscript)
    edit = {"edit": "text", "segment": 0, "text": "Mended."}
    answer = await http.post(job, json={"version": 0, "edits": [edit]})
    assert answer.status_code == 200
    stored = msgspec.json.decode(answer.content, type=JobTranscript)
    assert (stored.version, stored.corrected, stored.transcript.segments[0].text) == (1, [0], "Mended.")
    for version in ("", "?version=1"):
        assert msgspec.json.decode((await http.get(job + version)).content, type=JobTranscript) == stored
    for version in ("0", "original"):
        found = msgspec.json.decode((await http.get(f"{job}?version={version}")).content, type=JobTranscript)
        assert (found.version, found.latest, found.transcript) == (0, 1, before.transcript)
    subtitles = await http.get(f"{job}/file?format=srt")
    assert subtitles.headers["content-type"].startswith("text/plain")
    assert "\nMended.\n" in subtitles.text
    assert "Mended" not in (await http.get(f"{job}/file?version=original")).text
    assert len((await http.get(f"{job}/history")).json()) == 1
    for way in ("undo", "redo"):
        stored = msgspec.json.decode(
            (await http.post(f"{job}/{way}", json={"version": stored.version})).content, type=JobTranscript
        )
    assert (stored.version, stored.corrected) == (3, [0])


async def test_a_lost_race_is_answered_with_both_versions(http: httpx2.AsyncClient, job: str) -> None:
    order = {"version": 0, "edits": [{"edit": "text", "segment": 0, "text": "first"}]}
    assert (await http.post(job, json=order)).status_code == 200
    for path, body in ((job, order), (f"{job}/undo", {"version": 0})):
        answer = await http.post(path, json=body)
        assert (answer.status_code, code(answer)) == (409, "transcript_changed")
        assert msgspec.json.decode(answer.content, type=Problem).versions == (0, 1)


@pytest.mark.parametrize(
    "order",
    [
        {"version": 0, "edits": []},
        {"version": 0, "edits": [{"edit": "delete", "segment": 0}]},
        {"version": 0, "edits": [{"edit": "text", "segment": 0}]},
        {"version": 0, "edits": [{"edit": "bounds", "segment": 0, "start": -1}]},
        {"edits": [{"edit": "merge", "segment": 0}]},
    ],
)
async def test_an_order_that_does_not_fit_is_refused(
    http: httpx2.AsyncClient, job: str, order: dict[str, object]
) -> None:
    assert (await http.post(job, json=order)).status_code == 400
    assert (await http.get(f"{job}?version=latest")).status_code == 400
    assert (await http.get(f"{job}/file?format=docx")).status_code == 400
