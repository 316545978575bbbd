"""`orstt bench` on a scripted backend: a run, its table and reports, going on, and earlier ones looked at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job

from orstt_core.errors import AudioUnreadable, Busy, ServerUnreachable
from orstt_core.types import Correction, Done, SetText, StoredRecording, StoredWeights, TranscribeRequest

Run = Callable[..., Result]


def a_set(folder: Path, *names: str) -> Path:
    """Recordings of which each has a text."""
    for name in names:
        (folder / f"{name}.wav").write_bytes(name.encode())
        (folder / f"{name}.txt").write_text("Hello there. Specific remarks.")
    return folder


def test_a_benchmark_is_run_told_written_and_looked_at_again(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    sounds = a_set(tmp_path, "a", "b")
    terms = tmp_path / "terms.list"
    terms.write_text("specific\nremarks\n")
    page, told = tmp_path / "out.html", tmp_path / "out.json"
    asked = ["--set", str(sounds), "--model", "base", "--model", "tiny", "--terms", str(terms), "--language", "en"]
    code, out, err = orstt("bench", *asked, "--report", str(page), "--report", str(told))
    assert code == 0
    assert [request.model for request in scripted.requests] == ["base", "base", "tiny", "tiny"]
    assert {request.purpose for request in scripted.requests} == {"benchmark"}
    assert {request.options.language for request in scripted.requests} == {"en"}
    heading, base, tiny, sentence, verdict = out.splitlines()
    assert heading.split()[:3] == ["MODEL", "RECORDINGS", "ERRORS"]
    assert "25.0 % of 8 words" in base
    assert "2 of 4" in base
    assert tiny.startswith("tiny")
    assert "no difference" in sentence
    assert verdict == "Equally few errors: base, tiny."
    assert page.read_text().startswith("<!doctype html>")
    found = json.loads(told.read_text())
    assert found["scores"][0]["rate"] == 0.25
    assert found["scores"][0]["missed_terms"] == [{"term": "specific", "count": 2}]
    assert found["benchmark"]["results"][0]["weights"] == "base"
    assert "options: language en" in err
    [made] = scripted.measured.values()
    assert f"--resume {made.id[:8]}" in err

    code, out, err = orstt("bench", "show", made.id[:8], "--json")
    assert (code, len(json.loads(out)["benchmark"]["results"])) == (0, 4)
    code, out, err = orstt("bench", "list")
    assert (code, "4 of 4" in out, "language en" in out) == (0, True, True)
    installed = [model.name for model in scripted.rows.values() if not model.sends_sound and model.name != "tiny"]
    scripted.stored = [
        StoredWeights(weights="tiny", weights_format="ctranslate2-whisper", kind="absent", models=["tiny"])
    ]
    orstt("bench", "--set", str(sounds), "--language", "en", "--beam-size", "1", "--all-models")
    other = list(scripted.measured)[1]
    assert scripted.measured[other].models == installed
    code, out, err = orstt("bench", "compare", made.id[:8], other[:8])
    assert (code, out.count("base (")) == (0, 2)
    assert "Option beam-size: not given; then 1." in out
    code, out, err = orstt("bench", "delete", other[:8])
    assert (code, list(scripted.measured)) == (0, [made.id])


def test_a_benchmark_that_was_ended_goes_on_and_tries_again_what_failed(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sounds = a_set(tmp_path, "a", "b")
    scripted.script = [AudioUnreadable("The recording cannot be read.")]
    code, out, err = orstt("bench", "--set", str(sounds))
    assert code == 1
    assert "base, a.wav: The recording cannot be read." in err
    [made] = scripted.measured
    kept = scripted.measured[made]
    scripted.script = [ServerUnreachable("It does not answer.")]
    scripted.requests.clear()
    code, _, err = orstt("bench", "--set", str(sounds), "--resume", made)
    assert (code, "It does not answer." in err, len(scripted.requests)) == (7, True, 1), "the next would meet it too"
    assert scripted.measured[made] == kept
    scripted.script = [*speech("Hello there.", "Specific remarks.")]
    scripted.requests.clear()
    refusals, take = [Busy("The queue is full.")] * 2, scripted.take

    def take_unless_busy(request: TranscribeRequest) -> None:
        if refusals:
            raise refusals.pop()
        take(request)

    monkeypatch.setattr(scripted, "take", take_unless_busy)
    monkeypatch.setattr(Busy, "retry_after", 0.01)
    code, out, err = orstt("bench", "--set", str(sounds), "--resume", made[:8])
    assert refusals == [], "a busy server is waited for"
    assert (code, len(scripted.requests), "0.0 % of 8 words" in out) == (0, 2, True)
    code, out, err = orstt("bench", "--set", str(sounds), "--resume", made[:8])
    assert (code, len(scripted.requests)) == (0, 2)  # nothing was left to do
    (tmp_path / "a.txt").write_text("Something else.")
    code, out, err = orstt("bench", "--set", str(sounds), "--resume", made[:8])
    assert code == 2
    assert "of other recordings" in err


def test_what_people_corrected_is_a_set_and_what_nobody_did_is_none(orstt: Run, scripted: ScriptedBackend) -> None:
    told = speech("Hello there.", "General remarks.")[-1]
    assert isinstance(told, Done)
    for number in (1, 2):
        job = a_job(number, state="done", recording=f"{number}" * 64)
        said = told.transcript
        scripted.put(msgspec.structs.replace(job, result=said, text=said.text, segments=said.segments))
    edit = SetText(segment=1, text="Special remarks.")
    asyncio.run(scripted.correct_transcript("1" * 16, Correction(version=0, edits=[edit])))
    scripted.script = [*speech("Hello there.", "Special marks.")]
    code, out, _ = orstt("bench", "--corrected", "--model", "base")
    assert (code, "25.0 % of 4 words" in out) == (0, True), "against what was corrected, not what was recognised"
    [request] = scripted.requests
    assert request.audio == StoredRecording(id="1" * 64)
    assert [made.set for made in scripted.measured.values()] == ["corrected transcripts"]


def test_what_cannot_be_measured_is_said_before_any_work(orstt: Run, scripted: ScriptedBackend, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for arguments, said in (
        ([], "--set FOLDER or --corrected"),
        (["--set", str(tmp_path), "--corrected"], "--set FOLDER or --corrected"),
        (["--set", str(empty)], "has a text"),
        (["--corrected"], "Nobody has corrected a transcript"),
        (["--set", str(a_set(tmp_path, "a")), "--report", "x.pdf"], "ends in .md, .html or .json"),
        (["show", "beef"], "No benchmark is"),
    ):
        code, out, err = orstt("bench", *arguments)
        assert (code != 0, out) == (True, "")
        assert said in err
    assert scripted.requests == []
