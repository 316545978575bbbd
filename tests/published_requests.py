"""A service on loopback that holds every request against what the provider publishes of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import soundfile
from loopback_service import Asked, Reply, Service

PUBLISHED = Path(__file__).parent / "engines/published"


class CheckedService(Service):
    """Answers as it is told, but a request that is not as published with 400; `violations` says what was wrong."""

    def __init__(self, check: Callable[[Asked], None], reply: Reply) -> None:
        super().__init__(lambda _: reply)
        self.check = check
        self.violations: list[str] = []

    def reply(self, asked: Asked) -> Reply:
        reply = super().reply(asked)
        try:
            self.check(asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is told
            self.violations.append(f"{type(error).__name__}: {error}")
            return Reply(400)
        return reply


def hold_against(name: str, document: Any) -> None:
    """Hold a document against what a service publishes; raises where it does not fit."""
    jsonschema_rs.validator_for(json.loads((PUBLISHED / name).read_text())).validate(document)


def form(asked: Asked) -> dict[str, bytes]:
    """The parts of a form, by name."""
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    whole = BytesParser().parsebytes(head + asked.body)
    parts = [part for part in whole.walk() if part is not whole]
    return {str(part.get_param("name", header="content-disposition")): payload(part) for part in parts}


def payload(part: Any) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def sound_seconds(sound: bytes) -> float:
    """How long a FLAC file of 16 kHz mono is; raises where it is none."""
    with soundfile.SoundFile(io.BytesIO(sound)) as file:
        assert (file.format, file.samplerate, file.channels) == ("FLAC", 16_000, 1)
        return float(file.frames / file.samplerate)
