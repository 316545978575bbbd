"""From a folder of recordings to the model that serves best: by command, over HTTP, in the terminal, on each database.

All three work on one server, and each sees what the others found. The second model has base's weights in another
number format: that a word is missed or not is a matter of the weights, that both are measured and either can be taken
is not.
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
from cli.running import Shell
from databases import BOTH
from tmux import Terminal

from orstt_core.engines.sentence import TEXT
from orstt_tui.benchmark_files import SHORT_ID

PROGRAM = f"{shlex.quote(sys.executable)} -c 'import sys; from orstt_tui.cli import main; sys.exit(main())'"
SECONDS = 120
"""How long a step may take beside others."""
BENCHMARKS = "/api/v1/benchmarks"
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
def address(request: pytest.FixtureRequest, tmp_path: Path, weights_cache: Path) -> Iterator[str]:
    """A server on a database of each kind."""
    settings: dict[str, Any] = {"ORSTT_DATA_DIR": str(tmp_path / "server"), "ORSTT_CACHE_DIR": str(weights_cache)}
    if request.param == "postgres":
        server = request.getfixturevalue("postgres_server")
        settings["ORSTT_DATABASE_URL"] = server.create_database()
    with Shell().serving(**settings) as address:
        yield address
    if request.param == "postgres":
        server.drop_database(settings["ORSTT_DATABASE_URL"])


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
        for audio in sorted(calls.glob("*.wav")):
            for model in ("base", "exact"):
                form = {"model": model, "language": "en"}
                job = http.post("/api/jobs", data=form, files={"audio": (audio.name, audio.read_bytes())}).json()["id"]
                result = {"job": job, "reference": audio.with_suffix(".txt").read_text()}
                assert http.post(f"{BENCHMARKS}/{begun}/jobs", json=result).json()["errors"]["rate"] == 0
        told = http.get(f"{BENCHMARKS}/{begun}/report").json()
        assert [(score["model"], score["recordings"]) for score in told["scores"]] == [("base", 2), ("exact", 2)]
        assert told["differences"][0]["recordings"] == 2
        assert http.post("/api/v1/models/base/activate").status_code == 200

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
