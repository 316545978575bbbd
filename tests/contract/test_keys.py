"""API keys: created, listed, revoked, the same near and far; and what a key's holder does not see of others."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from counting import write_count
from serving import eventually, http_client, served

from orstt_api.client import RemoteBackend
from orstt_core import keys as keyring
from orstt_core.backend import Backend
from orstt_core.errors import (
    Forbidden,
    InvalidRequest,
    JobNotFound,
    KeyExists,
    KeyNotFound,
    Unauthorized,
)
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import JobChanged, JobQuery, KeyDraft, NewKey, Scope, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_key_is_shown_once_and_a_revoked_one_stays_in_the_list_and_its_name_taken(backend: Backend) -> None:
    draft = KeyDraft(name=" ward 3 ", scope="manage", expires_in_days=2, requests_per_minute=9, concurrent_requests=3)
    new = await backend.create_key(draft)
    assert new.secret.startswith(f"orstt_{new.key.id}_")
    assert len(new.secret) > 40
    assert (new.key.name, new.key.scope) == ("ward 3", "manage")
    assert (new.key.requests_per_minute, new.key.concurrent_requests) == (9, 3)
    assert 1.9 < (new.key.expires_at - new.key.created_at).total_seconds() / 86_400 < 2.1
    assert await backend.keys() == [new.key]
    revoked = await backend.revoke_key(" ward 3")
    assert revoked.revoked_at is not None
    assert await backend.revoke_key(new.key.id) == revoked
    assert await backend.keys() == [revoked]
    with pytest.raises(KeyExists):
        await backend.create_key(KeyDraft(name="ward 3"))
    told = [(entry.action, entry.subject) for entry in await backend.audit()]
    assert told == [("key.revoked", "ward 3"), ("key.created", "ward 3")]


async def test_what_is_no_key_is_said(backend: Backend) -> None:
    with pytest.raises(KeyNotFound):
        await backend.revoke_key("nobody")
    for name in ("  ", "a\x1b[2J"):
        with pytest.raises(InvalidRequest) as caught:
            await backend.create_key(KeyDraft(name=name))
        assert caught.value.field == "name"


@pytest_asyncio.fixture(loop_scope="module")
async def core(tmp_path: Path, database_url: str) -> AsyncIterator[LocalBackend]:
    async with LocalBackend(Settings(database_url=database_url, data_dir=tmp_path), drain=False) as backend:
        yield backend


async def test_only_the_digest_of_a_secret_is_stored(core: LocalBackend, tmp_path: Path) -> None:
    new = await core.create_key(KeyDraft(name="a"))
    from orstt_core.db.keys import KeyStore

    [stored] = await KeyStore(core._database).list()
    assert stored.digest == hashlib.sha256(new.secret.encode()).hexdigest()
    assert await core.authenticate(new.secret) == stored.key
    for wrong in ("", "x", new.secret[:-1], f"orstt_{new.key.id}_", new.secret + "x", "orstt__", "\udcff"):
        assert await core.authenticate(wrong) is None
    random = new.secret.split("_", 2)[2].encode()
    assert not any(random in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


async def test_secrets_are_compared_in_constant_time(core: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    new = await core.create_key(KeyDraft(name="a"))
    compared: list[tuple[str, str]] = []

    def compare(one: str, other: str) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for secret in (new.secret, new.secret + "x", "orstt_unknown_x", ""):
        await core.authenticate(secret)
    assert len(compared) == 4  # also where there is nothing to compare with
    assert {len(digest) for pair in compared for digest in pair} == {64}


async def test_the_last_use_is_written_down(core: LocalBackend) -> None:
    new = await core.create_key(KeyDraft(name="a"))
    assert (await core.keys())[0].last_used_at is None
    await core.authenticate(new.secret)
    await core._keys.close()
    assert (await core.keys())[0].last_used_at is not None


async def test_a_key_that_another_process_revokes_opens_nothing_a_second_later(
    core: LocalBackend, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "KNOWN_SECONDS", 0.2)
    new = await core.create_key(KeyDraft(name="a"))
    assert await core.authenticate(new.secret)
    async with LocalBackend(Settings(database_url=database_url, data_dir=tmp_path), drain=False) as other:
        await other.revoke_key("a")
    await asyncio.sleep(0.25)
    assert await core.authenticate(new.secret) is None
    assert await core.keyed()


async def test_a_stream_ends_when_its_key_is_revoked(core: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orstt_api.streaming.KEEP_ALIVE_SECONDS", 0.2)
    new = await core.create_key(KeyDraft(name="a", scope="manage"))
    async with (
        served(core) as address,
        http_client(address) as http,
        http.stream("GET", "/api/v1/events", headers=bearer(new)) as answer,
    ):
        lines = answer.aiter_lines()
        assert await anext(lines) == ": keep-alive"
        await core.revoke_key("a")
        async with asyncio.timeout(20):
            rest = [line async for line in lines]
    assert any("orstt:unauthorized" in line for line in rest)


async def test_whoever_revokes_the_last_key_keeps_everybody_out(core: LocalBackend) -> None:
    new = await core.create_key(KeyDraft(name="a"))
    async with served(core) as address, http_client(address) as http:
        assert (await http.get("/api/jobs", headers=bearer(new))).status_code == 200
        await core.revoke_key("a")
        for headers in ({}, bearer(new), {"Authorization": "Bearer garbage"}):
            assert (await http.get("/api/jobs", headers=headers)).status_code == 401


async def test_an_expired_key_opens_nothing_but_keeps_the_server_closed(core: LocalBackend) -> None:
    new = await core.create_key(KeyDraft(name="a", expires_in_days=1e-6))
    await asyncio.sleep(0.1)
    assert await core.authenticate(new.secret) is None
    assert await core.keyed()


async def test_a_public_address_is_served_only_with_a_key(core: LocalBackend) -> None:
    with pytest.raises(Forbidden, match="orstt keys create"):
        async with served(core, host="0.0.0.0"):
            pass
    new = await core.create_key(KeyDraft(name="a"))
    async with served(core, host="0.0.0.0") as address, http_client(address.replace("0.0.0.0", "127.0.0.1")) as http:
        assert (await http.get("/api/v1/info", headers=bearer(new))).status_code == 200
        await core.revoke_key("a")
        for headers in ({}, bearer(new)):  # without any key left it does not become open
            assert (await http.get("/api/v1/info", headers=headers)).status_code == 401


def bearer(new: NewKey) -> dict[str, str]:
    return {"Authorization": f"Bearer {new.secret}"}


class Ward:
    """A server and clients with keys of their own."""

    def __init__(self, core: LocalBackend, address: str, stack: AsyncExitStack) -> None:
        self.core, self.address, self._stack = core, address, stack

    async def client(self, name: str, scope: Scope = "transcribe") -> RemoteBackend:
        new = await self.core.create_key(KeyDraft(name=name, scope=scope))
        return await self._stack.enter_async_context(RemoteBackend(self.address, api_key=new.secret))


@pytest_asyncio.fixture(loop_scope="module")
async def ward(core: LocalBackend) -> AsyncIterator[Ward]:
    async with AsyncExitStack() as stack:
        yield Ward(core, await stack.enter_async_context(served(core)), stack)


async def test_a_client_sees_its_own_jobs_only_and_an_admin_all(ward: Ward, tmp_path: Path) -> None:
    mine, yours, admin = [await ward.client(name) for name in "ab"] + [await ward.client("c", "admin")]
    assert [(await who.info()).scope for who in (mine, admin)] == ["transcribe", "admin"]
    recording = write_count(tmp_path / "a.wav", 1)
    job = await mine.submit_job(TranscribeRequest(audio=recording))
    assert job.submitted_by == "key a"
    assert [one.id for one in (await mine.jobs(JobQuery())).jobs] == [job.id]
    assert (await yours.jobs(JobQuery())).jobs == []
    assert [one.id for one in (await admin.jobs(JobQuery())).jobs] == [job.id]
    for attempt in (yours.job, yours.cancel_job, yours.retry_job, yours.delete_job):
        for ref in (job.id, job.id[:6]):
            with pytest.raises(JobNotFound):
                await attempt(ref)
    with pytest.raises(JobNotFound):
        await anext(yours.follow_job(job.id))
    with pytest.raises(JobNotFound):
        await yours.jobs(JobQuery(before=job.id))
    with pytest.raises(Forbidden, match="admin"):
        await mine.purge_jobs()


async def test_idempotency_keys_do_not_reach_over_clients(ward: Ward, tmp_path: Path) -> None:
    mine, yours = [await ward.client(name) for name in "ab"]
    recording = write_count(tmp_path / "a.wav", 1)
    same = TranscribeRequest(audio=recording, idempotency_key="k")
    first, again, other = [(await who.submit_job(same)).id for who in (mine, mine, yours)]
    assert first == again != other


async def test_a_client_is_told_of_its_own_jobs_only(ward: Ward, tmp_path: Path) -> None:
    mine, yours = [await ward.client(name) for name in "ab"]
    recording = write_count(tmp_path / "a.wav", 1)
    heard: list[str] = []

    async def listen() -> None:
        async for event in yours.events():
            heard.extend([event.job.id] if isinstance(event, JobChanged) else [])

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.2)
    await mine.submit_job(TranscribeRequest(audio=recording))
    await asyncio.sleep(0.2)
    job = await yours.submit_job(TranscribeRequest(audio=recording))
    await eventually(lambda: heard)
    assert set(heard) == {job.id}
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


async def test_a_server_that_passes_on_takes_no_keys_of_the_other(ward: Ward) -> None:
    new = await ward.core.create_key(KeyDraft(name="a"))
    async with (
        RemoteBackend(ward.address, api_key=new.secret) as upstream,
        served(upstream, api_key="own") as address,
        http_client(address) as http,
    ):
        assert (await http.get("/api/v1/info", headers=bearer(new))).status_code == 401
        assert (await http.get("/api/v1/info", headers={"Authorization": "Bearer own"})).status_code == 200


async def test_without_a_key_the_client_is_told_what_to_set(ward: Ward) -> None:
    await ward.client("a")
    async with RemoteBackend(ward.address) as client:
        with pytest.raises(Unauthorized, match="ORSTT_API_KEY"):
            await client.info()


async def test_a_lost_database_lets_nobody_in(core: LocalBackend) -> None:
    await core.create_key(KeyDraft(name="a"))
    async with served(core) as address, http_client(address) as http:
        await core._database.close()
        try:
            core._keys._forget()
            answer: httpx2.Response = await http.get("/api/v1/info", headers={"Authorization": "Bearer orstt_x_y"})
            assert answer.status_code == 503
            assert (await http.get("/health/live")).status_code == 200
        finally:
            await core._database.open()
