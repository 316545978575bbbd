"""docs/python.md: every example does what the page says, with a real model, and every public name stands there."""

from __future__ import annotations

import ast
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile
from serving import served

import orstt_core
from orstt_core.local import LocalBackend

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
SERVER = 'RemoteBackend("http://asr.lan:8000", api_key="…")'


async def run(source: str, names: dict[str, Any]) -> None:
    """Run an example as a notebook does, which may await anywhere."""
    code = compile(source, "docs/python.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    answer = eval(code, names)
    if inspect.iscoroutine(answer):
        await answer


@pytest.fixture
def recordings(tmp_path: Path, austen: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The recordings that the page speaks of, two seconds each, in the working directory."""
    samples, rate = soundfile.read(austen)
    soundfile.write(tmp_path / "talk.wav", samples[: 2 * rate], rate)
    (tmp_path / "recordings").mkdir()
    for copy in ("talk.m4a", "call.wav", "recordings/monday.wav"):
        shutil.copy(tmp_path / "talk.wav", tmp_path / copy)
    (tmp_path / "recordings" / "tuesday.wav").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ORSTT_CPU_THREADS", "1")
    return tmp_path


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.timeout(900)  # twenty transcriptions, on however busy a machine
async def test_every_example_runs_and_prints_what_was_said(
    recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == PAGE.count("```") // 2
    names: dict[str, Any] = {}
    async with LocalBackend() as backend, served(backend, api_key="sesame") as address:
        names["backend"] = backend
        assert any(SERVER in example for example in examples)
        for example in examples:
            await run(example.replace(SERVER, f'RemoteBackend("{address}", api_key="sesame")'), names)
            names["backend"] = backend
    orstt_core.close()
    printed = capsys.readouterr().out
    assert printed.count("Dashwood") > 10
    assert "tuesday.wav is empty" in printed
    assert "missing.wav cannot be read" in printed
    assert "beam_size beam_size does not fit: it must be at most 20." in printed
    assert "base base active" in printed
    words = (recordings / "words.csv").read_text().splitlines()
    assert words[0] == "segment,start,end,word,probability,channel,track"
    assert any(",Dashwood," in line for line in words)
    for written in ("talk.srt", "talk.vtt", "recordings/monday.srt"):
        assert "Dashwood" in (recordings / written).read_text()


def test_every_public_name_stands_on_the_page() -> None:
    listed = set(re.findall(r"^\| `([\w.]+)` \|", PAGE, re.MULTILINE))
    assert listed == {*orstt_core.__all__, "orstt_api.RemoteBackend"}
