"""Sound leaves this machine only where its operator said so, and what was paid for is not sent a second time."""

from __future__ import annotations

import asyncio
import os
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from loopback_service import Reply, Service, json_reply, seconds_of, serving
from msgspec import Meta
from numpy.typing import NDArray

from orstt_core.diagnosis import models as diagnosis
from orstt_core.engines import cloud_client, registry
from orstt_core.engines.aws_transcribe import AwsSTT
from orstt_core.engines.azure_speech import AzureSTT
from orstt_core.engines.cancellation import Cancellation, WorkCancelled, cancelled_by
from orstt_core.engines.cloud import CloudSTT, encode
from orstt_core.engines.cloud_answers import Request
from orstt_core.engines.cloud_client import CloudClient
from orstt_core.engines.google_speech import GoogleSTT
from orstt_core.engines.permission import check_address, permitted, why_forbidden
from orstt_core.errors import (
    Busy,
    EngineDied,
    EngineFailed,
    EngineUnavailable,
    InvalidRequest,
    OrsttError,
    ServerUnreachable,
    TooLarge,
)
from orstt_core.factory import STTFactory
from orstt_core.local import LocalBackend
from orstt_core.runtime.probe import probe_engine
from orstt_core.settings import EngineSettings, Settings
from orstt_core.types import EngineList, ModelDraft, ModelUpdate, Segment, TranscribeOptions, TranscribeRequest
from orstt_core.validation import validate

KEY = "sk-sesame"


class ParrotSTT(CloudSTT):
    """Sends sound to a service that says how many bytes it got."""

    title = "Parrot"
    credentials = ("openai_key",)

    @property
    def address(self) -> str:
        return "https://parrot.example/v1"

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        answer = self.client.send(Request(self.model_name, content=encode(samples, "FLAC")))
        yield Segment(id=0, start=None, end=None, text=answer.body.decode())


class MortalSTT(ParrotSTT):
    """Dies when it has sent something."""

    class Options(CloudSTT.Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
        address: Annotated[str, Meta(description="Where it sends it.")] = ""

    options: Options

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        self.client.send(Request(self.options.address, content=encode(samples, "FLAC")))
        os._exit(7)


@pytest.fixture(autouse=True)
def _parrot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._registered, "parrot", ParrotSTT)


@pytest.fixture
def service() -> Iterator[Service]:
    with serving(Service()) as found:
        yield found


@pytest.fixture
def client(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudClient]:
    monkeypatch.setattr(cloud_client, "PAUSES", (0.01, 0.01))
    made = CloudClient("Parrot", service.settings(openai_key=KEY), credentials=["openai_key"])
    yield made
    made.close()


def test_nothing_that_sends_sound_can_be_configured_or_used_before_the_operator_says_where_to() -> None:
    info = probe_engine("parrot")
    assert info.available
    assert info.sends_sound
    for settings in (Settings(), Settings(openai_key=KEY), Settings(cloud_hosts=["parrot.example"])):
        listed = permitted(info, settings.for_engines)
        assert not listed.available
        assert listed.reason.startswith("It sends sound out of this machine; not configured: set ORSTT_")
        assert ("ORSTT_CLOUD_HOSTS=api.openai.com" in listed.reason) is not bool(settings.cloud_hosts)
        assert KEY not in f"{listed}{settings.for_engines}"
        validation = validate(ModelDraft(name="polly", model_type="parrot"), settings)
        assert not validation.valid
        assert validation.failed == "dependencies"
        with pytest.raises(EngineUnavailable, match="sends sound out of this machine"):
            STTFactory.build("parrot", "https://parrot.example", settings=settings.for_engines)
    for engine in (AwsSTT, AzureSTT, GoogleSTT):
        refused = why_forbidden(engine, Settings().for_engines)
        assert refused is not None
        assert refused.reason.endswith(f"For example: ORSTT_CLOUD_HOSTS={engine.usual_hosts}.")
    allowed = Settings(openai_key=KEY, cloud_hosts=["parrot.example"])
    assert permitted(info, allowed.for_engines).available
    checked = validate(ModelDraft(name="polly", model_type="parrot"), allowed)
    assert checked.warnings == ["It sends sound out of this machine."]
    assert [check.detail for check in checked.checks[2::2]] == [
        "It runs on a server.",
        "Sound is sent to parrot.example.",
    ]


@pytest.mark.parametrize(
    ("entry", "url", "allowed"),
    [
        ("api.example", "https://api.example/v1", True),
        ("api.example", "https://API.example:443/v1", True),
        ("api.example", "http://api.example/v1", False),
        ("api.example", "https://api.example:8443/v1", False),
        ("api.example", "https://api.example.evil.example/v1", False),
        ("api.example", "https://api.example@evil.example/v1", False),
        ("http://10.0.0.5:8000", "http://10.0.0.5:8000/v1", True),
        ("http://10.0.0.5:8000", "https://10.0.0.5:8000/v1", False),
        ("*.example", "https://eu.api.example", True),
        ("*.example", "https://example", False),
        ("*.example", "https://evilexample", False),
        ("", "https://", False),
        ("*.example", "https://[evil.test].example", False),
    ],
)
def test_sound_goes_to_the_hosts_that_were_named_and_to_no_other(entry: str, url: str, *, allowed: bool) -> None:
    settings = EngineSettings(cloud_hosts=[entry])
    if allowed:
        check_address(url, settings)
    else:
        with pytest.raises(EngineUnavailable, match="may not be sent") as refused:
            check_address(url, settings)
        lacks_scheme = (entry, url.partition(":")[0]) == ("api.example", "http")
        assert (
            "without a scheme, which means https: write http://api.example there" in refused.value.hint
        ) is lacks_scheme


@pytest.mark.parametrize("key", [f"{KEY}\nX-Other: 1", f"{KEY}\x00", f"{KEY}\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_a_key_that_no_header_may_hold_is_in_no_error_either(service: Service, key: str) -> None:
    client = CloudClient("Parrot", service.settings(openai_key=key), credentials=["openai_key"])
    with pytest.raises(EngineUnavailable, match="ORSTT_OPENAI_KEY") as refused:
        client.send(Request(service.host, headers={"authorization": f"Bearer {key}"}))
    client.close()
    assert KEY not in "".join(traceback.format_exception(refused.value))
    assert service.asked == []


def test_a_host_that_is_not_allowed_is_not_even_asked_not_by_a_redirect_either(
    service: Service, client: CloudClient
) -> None:
    with serving(Service()) as other:
        with pytest.raises(EngineUnavailable, match="may not be sent"):
            client.send(Request(f"{other.host}/v1"))
        service.replies = [Reply(307, headers={"location": f"{other.host}/v1"})]
        with pytest.raises(EngineFailed, match="another address"):
            client.send(Request(f"{service.host}/v1"))
        assert not other.asked


def test_what_was_certainly_not_processed_is_sent_again_a_few_times(service: Service, client: CloudClient) -> None:
    service.replies = [Reply(429), Reply(503, headers={"retry-after": "0"}), Reply(body=b"said")]
    assert client.send(Request(service.host)).body == b"said"
    assert len(service.asked) == 3
    service.otherwise = lambda _: Reply(429)
    with pytest.raises(Busy):
        client.send(Request(service.host))
    assert len(service.asked) == 6
    service.replies = [Reply(429, headers={"retry-after": "3600"})]
    with pytest.raises(Busy) as refused:
        client.send(Request(service.host))
    assert refused.value.retry_after == 3600


@pytest.mark.parametrize(
    ("reply", "kind", "words"),
    [
        (Reply(cut=True), EngineFailed, "was not sent again"),
        (Reply(500, b"oops"), EngineFailed, "HTTP status 500. It says: oops"),
        (Reply(503), EngineFailed, "HTTP status 503"),
        (json_reply({"error": {"message": f"Bad key {KEY}"}}, 401), EngineUnavailable, "Mend ORSTT_OPENAI_KEY"),
        (json_reply({"error": {"message": f"no\x1bsuch {KEY}"}}, 404), EngineUnavailable, r"no such \*\*\*"),
        (Reply(413, b""), TooLarge, "size"),
    ],
)
def test_what_may_have_been_processed_is_sent_once_and_told_in_plain_words(
    service: Service, client: CloudClient, reply: Reply, kind: type[OrsttError], words: str
) -> None:
    service.replies = [reply]
    with pytest.raises(kind, match=words) as told:
        client.send(Request(service.host))
    assert len(service.asked) == 1
    assert KEY not in f"{told.value!r} {told.value}"


def test_a_service_that_is_not_there_or_never_answers_is_told(
    service: Service, client: CloudClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Service()) as other:
        gone = other.host
    lost = CloudClient("Parrot", EngineSettings(cloud_hosts=[gone]))
    with pytest.raises(ServerUnreachable, match="nothing was sent"):
        lost.send(Request(gone))
    lost.close()
    monkeypatch.setattr(cloud_client, "READ_SECONDS", 0.2)
    service.replies = [Reply(seconds=60)]
    with pytest.raises(EngineFailed, match="did not answer in time"):
        client.send(Request(service.host))
    assert len(service.asked) == 1


def test_cancelling_ends_a_request_that_is_waited_for(service: Service, client: CloudClient) -> None:
    service.replies = [Reply(seconds=60)]
    cancellation = Cancellation()

    def ask() -> None:
        with cancelled_by(cancellation), pytest.raises(WorkCancelled):
            client.send(Request(service.host))

    threading.Timer(0.1, cancellation.request).start()
    assert seconds_of(ask) < 10


def test_an_answer_of_which_not_all_was_read_ends_with_its_client(service: Service, client: CloudClient) -> None:
    service.replies = [Reply(body=b"one\ntwo\n")]
    lines = client.lines(Request(service.host))
    assert next(lines) == "one"
    client.close()
    with pytest.raises(EngineFailed, match="connection to Parrot was closed"):
        next(lines)
    assert client._loop is None


async def test_what_a_dead_engine_may_have_sent_is_not_sent_by_another(
    service: Service, tmp_path: Path, austen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "mortal", MortalSTT)
    settings = Settings(data_dir=tmp_path, openai_key=KEY, cloud_hosts=[service.host])
    async with LocalBackend(settings) as backend:
        await backend.create_model(ModelDraft(name="mortal", model_type="mortal", options={"address": service.host}))
        with pytest.raises(EngineDied, match="charged for, so it is not sent again"):
            _ = [event async for event in backend.transcribe(TranscribeRequest(audio=austen, model="mortal"))]
    assert len(service.asked) == 1


def test_a_recording_goes_out_window_by_window_once_it_may(service: Service) -> None:
    service.otherwise = lambda asked: Reply(body=f"{asked.body[:4].decode()}".encode())
    engine = ParrotSTT(service.host)
    engine.settings = service.settings(openai_key=KEY)
    engine.load()
    assert not service.asked
    tone = np.sin(np.arange(16_000)).astype(np.float32)
    assert engine.text(tone, TranscribeOptions(language="en", vad_filter=False)) == "fLaC"
    engine.unload()


def test_a_process_is_told_the_credentials_of_its_own_engine_only() -> None:
    from orstt_core.runtime.engine_process import _with_own_credentials
    from orstt_core.runtime.protocol import EngineSpec, Load

    settings = Settings(openai_key=KEY).for_engines
    for model_type, expected in (("parrot", {"openai_key": KEY}), ("whisper", {})):
        spec = EngineSpec(model_type=model_type, engine="", model="m", device="cpu", compute_type="int8")
        assert _with_own_credentials(Load(spec=spec, settings=settings)).settings.credentials == expected


async def test_a_model_that_sends_sound_says_so_and_is_never_the_default(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, openai_key=KEY, cloud_hosts=["parrot.example"])
    async with LocalBackend(settings) as backend:
        added = await backend.create_model(ModelDraft(name="polly", model_type="parrot"))
        assert added.model.sends_sound
        assert added.warnings == ["It sends sound out of this machine."]
        with pytest.raises(InvalidRequest, match="cannot be the default"):
            await backend.update_model("polly", ModelUpdate(is_default=True))
        assert [model.name for model in await backend.models() if model.sends_sound] == ["polly"]
        assert [stored.kind for stored in await backend.weights("polly")] == ["server"]
        with pytest.raises(InvalidRequest, match="The server that polly sends sound to has its files"):
            await backend.verify_weights("polly")
        assert (await backend.activate_model("polly")).model.is_active
        findings = {finding.subject: finding.detail for finding in (await backend.diagnose()).findings}
        assert "parrot.example" in findings["sound"]
        assert findings["engine parrot"] == "Parrot, sends sound out of this machine"
        assert (
            findings["model polly (active)"]
            == "sends sound out of this machine, to parrot.example, with ORSTT_OPENAI_KEY"
        )
        assert KEY not in str(findings)
        elsewhere = Settings(data_dir=tmp_path, openai_key=KEY, cloud_hosts=["owl.example"])
        polly = await asyncio.to_thread(
            diagnosis.model, await backend.model("polly"), elsewhere, EngineList(engines=[])
        )
        assert polly.outcome == "missing"
        assert "may not be sent to parrot.example" in polly.detail
        assert polly.fix.startswith("Add parrot.example to ORSTT_CLOUD_HOSTS")
        checked = await asyncio.to_thread(validate, ModelDraft(name="polly", model_type="parrot"), elsewhere)
        assert (checked.valid, checked.available, checked.failed) == (True, False, "destination")
        assert "may not be sent to parrot.example" in checked.message
