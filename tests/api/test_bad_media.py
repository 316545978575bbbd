"""Bad media over HTTP: whatever is sent is answered in bounded time, with a text or with a reason."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
from bad_media import ELSEWHERE, Item, bombs, flipped, forged, hostile_names, playlists, truncated
from serving import eventually, http_client, served
from troublesome import Plain

from orstt_core.engines import registry
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import ModelDraft

SECONDS = 10.0
"""What decoding one of them may take at most."""
ANSWER_SECONDS = 60.0
"""When an answer must be there: the machine may be busy."""
REFUSALS = {400, 413, 422}


def items() -> Iterator[Item]:
    """All that was made to harm, and a few of what is damaged: the decoder's own test has the rest of that."""
    yield from chain(bombs(), forged(), playlists(ELSEWHERE), hostile_names())
    for damaged in (truncated(), flipped()):
        yield from islice(damaged, None, None, 7)  # another depth of damage each time, of three


@pytest.fixture
async def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalBackend]:
    """A real backend; its engine says what it got, at once."""
    monkeypatch.setitem(registry._registered, "plain", Plain)
    async with LocalBackend(Settings(data_dir=tmp_path, decode_seconds=SECONDS)) as backend:
        await backend.create_model(ModelDraft(name="plain", model_type="plain", model="any"))
        yield backend


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_item_is_answered_in_bounded_time_and_nothing_stays(
    backend: LocalBackend, tmp_path: Path, austen: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers: dict[str, int] = {}
    async with served(backend) as address, http_client(address) as http:

        async def heard(name: str, content: bytes) -> int:
            form = {"model": "plain"}
            answer = await http.post(
                "/api/transcribe_only", data=form, files={"audio": (name, content)}, timeout=ANSWER_SECONDS
            )
            answers[name] = answer.status_code
            if answer.status_code != 200:
                assert answer.json().keys() == {"error", "code"}, name
                assert "Traceback" not in answer.text
                assert str(tmp_path) not in answer.text, name
            return answer.status_code

        for name, content in await asyncio.to_thread(lambda: list(items())):
            await heard(name, content)
        assert await heard("good.wav", austen.read_bytes()) == 200
    assert {name: status for name, status in answers.items() if status not in {200, *REFUSALS}} == {}
    assert sum(status in REFUSALS for status in answers.values()) > 30
    # The answer goes out when the job's row says how it ended; its upload goes a moment after that.
    await eventually(lambda: not list((tmp_path / "spool").iterdir()))
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
