"""An option of a transcription is described once; every face has it from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DESCRIPTION = Path("orstt_core/types/transcription.py")
ONE_MORE = """\
    pace: Annotated[
        Annotated[int, Meta(ge=1, le=9)] | None, described("Pace", "How fast it is read.", needs="beam_size")
    ] = None
"""
LOOK = """
import asyncio, json, pathlib
from textual.widgets import Input
from scripted import ScriptedBackend
from orstt_api.forms import parse_job_form
from orstt_api.openapi import TranscriptionForm
from orstt_core.engines.base import BaseSTT
from orstt_core.errors import OrsttError
from orstt_core.settings import Settings
from orstt_core.types import TranscribeOptions
from orstt_tui.app import OrsttApp
from orstt_tui import cli
from orstt_tui.commands.context import CommandContext
from orstt_tui.widgets.request_form import RequestForm

def refused(attempt):
    try:
        return str(attempt())
    except OrsttError as error:
        return [error.code, error.field]

async def terminal():
    app = OrsttApp(lambda _: ScriptedBackend(), settings=Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("f3", "ctrl+g")
        await pilot.pause()
        form = app.screen.query_one(RequestForm)
        form.field.value = "x.wav"
        form.query_one("#option-pace", Input).value = "7"
        return form.request().options.pace

def command(*name):
    backend = ScriptedBackend()
    pathlib.Path("x.wav").write_bytes(b"RIFF")
    cli.run([*name, "x.wav", "--pace", "7"], CommandContext(open_backend=lambda _, **__: backend))
    return backend.requests[0].options.pace

form = TranscriptionForm().request_body.content["multipart/form-data"].schema.properties["pace"]
print(json.dumps({
    "check": refused(lambda: BaseSTT.check_options(TranscribeOptions(pace=7))),
    "form": parse_job_form({"pace": ["7"]}).options.pace,
    "too much": refused(lambda: parse_job_form({"pace": ["10"]})),
    "document": [form.title, form.description, form.minimum, form.maximum],
    "transcribe": command("transcribe"),
    "submit": command("jobs", "submit"),
    "terminal": asyncio.run(terminal()),
}))
"""


@pytest.mark.slow
def test_one_more_line_is_one_more_option_in_every_face(tmp_path: Path) -> None:
    for package in ("orstt_core", "orstt_api", "orstt_tui"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    described = (tmp_path / DESCRIPTION).read_text()
    before = "    beam_size: Annotated["
    assert described.count(before) == 1
    (tmp_path / DESCRIPTION).write_text(described.replace(before, ONE_MORE + before))
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "tests")])}
    done = subprocess.run([sys.executable, "-c", LOOK], env=environ, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "check": ["option_unsupported", "pace"],
        "form": 7,
        "too much": ["invalid_request", "pace"],
        "document": ["Pace", "How fast it is read.", 1, 9],
        "transcribe": 7,
        "submit": 7,
        "terminal": 7,
    }
