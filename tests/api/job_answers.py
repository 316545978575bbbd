"""What the tests of jobs over HTTP send, and how they read the answers."""

import httpx2
import msgspec
from scripted import speech

from orstt_core.types import Done, Job, Problem, Readiness, Transcript

CLIP = {"audio": ("clip.wav", b"sound")}
UPLOADS = ["/api/jobs", "/api/v1/transcriptions", "/api/transcribe_only"]
FULL = Readiness(ready=False, reason="100 recordings wait already.", queued=100, running=1)


def transcript() -> Transcript:
    said = speech("Hello.")[-1]
    assert isinstance(said, Done)
    return said.transcript


def decoded(answer: httpx2.Response) -> Job:
    return msgspec.json.decode(answer.content, type=Job)


def code(answer: httpx2.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return msgspec.json.decode(answer.content, type=Problem).error.code
