"""The commands of docs/operations.md that can run here: keys, backup and restore; the unit; and none unmarked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.running import Result, Shell
from postgres import PostgresServer

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
BLOCK = re.compile(r"(?P<before>[^\n]+(?:\n[^\n]+)*)\n\n```sh\n(?P<commands>.*?)```", re.DOTALL)
MARKS = ("*Tested*", "*Not run*")

Run = Callable[[str], str]
Orstt = Callable[..., Result]


def block(words: str) -> str:
    """The one block of commands that holds these words and is said to be tested."""
    [found] = [
        match["commands"]
        for match in BLOCK.finditer(PAGE)
        if words in match["commands"] and match["before"].startswith("*Tested*")
    ]
    return found


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run commands of the page as whoever runs the tests, in a folder of its own."""
    for name in ("lib", "backups"):
        (tmp_path / name).mkdir(mode=0o700)
    orstt = Path(sys.executable).with_name("orstt")
    places = {
        "/var/lib/orstt": str(tmp_path / "lib"),
        "/var/backups": str(tmp_path / "backups"),
        "/etc/orstt": str(tmp_path),
        "/opt/orstt/.venv/bin/orstt": str(orstt),
        "runuser -u orstt -- ": "",
        "-o orstt -g orstt ": "",
    }

    def run(commands: str) -> str:
        for there, here in places.items():
            commands = commands.replace(there, here)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_every_command_is_marked_as_run_or_not() -> None:
    before = [match["before"] for match in BLOCK.finditer(PAGE)]
    assert len(before) == PAGE.count("```sh\n")
    assert [words for words in before if not words.startswith(MARKS)] == []


@pytest.mark.slow
def test_the_first_key_opens_the_server_and_sqlite_is_backed_up_while_it_serves_and_comes_back(
    run: Run, shell: Shell, real_orstt: Orstt, tmp_path: Path
) -> None:
    data: dict[str, Any] = {"ORSTT_DATA_DIR": str(tmp_path / "lib")}
    (tmp_path / "config.toml").touch()
    secret = run(block("keys create admin --scope admin")).strip()
    with shell.serving(**data) as address:
        assert real_orstt("--remote", address, "models", "list").code == 7
        served: dict[str, Any] = {"ORSTT_REMOTE": address, "ORSTT_API_KEY": secret}
        assert real_orstt("keys", "create", "ward-7", **served).code == 0
        assert real_orstt("models", "add", "before", "--weights", "base", **served).code == 0
        run(block("VACUUM INTO"))
        assert real_orstt("models", "add", "after", "--weights", "base", **served).code == 0
    run(block("orstt.sqlite-wal"))
    assert models(real_orstt, **data) == ["tiny", "base", "small", "medium", "large", "before"]


@pytest.mark.slow
@pytest.mark.postgres
def test_the_first_key_goes_to_the_database_of_the_service_and_postgresql_is_backed_up_and_comes_back(
    run: Run, real_orstt: Orstt, postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{postgres_server.programs}{os.pathsep}{os.environ['PATH']}")
    first, second = postgres_server.create_database(), postgres_server.create_empty_database()
    (tmp_path / "config.toml").write_text(f'database_url = "{first}"\n')
    assert run(block("keys create admin --scope admin")).strip()
    assert "admin" in real_orstt("keys", "list", ORSTT_DATABASE_URL=first).out
    assert "admin" not in real_orstt("keys", "list", ORSTT_DATA_DIR=str(tmp_path / "lib")).out

    monkeypatch.setenv("ORSTT_DATABASE_URL", first)
    assert real_orstt("models", "add", "before", "--weights", "base").code == 0
    dump, restore = block("pg_dump").splitlines()
    run(dump)
    assert real_orstt("models", "add", "after", "--weights", "base").code == 0
    monkeypatch.setenv("ORSTT_DATABASE_URL", second)
    run(restore)
    assert models(real_orstt) == ["tiny", "base", "small", "medium", "large", "before"]
    # What guards the tables came along: a second active model is still impossible.
    assert real_orstt("models", "activate", "before").code == 0


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_unit_is_one_that_systemd_takes() -> None:
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder, "orstt.service")
        text = (ROOT / "deploy" / "orstt.service").read_text()
        unit.write_text(text.replace("/opt/orstt/.venv/bin/orstt", str(Path(sys.executable).with_name("orstt"))))
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
        )
        told = [line for line in done.stderr.splitlines() if "orstt.service" in line]
    assert told == []


def models(orstt: Orstt, **environ: str) -> list[str]:
    """The names of the models."""
    return [model["name"] for model in json.loads(orstt("models", "list", "--json", **environ).out)]
