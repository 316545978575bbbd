"""`orstt jobs submit`, `follow` and `drain` on a scripted backend."""

from __future__ import annotations

import io
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cli.running import Result, several
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job

from orstt_core.errors import Busy, EngineDied, EngineFailed, JobCancelled, KeyReused, ModelNotFound, RecordingGone
from orstt_core.types import Job, Readiness, StoredRecording, TranscribeOptions, TranscribeRequest, problem
from orstt_tui.commands.jobs import drain
from orstt_tui.commands.jobs.submission import WORKER_HINT

Run = Callable[..., Result]
TEXT = "Hello there. General remarks.\n"
HINT = f"orstt: {WORKER_HINT}\n"
REMOTE = ("--remote", "http://asr.lan")


def test_each_id_is_a_line_and_who_works_is_said_once(orstt: Run, tmp_path: Path) -> None:
    code, out, err = orstt("jobs", "submit", *several(tmp_path, "one.wav", "two.wav"))
    assert (code, out, err) == (0, f"{'1' * 16}\n{'2' * 16}\n", HINT)


def test_a_server_works_by_itself_so_nothing_is_said(orstt: Run, recording: Path) -> None:
    assert orstt("jobs", "submit", recording, *REMOTE) == (0, f"{'1' * 16}\n", "")


def test_the_request_says_what_the_options_said(orstt: Run, scripted: ScriptedBackend, recording: Path) -> None:
    options = "--model small --language German --beam-size 1 --no-vad --key visit-7 --keep-audio --keep-alive forever"
    assert orstt("jobs", "submit", recording, *options.split()).code == 0
    assert scripted.requests == [
        TranscribeRequest(
            audio=recording,
            model="small",
            options=TranscribeOptions(language="de", beam_size=1, vad_filter=False),
            filename=str(recording),
            keep_audio=True,
            keep_alive=-1.0,
            idempotency_key="visit-7",
        )
    ]


def test_again_asks_for_what_the_job_has_with_its_options_but_those_given(
    orstt: Run, scripted: ScriptedBackend
) -> None:
    before = TranscribeOptions(language="de", beam_size=1, vad_filter=False)
    scripted.put(a_job(1, state="done", options=before, recording="0" * 64))
    options = "--model small --beam-size 5 --word-timestamps --key visit-7 --keep-audio"
    assert orstt("jobs", "again", "1111", *options.split()) == (0, f"{'2' * 16}\n", HINT)
    assert orstt("jobs", "again", "1111", *REMOTE).err == ""
    asked = TranscribeRequest(
        audio=StoredRecording(id="0" * 64),
        model="small",
        options=TranscribeOptions(language="de", beam_size=5, vad_filter=False, word_timestamps=True),
        keep_audio=True,
        idempotency_key="visit-7",
    )
    assert scripted.requests == [asked, TranscribeRequest(audio=StoredRecording(id="0" * 64), options=before)]


def test_again_has_the_language_detected_on_request(orstt: Run, scripted: ScriptedBackend) -> None:
    before = TranscribeOptions(language="de", beam_size=1)
    scripted.put(a_job(1, state="done", options=before, recording="0" * 64))
    assert orstt("jobs", "again", "1111", "--language", "auto").code == 0
    assert [request.options for request in scripted.requests] == [TranscribeOptions(beam_size=1)]


def test_again_waits_for_the_transcript_on_request(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(a_job(1, state="done", recording="0" * 64))
    code, out, err = orstt("jobs", "again", "1", "--wait")
    assert (code, out) == (0, TEXT)
    assert "visit-1.wav is job 2222" in err or "is job 2222" in err


def test_again_says_that_the_recording_is_gone_or_a_model_unknown(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(a_job(1, state="done"))
    code, out, err = orstt("jobs", "again", "1")
    assert (code, out) == (RecordingGone.exit_code, "")
    assert err == (
        "orstt: The recording of the job 11111111 was not kept."
        " Submit it again, with --keep-audio if you will want it once more.\n"
    )
    scripted.put(a_job(2, state="done", recording="0" * 64))
    assert orstt("jobs", "again", "2", "--model", "nope").code == ModelNotFound.exit_code
    assert scripted.requests == []


def test_a_file_is_named_by_its_whole_path_for_another_process_reads_it(
    orstt: Run, scripted: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(recording.parent)
    orstt("jobs", "submit", recording.name)
    assert (scripted.requests[0].audio, scripted.requests[0].filename) == (recording, recording.name)


def test_as_json_each_job_is_a_line(orstt: Run, tmp_path: Path) -> None:
    out = orstt("jobs", "submit", *several(tmp_path, "one.wav", "two.wav"), "--json").out
    assert [msgspec.json.decode(line, type=Job).state for line in out.splitlines()] == ["queued", "queued"]


def test_one_that_cannot_be_read_does_not_stop_the_others(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    (good,) = several(tmp_path, "good.wav")
    code, out, err = orstt("jobs", "submit", tmp_path / "missing.wav", good, *REMOTE)
    assert (code, out) == (3, f"{'1' * 16}\n")
    assert "missing.wav does not exist" in err
    assert len(scripted.requests) == 1


def test_a_key_is_for_one_recording(orstt: Run, scripted: ScriptedBackend, tmp_path: Path) -> None:
    code, _, err = orstt("jobs", "submit", *several(tmp_path, "one.wav", "two.wav"), "--key", "x")
    assert code == 2
    assert "--key" in err
    assert not scripted.requests


def test_an_unknown_model_is_named_before_anything_is_stored(
    orstt: Run, scripted: ScriptedBackend, recording: Path
) -> None:
    assert orstt("jobs", "submit", recording, "--model", "enormous").code == 3
    assert not scripted.requests


def test_a_full_queue_is_waited_for(
    orstt: Run, scripted: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Busy, "retry_after", 0.01)
    original, refusals = scripted.submit_job, [Busy("Full."), Busy("Full.")]

    async def submit_job(request: TranscribeRequest) -> Job:
        if refusals:
            raise refusals.pop()
        return await original(request)

    scripted.submit_job = submit_job
    assert orstt("jobs", "submit", recording, *REMOTE) == (0, f"{'1' * 16}\n", "")


def piped(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("remote", [(), REMOTE])
def test_standard_input_is_handed_over_to_whoever_works_later_on_this_machine(
    orstt: Run,
    scripted: ScriptedBackend,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    remote: tuple[str, ...],
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    piped(monkeypatch, b"RIFF")
    taken, original = tmp_path / "taken", scripted.submit_job

    async def submit_job(request: TranscribeRequest) -> Job:
        assert stat.S_IMODE(request.audio.stat().st_mode) == 0o600
        assert (request.audio.read_bytes(), request.disposable) == (b"RIFF", not remote)
        if request.disposable:
            request.audio.rename(taken)
        return await original(request)

    scripted.submit_job = submit_job
    assert orstt("jobs", "submit", "-", *remote).code == 0
    assert scripted.requests[0].filename == "standard input"
    assert list(tmp_path.iterdir()) == ([] if remote else [taken])


@pytest.mark.parametrize("args", [(), ("--model", "enormous")])
def test_standard_input_that_is_refused_leaves_no_file(
    orstt: Run,
    scripted: ScriptedBackend,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    args: tuple[str, ...],
) -> None:
    async def submit_job(request: TranscribeRequest) -> Job:
        raise KeyReused("That key was used.")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scripted.submit_job = submit_job
    piped(monkeypatch, b"RIFF")
    assert orstt("jobs", "submit", "-", *args).code in {3, 4}
    assert list(tmp_path.iterdir()) == []


def test_wait_prints_the_text_and_says_the_id_beside_it(orstt: Run, recording: Path) -> None:
    code, out, err = orstt("jobs", "submit", recording, "--wait", *REMOTE)
    assert (code, out, err) == (0, TEXT, f"orstt: {recording} is job {'1' * 16}\n")


def test_wait_for_several_has_headers_and_goes_on_after_a_failure(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    one, two = several(tmp_path, "one.wav", "two.wav")
    assert orstt("jobs", "submit", one, two, "--wait").out == f"==> {one} <==\n{TEXT}\n==> {two} <==\n{TEXT}"
    scripted.script = [EngineFailed("It died.")]
    code, out, err = orstt("jobs", "submit", one, two, "--wait", *REMOTE)
    assert (code, out) == (1, "")
    assert err.splitlines()[2:] == [f"orstt: {one}: It died.", f"orstt: {two}: It died."]


def test_wait_as_json_is_what_transcribe_prints(orstt: Run, recording: Path) -> None:
    waited = json.loads(orstt("jobs", "submit", recording, "--wait", "--json").out)
    assert waited == json.loads(orstt("transcribe", recording, "--json").out)


def test_follow_prints_the_text_of_a_job(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(a_job(1, state="running"))
    assert orstt("jobs", "follow", "1") == (0, TEXT, "")
    assert json.loads(orstt("jobs", "follow", "1", "--json").out)["file"] == "visit-1.wav"


@pytest.mark.parametrize(
    ("job", "error"),
    [
        (a_job(1, state="failed", error=problem(EngineDied("It died."))), EngineDied),
        (a_job(1, state="cancelled"), JobCancelled),
    ],
)
def test_follow_ends_as_the_job_did(orstt: Run, scripted: ScriptedBackend, job: Job, error: type[EngineDied]) -> None:
    scripted.put(job)
    code, out, err = orstt("jobs", "follow", "1")
    assert (code, out, err.count("\n")) == (error.exit_code, "", 1)


def test_follow_says_when_there_was_no_speech(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.put(a_job(1, state="done", result=speech()[-1].transcript))
    assert orstt("jobs", "follow", "1") == (0, "", "orstt: no speech was found in visit-1.wav\n")


def test_drain_names_what_ended_and_stops_when_nothing_is_left(
    orstt: Run, scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "INTERVAL", 0.01)
    looks = []
    steps = {
        2: a_job(1, state="running"),
        3: a_job(1, state="done"),
        5: a_job(2, state="failed", error=problem(EngineDied("It died."))),
    }

    async def readiness() -> Readiness:
        looks.append(1)
        if job := steps.get(len(looks)):
            scripted.put(job)
        return Readiness(ready=True, queued=max(0, 4 - len(looks)), running=int(len(looks) < 6))

    scripted.readiness = readiness
    assert orstt("jobs", "drain") == (
        EngineDied.exit_code,
        "done      11111111 (visit-1.wav)\nfailed    22222222 (visit-2.wav): It died.\n",
        "",
    )
    assert len(looks) == 7


def test_drain_fails_when_the_queue_cannot_be_read(orstt: Run, scripted: ScriptedBackend) -> None:
    async def readiness() -> Readiness:
        raise EngineDied("Gone.")

    scripted.readiness = readiness
    assert orstt("jobs", "drain") == (1, "", "orstt: Gone.\n")


def test_drain_is_for_this_machine(orstt: Run) -> None:
    code, _, err = orstt("jobs", "drain", *REMOTE)
    assert code == 2
    assert "A server works on its jobs by itself" in err


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf"])
def test_a_keep_alive_that_is_no_time_is_named(orstt: Run, recording: Path, value: str) -> None:
    code, _, err = orstt("transcribe", recording, "--keep-alive", value)
    assert code == 2
    assert "neither a number of seconds nor forever" in err
