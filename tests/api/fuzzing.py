"""What schemathesis is told beyond the document: names that exist, recordings that can be read, and what NDJSON is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import schemathesis
import soundfile

RECORDING = Path("clip.wav")
"""Written by the test that starts this, in the folder that it is started in."""
PLAIN = {"response_format", "stream", "word_timestamps", "task"}
THERE = ["base", "small", "whisper-1", "1", "5"]


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Require the recording where a stored one may be named in its place: what is wrong on purpose cannot lack it."""
    for path in ("/api/jobs", "/api/v1/transcriptions"):
        form = raw_schema["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        form["required"] = ["audio"]
        del form["if"], form["then"]  # schemathesis cannot judge a recording by them


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Let about half of the names mean something."""
    for name, value in (path_parameters or {}).items():
        if name in {"ref", "name"} and _even(value):
            path_parameters[name] = THERE[len(str(value)) % len(THERE)]  # type: ignore[index]  # it is there
    return path_parameters


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Let about half of the recordings be some, in forms with little else that could be wrong."""
    for name in ("audio", "audio_file", "file"):
        if isinstance(body, dict) and name in body and _even(body):
            return {name: RECORDING.read_bytes(), **{field: body[field] for field in PLAIN & body.keys()}}
    return body


@schemathesis.deserializer("application/x-ndjson")
def ndjson(context: Any, response: Any) -> Any:
    """Give the first of the objects, which all have one schema."""
    return json.loads(response.content.splitlines()[0])


def _even(value: object) -> bool:
    return len(repr(value)) % 2 == 0


def write_recording(folder: Path) -> None:
    """Write a second of sound for the hooks."""
    soundfile.write(folder / RECORDING, np.sin(np.arange(16_000) * 0.2) * 0.1, 16_000)
