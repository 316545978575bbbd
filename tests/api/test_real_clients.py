"""Programs that people have, on a real `orstt serve` with real weights: `openai`, curl, httpx, our own client,
Bazarr, and one that is generated from the OpenAPI document.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import soundfile
from api.openai_clients import async_client, sync_client
from cli.running import Shell
from serving import http_client

from orstt_api.client import RemoteBackend
from orstt_core.types import Done, TranscribeRequest

pytestmark = [
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),  # OpenAI means to end translations
]
SPOKEN = "dashwood had then leisure to consider how much there might be prudently in his power to do for them"
KEY = "correct-horse-battery"
CROWD = 6


def plain(text: str) -> str:
    """The words alone."""
    return " ".join("".join(sign for sign in text.lower() if sign.isalpha() or sign.isspace()).split())


@pytest.fixture(scope="module")
def _one_server(tmp_path_factory: pytest.TempPathFactory, weights_cache: Path) -> Iterator[str]:
    settings: dict[str, Any] = {
        "ORSTT_DATA_DIR": str(tmp_path_factory.mktemp("real-clients")),
        "ORSTT_CACHE_DIR": str(weights_cache),
        "ORSTT_API_KEY": KEY,
    }
    with Shell().serving(**settings) as address:
        yield address


@pytest.fixture
def server(_one_server: str) -> str:
    """One server for all of these tests, so that the model is loaded once."""
    return _one_server


def test_openais_synchronous_client(server: str, austen: Path) -> None:
    with sync_client(server, KEY) as client, austen.open("rb") as recording:
        assert SPOKEN in plain(client.audio.transcriptions.create(file=recording, model="whisper-1").text)
        recording.seek(0)
        assert SPOKEN in plain(client.audio.translations.create(file=recording, model="base").text)
        recording.seek(0)
        with client.audio.transcriptions.create(
            file=recording, model="whisper-1", language="en", stream=True
        ) as stream:
            events = list(stream)
    assert events[-1].type == "transcript.text.done"
    assert "".join(event.delta for event in events if event.type == "transcript.text.delta") == events[-1].text
    assert SPOKEN in plain(events[-1].text)


async def test_openais_asynchronous_client_in_every_format(server: str, austen: Path) -> None:
    async with async_client(server, KEY) as client:
        texts = [
            await client.audio.transcriptions.create(
                file=austen,
                model="whisper-1",
                language="en",
                response_format=name,  # type: ignore[call-overload]  # tsv is ours
            )
            for name in ("text", "srt", "vtt", "tsv")
        ]
        verbose = await client.audio.transcriptions.create(
            file=austen,
            model="whisper-1",
            response_format="verbose_json",
            timestamp_granularities=["word", "segment"],
        )
        measured = await client.audio.transcriptions.create(
            file=austen, model="whisper-1", language="en", include=["logprobs"]
        )
    assert [text[:9] for text in texts] == ["And Mr. J", "1\n00:00:0", "WEBVTT\n\n0", "start\tend"]
    assert (verbose.language, verbose.duration) == ("english", pytest.approx(7.1, abs=0.05))  # type: ignore[comparison-overlap]  # approx is no float
    assert verbose.words is not None
    assert plain(" ".join(word.word for word in verbose.words)) == plain(verbose.text)
    assert all(0 <= word.start <= word.end <= 7.2 for word in verbose.words)
    assert measured.logprobs is not None
    assert plain("".join(token.token or "" for token in measured.logprobs)) == plain(measured.text)
    assert all(token.logprob is not None and token.logprob <= 0 for token in measured.logprobs)


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl(server: str, austen: Path) -> None:
    def curl(*arguments: str) -> str:
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "60", *arguments], capture_output=True, text=True, check=True, timeout=90
        )
        return done.stdout

    with_key = ("-H", f"Authorization: Bearer {KEY}")
    form = ("-F", f"file=@{austen}", "-F", "model=whisper-1", "-F", "language=en")
    address = f"{server}/v1/audio/transcriptions"
    assert SPOKEN in plain(json.loads(curl(*with_key, *form, address))["text"])
    events = curl("-N", *with_key, *form, "-F", "stream=true", address)
    assert events.count("event: transcript.text.done\n") == 1
    assert json.loads(curl(*form, address))["error"]["type"] == "authentication_error"


async def test_httpx(server: str, austen: Path) -> None:
    async with http_client(server, headers={"Authorization": f"Bearer {KEY}"}) as http:
        with austen.open("rb") as recording:
            answer = await http.post(
                "/v1/audio/transcriptions",
                files={"file": recording, "response_format": (None, "text"), "language": (None, "en")},
                timeout=60,
            )
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert SPOKEN in plain(answer.text)


async def test_bazarr(server: str, austen: Path) -> None:
    samples, rate = soundfile.read(austen, dtype="int16")
    assert rate == 16_000
    sent: dict[str, Any] = {"files": {"audio_file": samples.tobytes()}, "timeout": 60}
    async with http_client(server.replace("//", f"//bazarr:{KEY}@")) as http:
        spoken = await http.post("/detect-language", params={"encode": "false"}, **sent)
        asked = {"task": "transcribe", "language": "en", "output": "srt", "encode": "false"}
        subtitles = await http.post("/asr", params=asked, **sent)
    assert (spoken.json()["language_code"], spoken.json()["confidence"] > 0.5) == ("en", True)
    assert subtitles.text.startswith("1\n00:00:00,")
    assert SPOKEN in plain(" ".join(subtitles.text.splitlines()[2:]))


def test_a_client_that_is_generated_from_the_document(
    server: str, austen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate = [
        str(Path(sys.executable).with_name("openapi-python-client")),
        "generate",
        "--fail-on-warning",
        "--meta=none",
        f"--output-path={tmp_path / 'generated'}",
        f"--path={tmp_path / 'openapi.json'}",
        f"--config={tmp_path / 'generator.yml'}",
    ]
    document = httpx2.get(f"{server}/schema/openapi.json", headers={"Authorization": f"Bearer {KEY}"}, trust_env=False)
    (tmp_path / "openapi.json").write_bytes(document.content)
    # The generator knows sound only as bytes.
    (tmp_path / "generator.yml").write_text("content_type_overrides:\n  audio/wav: application/octet-stream\n")
    done = subprocess.run(generate, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    from generated import models, types  # type: ignore[import-not-found]  # generated just now
    from generated.api.jobs import get_job, submit_job  # type: ignore[import-not-found]
    from generated.api.models import list_models  # type: ignore[import-not-found]
    from generated.api.open_ai import create_transcription  # type: ignore[import-not-found]
    from generated.client import AuthenticatedClient  # type: ignore[import-not-found]

    with AuthenticatedClient(server, KEY, timeout=60) as client, austen.open("rb") as recording:
        assert [model.name for model in list_models.sync(client=client) if model.is_active] == ["base"]
        clip = types.File(recording, "clip.wav")
        asked = models.CreateTranscriptionBody(file=clip, model="whisper-1", language="en", keywords=["Dashwood"])
        assert SPOKEN in plain(create_transcription.sync(client=client, body=asked).text)
        recording.seek(0)
        verbose = models.CreateTranscriptionBody(
            file=clip,
            language="en",
            response_format=models.CreateTranscriptionBodyFormat.VERBOSE_JSON,
            timestamp_granularities=[models.CreateTranscriptionBodyTimestampGranularitiesItem.WORD],
        )
        assert len(create_transcription.sync(client=client, body=verbose).words) > 10
        recording.seek(0)
        job = submit_job.sync(client=client, body=models.SubmitJobBody(audio=clip, language="en"))
        assert get_job.sync(job.id, client=client).options.language == "en"


@pytest.fixture
async def remote(server: str) -> AsyncIterator[RemoteBackend]:
    async with RemoteBackend(server, KEY) as backend:
        yield backend


async def test_our_own_client(remote: RemoteBackend, austen: Path) -> None:
    events = [event async for event in remote.transcribe(TranscribeRequest(audio=austen))]
    assert isinstance(events[-1], Done)
    assert SPOKEN in plain(events[-1].transcript.text)


async def test_several_of_them_at_once_are_all_served(server: str, austen: Path) -> None:
    async with async_client(server, KEY) as client:
        patient = client.with_options(max_retries=3).audio.transcriptions
        asked = [patient.create(file=austen, model="whisper-1", language="en") for _ in range(CROWD)]
        answers = await asyncio.gather(*asked)
    assert [SPOKEN in plain(answer.text) for answer in answers] == [True] * CROWD
