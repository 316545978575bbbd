"""Notices of ended jobs and of drift: signed, repeated until taken, never lost, never to a private address unasked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from counting import Counting, write_count
from serving import eventually

from orstt_core.checked_network import AsyncCheckedNetwork
from orstt_core.db.database import Database
from orstt_core.db.measurements import MeasurementStore
from orstt_core.engines import registry
from orstt_core.errors import Forbidden, InvalidRequest, SettingsError
from orstt_core.local import LocalBackend
from orstt_core.measurements import drift_watch
from orstt_core.measurements.machine import machine_in_words
from orstt_core.settings import Settings
from orstt_core.types import MeasuredSetup, ModelDraft, TranscribeRequest, TranscriptionFigures
from orstt_core.webhooks import delivery
from orstt_core.webhooks.addresses import AddressPolicy
from orstt_core.webhooks.signing import signing_key

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Received(NamedTuple):
    headers: dict[str, str]
    body: bytes


class Receiver:
    """An HTTP server on loopback that takes notices; `answers` holds the statuses it gives, the last for ever."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers = [204]
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?token=1"

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.splitlines()[1:])
        }
        self.received.append(Received(headers, await reader.readexactly(int(headers["content-length"]))))
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        more = f"Location: http://127.0.0.1:{self.port}/elsewhere\r\n" if status == 307 else ""
        writer.write(f"HTTP/1.1 {status} x\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


def signature(headers: dict[str, str], body: bytes) -> str:
    """Return what a notice with these headers and body is signed with."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return base64.b64encode(hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()).decode()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()


@asynccontextmanager
async def working(tmp_path: Path, database_url: str, **settings: Any) -> AsyncIterator[LocalBackend]:
    given = {"webhook_secret": SECRET, "webhook_hosts": ["127.0.0.0/8"], **settings}
    async with LocalBackend(Settings(database_url=database_url, data_dir=tmp_path / "data", **given)) as backend:
        if "counting" not in {model.name for model in await backend.models()}:
            await backend.create_model(ModelDraft(name="counting", model_type="counting", model="any"))
        yield backend


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._registered, "counting", Counting)
    monkeypatch.setattr(delivery, "RETRY_SECONDS", (0.05, 0.05, 0.05))
    monkeypatch.setattr(delivery, "POLL_SECONDS", 0.05)


@pytest.fixture
def request_for(tmp_path: Path, receiver: Receiver) -> TranscribeRequest:
    """One that fails, before an engine is loaded for it."""
    (tmp_path / "patient.wav").write_bytes(b"no sound")
    return TranscribeRequest(audio=tmp_path / "patient.wav", model="counting", callback_url=receiver.url)


async def test_a_notice_is_signed_and_tells_nothing_but_the_end(
    tmp_path: Path, database_url: str, receiver: Receiver, request_for: TranscribeRequest
) -> None:
    write_count(tmp_path / "patient.wav", 1)
    async with working(tmp_path, database_url) as backend:
        job = await backend.submit_job(request_for)
        await eventually(lambda: receiver.received)
        headers, body = receiver.received[0]
        assert headers["webhook-signature"] == f"v1,{signature(headers, body)}"
        assert headers["webhook-id"] == f"msg_{job.id}_1"
        assert headers["content-type"] == "application/json"
        told = json.loads(body)
        assert told["type"] == "job.done"
        assert told["data"].keys() == {"id", "state", "attempt", "finished_at"}
        assert (told["data"]["id"], told["data"]["state"]) == (job.id, "done")
        assert b"patient" not in body
        await asyncio.sleep(0.3)
        assert len(receiver.received) == 1


async def test_a_notice_is_sent_again_until_it_is_taken_and_then_no_more(
    tmp_path: Path, database_url: str, receiver: Receiver, request_for: TranscribeRequest
) -> None:
    receiver.answers = [500, 307, 204]
    async with working(tmp_path, database_url) as backend:
        await backend.submit_job(request_for)
        await eventually(lambda: len(receiver.received) == 3)
        await asyncio.sleep(0.3)
        assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
        assert len(receiver.received) == 3  # the redirect was not followed either


async def test_a_notice_that_nobody_takes_is_given_up_with_its_reason(
    tmp_path: Path, database_url: str, receiver: Receiver, request_for: TranscribeRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    receiver.answers = [503]
    async with working(tmp_path, database_url) as backend:
        await backend.submit_job(request_for)
        await eventually(lambda: "given up" in caplog.text)
        found = {finding.subject: finding for finding in (await backend.diagnose()).findings}
        assert (found["webhooks"].outcome, found["webhooks"].detail) == (
            "warning",
            "notices of the last day that nobody took: 1",
        )
        assert len(receiver.received) == 3
        assert "503" in caplog.text
        assert "token" not in caplog.text


async def test_a_notice_outlives_the_process_that_ended_the_job(
    tmp_path: Path, database_url: str, receiver: Receiver, request_for: TranscribeRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def never(self: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as dying:
        dying.setattr(delivery.Webhooks, "run", never)
        async with working(tmp_path, database_url) as backend:
            job = await backend.submit_job(request_for)
            async with asyncio.timeout(20):
                while (await backend.job(job.id)).state != "failed":
                    await asyncio.sleep(0.05)
            await backend.delete_job(job.id)  # the notice stays all the same
    assert receiver.received == []
    async with working(tmp_path, database_url):
        await eventually(lambda: receiver.received)


async def test_every_end_has_its_notice(
    tmp_path: Path, database_url: str, receiver: Receiver, request_for: TranscribeRequest
) -> None:
    async with working(tmp_path, database_url) as backend:
        failed = await backend.submit_job(request_for)
        await eventually(lambda: len(receiver.received) == 1)
        await backend.retry_job(failed.id)
        await eventually(lambda: len(receiver.received) == 2)
        assert [one.headers["webhook-id"] for one in receiver.received] == [f"msg_{failed.id}_{n}" for n in (1, 2)]
        assert {json.loads(one.body)["type"] for one in receiver.received} == {"job.failed"}


async def transcribed(database_url: str, confidence: float) -> None:
    """Leave what twenty transcriptions of a minute took today, and make ten days ago of what was there."""
    async with Database(database_url) as database:
        store = MeasurementStore(database)
        figures = TranscriptionFigures(audio_seconds=60.0, seconds=6.0, confidence=confidence)
        earlier = (datetime.now(UTC) - timedelta(days=10)).date().isoformat()
        async with database.transaction():
            await store._days.raw("UPDATE daily_measurement SET day = {}", earlier)
            for _ in range(20):
                await store.add("base", MeasuredSetup(machine=machine_in_words()), figures)


async def test_a_model_that_does_worse_is_told_once_and_so_is_that_it_is_over(
    tmp_path: Path, database_url: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift_watch, "LOOK_SECONDS", 0.05)
    await transcribed(database_url, 0.9)
    await transcribed(database_url, 0.7)
    async with working(tmp_path, database_url, drift_webhook=receiver.url) as backend:
        await eventually(lambda: receiver.received)
        await backend._jobs._drift.look()
    async with working(tmp_path, database_url, drift_webhook=receiver.url) as backend:
        await backend._jobs._drift.look()  # another start tells nothing again
        async with Database(database_url) as database, database.transaction():
            await MeasurementStore(database)._days.raw("UPDATE daily_measurement SET confidence = 18")
        await eventually(lambda: len(receiver.received) == 2)
    headers, body = receiver.received[0]
    assert headers["webhook-id"].startswith("msg_drift_")
    assert headers["webhook-signature"] == f"v1,{signature(headers, body)}"
    told = [json.loads(one.body) for one in receiver.received]
    assert [one["type"] for one in told] == ["model.drift", "model.drift_over"]
    assert [{**one["data"], "sentence": ""} for one in told] == [
        {"model": "base", "figure": "confidence", "recent": pytest.approx(recent), "past": pytest.approx(0.9)}
        | {"machine": machine_in_words(), "sentence": ""}
        for recent in (0.7, 0.9)
    ]
    assert told[0]["data"]["sentence"] == "its mean confidence is 70.0%, 90.0% before"


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://example.org/", {"webhook_secret": ""}),
        ("http://127.0.0.1/", {"webhook_hosts": []}),
        ("ftp://example.org/", {}),
    ],
)
def test_an_address_for_drift_that_nothing_would_go_to_is_refused_at_the_start(url: str, given: dict[str, Any]) -> None:
    settings = Settings(drift_webhook=url, **{"webhook_secret": SECRET, **given})
    with pytest.raises(SettingsError, match="drift_webhook"):
        delivery.Webhooks(Database("sqlite:///unopened"), settings)


async def test_a_private_name_is_refused_when_the_notice_is_sent(
    tmp_path: Path, database_url: str, receiver: Receiver, request_for: TranscribeRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    async with working(tmp_path, database_url, webhook_hosts=[]) as backend:
        with pytest.raises(Forbidden) as caught:
            await backend.submit_job(request_for)
        assert caught.value.field == "callback_url"
        url = receiver.url.replace("127.0.0.1", "localhost")
        await backend.submit_job(TranscribeRequest(audio=request_for.audio, model="counting", callback_url=url))
        await eventually(lambda: "private" in caplog.text)
        assert receiver.received == []


async def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    network, connected = AsyncCheckedNetwork(AddressPolicy([])), []
    answers = [["127.0.0.1"], ["93.184.216.34"]]  # public when it is asked for first, and this machine afterwards

    async def connect(host: str, *_: object) -> None:
        connected.append(host)

    monkeypatch.setattr("orstt_core.checked_network.resolve", lambda *_: answers.pop())
    monkeypatch.setattr(network._network, "connect_tcp", connect)
    await network.connect_tcp("example.org", 80)
    assert connected == ["93.184.216.34"]
    assert len(answers) == 1
    with pytest.raises(Forbidden):
        await network.connect_tcp("example.org", 80)


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "http://", "http://u:p@example.org/", "http://a b/", "javascript:1", "http://[::1"]
)
def test_what_is_no_address_for_a_notice_is_refused(url: str) -> None:
    with pytest.raises(InvalidRequest):
        AddressPolicy([]).check(url)


def test_what_the_operator_names_is_allowed_although_it_is_private() -> None:
    policy = AddressPolicy(["hooks.lan", "10.0.0.0/8"])
    assert policy.permits("hooks.lan", "192.168.1.1")
    assert policy.permits("elsewhere", "10.1.1.1")
    assert not policy.permits("elsewhere", "192.168.1.1")


async def test_without_a_secret_no_notice_is_promised(
    tmp_path: Path, database_url: str, request_for: TranscribeRequest
) -> None:
    async with working(tmp_path, database_url, webhook_secret="") as backend:
        with pytest.raises(InvalidRequest, match="ORSTT_WEBHOOK_SECRET"):
            await backend.submit_job(request_for)


@pytest.mark.parametrize("secret", ["short", "whsec_!!!", "whsec_" + base64.b64encode(b"x" * 23).decode()])
def test_a_weak_secret_is_refused(secret: str) -> None:
    with pytest.raises(SettingsError) as caught:
        signing_key(secret)
    assert secret not in str(caught.value)
