"""`orstt` on real engines and databases, on this machine and on a server: the same either way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from cli.running import Result, Shell, wait_for

from orstt_tui.commands import output

Run = Callable[..., Result]
SPOKEN = "dashwood had then leisure to consider how much there might be prudently in his power to do for them"


@pytest.fixture(params=["here", "on a server"])
def anywhere(request: pytest.FixtureRequest, shell: Shell, real_orstt: Run) -> Iterator[Run]:
    """Run `orstt` on this machine's models, or on those of a server with a data folder of its own.

    As a process of its own when that is asked for, or when there is standard input.
    """

    def run(*args: object, process: bool = False, stdin: bytes = b"") -> Result:
        return shell(*args, stdin=stdin) if process or stdin else real_orstt(*args)

    if request.param == "here":
        yield run
        return
    with shell.serving(ORSTT_DATA_DIR=os.environ["HOME"] + "/server") as address:
        yield lambda *args, **how: run("--remote", address, *args, **how)
    assert not Path(os.environ["XDG_DATA_HOME"]).exists()


def test_a_new_machine_is_healthy_and_says_what_it_has(anywhere: Run) -> None:
    code, out, err = anywhere("models", "list", "--json")
    assert (code, err) == (0, "")
    models = json.loads(out)
    assert [model["name"] for model in models] == ["tiny", "base", "small", "medium", "large"]
    assert [model["name"] for model in models if model["is_active"] and model["is_default"]] == ["base"]

    listed = json.loads(anywhere("types", "--json").out)
    assert [engine["model_type"] for engine in listed["engines"]][:2] == ["whisper", "faster-whisper"]
    assert listed["default_type"] == "whisper"

    code, out, err = anywhere("doctor")
    assert (code, err) == (0, "")
    assert "model base (active): runs on cpu with int8." in out


@pytest.mark.slow
def test_a_model_is_added_shown_activated_and_removed(anywhere: Run) -> None:
    assert anywhere("models", "add", "quick one", "--weights", "base", "--compute-type", "float32") == (
        0,
        "Added quick one: whisper base on cpu with float32.\n",
        "",
    )
    assert json.loads(anywhere("models", "show", "quick one", "--json").out)["compute_type"] == "float32"
    assert anywhere("models", "show", "6").out == anywhere("models", "show", "quick one").out
    assert anywhere("models", "activate", "quick one") == (0, "quick one is active.\n", "")
    assert anywhere("models", "remove", "quick one").code == 4
    assert anywhere("models", "activate", "base").code == 0
    assert anywhere("models", "remove", "quick one") == (0, "Removed quick one; its files stay on disk.\n", "")
    assert anywhere("models", "show", "quick one").code == 3


def test_a_model_that_cannot_run_here_is_said_at_once_and_changes_nothing(
    anywhere: Run, austen: Path, tmp_path: Path
) -> None:
    code, out, err = anywhere("models", "activate", "small")
    assert (code, out) == (4, "")
    assert "small cannot be activated" in err
    assert "base stays active" in err
    assert err.count("\n") == 1
    assert anywhere("models", "validate", "base").code == 0
    code, out, err = anywhere("models", "validate", "small")
    assert (code, err) == (5, "")
    assert ["failed", "model"] in [line.split()[:2] for line in out.splitlines()]

    code, out, err = anywhere("transcribe", austen, "--model", "small", "--output", tmp_path / "out.txt")
    assert (code, out) == (5, "")
    assert "--download" in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.models
def test_a_recording_becomes_its_words_and_nothing_is_said(anywhere: Run, austen: Path) -> None:
    code, out, err = anywhere("transcribe", austen, process=True)
    assert (code, err) == (0, "")
    assert SPOKEN in out.lower().replace(".", "").replace(",", "")
    assert out.count("\n") == 1


@pytest.mark.slow
@pytest.mark.models
def test_standard_input_and_files_give_the_same_subtitles(anywhere: Run, austen: Path, tmp_path: Path) -> None:
    arguments = ("--format", "srt", "--language", "en", "--beam-size", "1")
    piped = anywhere("transcribe", "-", *arguments, stdin=austen.read_bytes())
    assert piped.code == 0, piped.err
    assert anywhere("transcribe", austen, *arguments, "--output", f"{tmp_path}/out/") == (0, "", "")
    assert (tmp_path / "out/austen.srt").read_text() == piped.out
    assert piped.out.startswith("1\n00:00:0")


@pytest.mark.slow
@pytest.mark.models
def test_all_that_is_known_is_in_the_json(anywhere: Run, austen: Path) -> None:
    answer = json.loads(anywhere("transcribe", austen, "--json", "--word-timestamps").out)
    assert answer["file"] == str(austen)
    assert answer["language"] == "en"
    assert answer["duration"] == pytest.approx(7.1, abs=0.05)
    assert answer["model"] == {"name": "base", "type": "whisper", "device": "cpu", "compute_type": "int8"}
    words = [word for segment in answer["segments"] for word in segment["words"]]
    assert len(words) > 15
    assert all(0 <= word["start"] <= word["end"] <= 7.2 for word in words)


@pytest.mark.slow
@pytest.mark.models
def test_what_is_no_recording_is_named_and_the_others_are_transcribed(
    anywhere: Run, austen: Path, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("These are notes." * 100)
    code, out, err = anywhere("transcribe", notes, tmp_path / "missing.wav", austen, "--beam-size", "1")
    assert code == 3
    assert [line.split(": ")[0] for line in err.splitlines()] == ["orstt", "orstt"]
    assert "missing.wav" in err.splitlines()[0]
    assert "notes.txt" in err.splitlines()[1]
    assert out.startswith(f"==> {austen} <==\n")
    assert "consider" in out


@pytest.mark.slow
@pytest.mark.models
def test_ctrl_c_ends_real_work_and_leaves_no_process(shell: Shell, austen: Path, tmp_path: Path) -> None:
    samples, rate = soundfile.read(austen, dtype="float32")
    soundfile.write(tmp_path / "long.wav", np.tile(samples, 60), rate)
    # A session of its own: like a terminal, the signal goes to the whole group, the engine's process included.
    process = shell.start("transcribe", tmp_path / "long.wav", "--output", tmp_path / "out.txt", start_new_session=True)
    try:
        wait_for(lambda: state_of(shell) == "running", seconds=60)
        children = psutil.Process(process.pid).children()
        assert children
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert (process.returncode, out, err) == (output.INTERRUPTED, b"", b"orstt: stopped.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]
    assert not any(child.is_running() for child in children)


@pytest.mark.slow
@pytest.mark.models
def test_a_submitted_recording_is_transcribed_later_and_found_until_it_is_purged(anywhere: Run, austen: Path) -> None:
    code, out, err = anywhere("jobs", "submit", austen, "--beam-size", "1", "--key", "visit 7")
    assert code == 0, err
    job = out.strip()
    assert anywhere("jobs", "submit", austen, "--beam-size", "1", "--key", "visit 7").out == out
    assert anywhere("jobs", "submit", austen, "--beam-size", "2", "--key", "visit 7").code == 4
    if err:  # on this machine nobody works on it yet
        assert [row["state"] for row in json.loads(anywhere("jobs", "list", "--json").out)["jobs"]] == ["queued"]
        assert anywhere("jobs", "drain").out == f"done      {job[:8]} ({austen})\n"
    followed = anywhere("jobs", "follow", job[:6])
    assert followed.code == 0, followed.err
    assert "dashwood" in followed.out.lower()
    assert anywhere("jobs", "show", job, "--format", "srt").out.startswith("1\n00:00:0")
    assert job[:8] in anywhere("jobs", "list", "--search", "DASHWOOD", "--state", "done").out
    assert anywhere("jobs", "cancel", job).code == 4
    assert anywhere("purge", "--yes") == (0, "Removed 1 job.\n", "")
    assert anywhere("jobs", "show", job).code == 3
    assert [entry["action"] for entry in json.loads(anywhere("audit", "--json").out)].count("job.submitted") == 1


@pytest.mark.slow
@pytest.mark.models
def test_a_recording_that_fails_is_a_failed_job_with_its_reason(anywhere: Run, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("These are notes." * 100)
    code, out, err = anywhere("jobs", "submit", notes)
    assert code == 0, err
    if err:
        assert anywhere("jobs", "drain").out.startswith("failed    ")
    code, _, err = anywhere("jobs", "follow", out.strip())
    assert code == 6
    assert json.loads(anywhere("jobs", "show", out.strip(), "--json").out)["state"] == "failed"
    assert anywhere("jobs", "delete", out.strip()).code == 0


@pytest.mark.slow
@pytest.mark.models
def test_standard_input_becomes_a_job_that_leaves_no_recording_behind(
    anywhere: Run, austen: Path, own_home: Path
) -> None:
    code, out, err = anywhere("jobs", "submit", "-", stdin=austen.read_bytes())
    assert code == 0, err
    spools = [path for path in own_home.rglob("spool") if path.is_dir()]
    if err:
        assert [path.read_bytes() for path in spools[0].iterdir()] == [austen.read_bytes()]
        assert anywhere("jobs", "drain").code == 0
    assert "Dashwood" in anywhere("jobs", "follow", out.strip()).out
    # A server may say that the job is done a moment before the recording has gone.
    wait_for(lambda: [path for spool in own_home.rglob("spool") for path in spool.iterdir()] == [])


@pytest.mark.slow
@pytest.mark.models
def test_a_model_is_loaded_on_a_server_and_proved_to_load_here(anywhere: Run) -> None:
    loaded = anywhere("load", "base", "--keep-alive", "forever")
    assert loaded.code == 0, loaded.err
    assert loaded.out.startswith("Loaded base in ")
    (row,) = json.loads(anywhere("ps", "--json").out) or [None]
    if loaded.err:  # on this machine: it was loaded in a process that has ended
        assert row is None
        assert anywhere("unload", "base").code == 3
    else:
        assert (row["state"], row["using"], row.get("expires_at")) == ("idle", 0, None)
        assert row["memory"] > 100e6
        assert anywhere("unload", "base").out.startswith("Unloaded base: ")
        assert anywhere("ps", "--json").out == "[]\n"
    assert anywhere("load", "small").code == 5


@pytest.mark.slow
@pytest.mark.models
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_a_transcription_and_hands_back_a_job(
    shell: Shell, austen: Path, tmp_path: Path, number: int
) -> None:
    samples, rate = soundfile.read(austen, dtype="float32")
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(samples, 60), rate)

    def stopped(*args: object) -> str:
        process = shell.start(*args, start_new_session=True)
        try:
            wait_for(lambda: state_of(shell) == "running", seconds=60)
            process.send_signal(number)
            process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == 128 + number
        return state_of(shell)

    assert stopped("transcribe", long) == "cancelled"
    assert shell("jobs", "submit", long).code == 0
    assert stopped("jobs", "drain") == "queued"


def state_of(shell: Shell) -> str:
    """Return the state of the latest job."""
    jobs = json.loads(shell("jobs", "list", "--json").out)["jobs"]
    return jobs[0]["state"] if jobs else ""
