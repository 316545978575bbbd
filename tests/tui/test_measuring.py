"""From a folder of recordings to the model that serves best: by command, over HTTP, in the terminal, on each database.

Benchmarks come first, then an experiment on the work that comes, and the model that was tried takes the other's place.
All three ways work on one server, and each sees what the others found; by command it goes without a server, too. The
second model has base's weights in another number format: that a word is missed or not is a matter of the weights, that
both are measured and either can be taken is not.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cli.running import Shell, wait_for
from databases import BOTH
from tmux import Terminal

from orstt_core.engines.sentence import TEXT
from orstt_tui.benchmark_files import SHORT_ID

PROGRAM = f"{shlex.quote(sys.executable)} -c 'import sys; from orstt_tui.cli import main; sys.exit(main())'"
SECONDS = 120
"""How long a step may take beside others."""
BENCHMARKS, EXPERIMENTS = "/api/v1/benchmarks", "/api/v1/experiments"
pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.timeout(600)]


@pytest.fixture
def calls(tmp_path: Path, austen: Path) -> Path:
    """Two recordings, each with what is said in it beside it."""
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in ("monday", "tuesday"):
        shutil.copy(austen, folder / f"{name}.wav")
        (folder / f"{name}.txt").write_text(f"{TEXT}\n")
    with (folder / "tuesday.wav").open("ab") as file:  # another recording than the first by its bytes
        file.write(b"\0\0")
    return folder


@pytest.fixture(params=BOTH)
def place(request: pytest.FixtureRequest, tmp_path: Path, weights_cache: Path) -> Iterator[dict[str, Any]]:
    """The settings of a place with a database of each kind."""
    settings = {
        "ORSTT_DATA_DIR": str(tmp_path / "place"),
        "ORSTT_CACHE_DIR": str(weights_cache),
        "ORSTT_MAX_LOADED": "2",  # the model that is tried does not wait until the other one is let go
    }
    if request.param == "sqlite":
        yield settings
        return
    server = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield settings | {"ORSTT_DATABASE_URL": url}
    server.drop_database(url)


@pytest.fixture
def address(place: dict[str, Any]) -> Iterator[str]:
    """A server there."""
    with Shell().serving(**place) as address:
        yield address


def found_of(experiment: dict[str, Any]) -> tuple[str, int, float, float]:
    """Return what an experiment says: its state, how many recordings were judged, and both models' errors."""
    result = experiment["result"]
    return experiment["state"], result["judged"], result["main"]["a"], result["main"]["b"]


def test_by_command_alone_a_model_is_measured_tried_on_the_work_and_takes_the_others_place(
    place: dict[str, Any], calls: Path
) -> None:
    def orstt(*arguments: object) -> str:
        code, out, err = Shell()(*arguments, **place)
        assert code == 0, err
        return out

    orstt("models", "add", "exact", "--weights", "base", "--compute-type", "float32")
    measured = json.loads(orstt("bench", "--all-models", "--set", calls, "--language", "en", "--json"))
    assert [(score["model"], score["rate"]) for score in measured["scores"]] == [("base", 0.0), ("exact", 0.0)]
    orstt("experiments", "create", "ward", "--b", "exact", "--judge", "references")
    orstt("jobs", "submit", *sorted(calls.glob("*.wav")), "--language", "en")
    orstt("jobs", "drain")  # A transcribes them, and B hears them
    asked = json.loads(orstt("experiments", "judge", "ward", "--json"))
    assert asked["waiting"] == 2
    while asked["pair"]:
        said = ("--pair", asked["pair"]["id"], "--reference", TEXT)
        asked = json.loads(orstt("experiments", "judge", "ward", *said, "--json"))
    assert found_of(json.loads(orstt("experiments", "show", "ward", "--json"))) == ("running", 2, 0.0, 0.0)
    assert "exact took the place of base" in orstt("experiments", "promote", "ward")
    assert [model["name"] for model in json.loads(orstt("models", "list", "--json")) if model["is_active"]] == ["exact"]


def judged_over_http(http: httpx2.Client, name: str) -> dict[str, Any]:
    """Judge both recordings of an experiment once B has heard them, let B take A's place, and return what was found."""
    experiment = f"{EXPERIMENTS}/{name}"
    wait_for(lambda: http.get(experiment).json()["result"]["recordings"] == 2, SECONDS)
    pair = http.get(f"{experiment}/pair").json()["pair"]
    while pair:
        judgement = {"pair": pair["id"], "reference": TEXT}
        pair = http.post(f"{experiment}/judgements", json=judgement).json()["pair"]
    found: dict[str, Any] = http.get(experiment).json()
    assert http.post(f"{experiment}/promote").json()["state"] == "promoted"
    return found


def test_whichever_way_one_goes_two_models_are_measured_and_one_is_taken(
    address: str, calls: Path, terminal: Terminal, tmp_path: Path
) -> None:
    def orstt(*arguments: object) -> str:
        code, out, err = Shell()("--remote", address, *arguments)
        assert code == 0, err
        return out

    # By command.
    orstt("models", "add", "exact", "--weights", "base", "--compute-type", "float32")
    report = tmp_path / "calls.html"
    asked = ("--set", calls, "--language", "en", "--report", report, "--json")
    measured = json.loads(orstt("bench", "--all-models", *asked))
    assert [(score["model"], score["recordings"], score["rate"]) for score in measured["scores"]] == [
        ("base", 2, 0.0),
        ("exact", 2, 0.0),
    ]
    assert "Equally few errors: base, exact." in measured["sentences"]
    assert report.read_text().startswith("<!doctype html>")
    assert orstt("models", "activate", "exact") == "exact is active.\n"

    with httpx2.Client(base_url=address, timeout=SECONDS, trust_env=False) as http:
        # Over HTTP.
        [found] = http.get(BENCHMARKS).json()
        assert (found["id"], found["done"]) == (measured["benchmark"]["id"], 4)
        draft = {"set": "calls", "models": ["base", "exact"], "recordings": 2}
        begun = http.post(BENCHMARKS, json=draft).json()["id"]
        trial = {"name": "back", "a": "exact", "b": "base", "judge": "references"}
        assert http.post(EXPERIMENTS, json=trial).json()["state"] == "running"
        for audio in sorted(calls.glob("*.wav")):
            for model in ("base", "exact"):
                form = {"model": model, "language": "en"}
                job = http.post("/api/jobs", data=form, files={"audio": (audio.name, audio.read_bytes())}).json()["id"]
                result = {"job": job, "reference": audio.with_suffix(".txt").read_text()}
                assert http.post(f"{BENCHMARKS}/{begun}/jobs", json=result).json()["errors"]["rate"] == 0
        told = http.get(f"{BENCHMARKS}/{begun}/report").json()
        assert [(score["model"], score["recordings"]) for score in told["scores"]] == [("base", 2), ("exact", 2)]
        assert told["differences"][0]["recordings"] == 2
        # What exact transcribed for the benchmark is work like any other, which base hears in the experiment.
        assert found_of(judged_over_http(http, "back")) == ("running", 2, 0.0, 0.0)

        # In the terminal program.
        terminal.start(f"{PROGRAM} --remote {address}", size=(100, 30))
        terminal.until("active: base", seconds=SECONDS)
        terminal.keys("4")
        terminal.until(begun[:SHORT_ID], seconds=SECONDS)
        terminal.keys("n")
        terminal.until("[x]  exact", seconds=SECONDS)
        terminal.type(str(calls))
        terminal.keys("F5")
        terminal.until("Benchmarks: 3", seconds=SECONDS)
        terminal.until("Equally few errors: base, exact.", seconds=SECONDS)
        terminal.keys("Enter")
        terminal.until("0.0 % of 44 words", seconds=SECONDS)
        terminal.keys("Escape")
        terminal.until("By day or model", seconds=SECONDS)  # a key right behind Escape would be one with Alt
        terminal.keys("1")
        terminal.until("[1 Models]", seconds=SECONDS)
        terminal.keys("G", "a")
        terminal.until("active: exact", seconds=SECONDS)
        assert {each["done"] for each in http.get(BENCHMARKS).json()} == {4}
