"""The package that docs/engines.md walks through, from its text alone, in an environment that holds nothing else."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from cli.running import Shell
from tmux import Terminal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
AUSTEN = ROOT / "tests/data/austen.wav"
FILE = re.compile(r"`((?:orstt_levels|tests)/\w+\.\w+|pyproject\.toml)`[^`]*\n\n```\w+\n(.*?)```", re.DOTALL)
PROGRAM = "import sys; from orstt_tui.cli import main; sys.exit(main())"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The author's folder."""
    folder = tmp_path_factory.mktemp("orstt-levels")
    files = dict(FILE.findall((ROOT / "docs/engines.md").read_text(encoding="utf-8")))
    assert set(files) == {
        "pyproject.toml",
        "orstt_levels/engine.py",
        "orstt_levels/weights.toml",
        "tests/test_engine.py",
    }
    for name, content in {**files, "orstt_levels/__init__.py": ""}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    (folder / "two-levels").mkdir()
    (folder / "two-levels/levels.json").write_text('{"loud": 0.02}')
    return folder


@pytest.fixture(scope="module")
def python(package: Path) -> Path:
    """The interpreter of an environment with OR-STT, what it needs, and the plug-in's wheel."""
    if find_spec("hatchling") is None:
        if os.environ.get("CI"):
            pytest.fail("hatchling is missing: it comes with the extra dev")
        pytest.skip("hatchling is not installed")
    environment = package / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=100)
    (site,) = environment.glob("lib/python*/site-packages")
    here = [str(ROOT), *(folder for folder in sys.path if "site-packages" in folder)]
    (site / "orstt.pth").write_text("\n".join(here))
    python = environment / "bin/python"
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", package / "dist", package]
    subprocess.run(wheel, check=True, capture_output=True, timeout=100)
    (built,) = (package / "dist").iterdir()
    assert built.name == "orstt_levels-1.0.0-py3-none-any.whl"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", built], check=True, capture_output=True, timeout=100)
    return python


def test_it_keeps_its_promises_by_its_own_tests(package: Path, python: Path) -> None:
    command: list[str | Path] = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", package / "tests"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=package, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_used_from_the_command_line_over_http_and_in_the_terminal(
    package: Path,
    python: Path,
    terminal: Terminal,
    tmp_path: Path,
) -> None:
    shell, command = Shell(), (str(python), "-c", PROGRAM)

    def orstt(*arguments: object) -> str:
        done = shell(*arguments, command=command)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    assert "Levels" in orstt("types")
    orstt("models", "add", "ward", "--type", "levels", "--weights", package / "two-levels", "--option", "word=LOUD")
    orstt("models", "activate", "ward")
    here = json.loads(orstt("transcribe", AUSTEN, "--json"))
    assert {segment["text"] for segment in here["segments"]} == {"LOUD", "quiet"}
    with shell.serving(command=command) as address:
        there = json.loads(orstt("--remote", address, "transcribe", AUSTEN, "--json"))
    assert there["segments"] == here["segments"]
    (tmp_path / "austen.wav").symlink_to(AUSTEN)
    terminal.start(f"cd {shlex.quote(str(tmp_path))}; TERM=xterm {shlex.quote(str(python))} -c {shlex.quote(PROGRAM)}")
    terminal.until("active: ward")
    terminal.keys("F3")
    terminal.until("[2 Transcribe]")
    terminal.type("austen.wav")
    terminal.keys("Tab", "F5")
    assert "LOUD" in terminal.until("Done:", seconds=90)
    terminal.keys("q")
    terminal.until("EXIT 0")
