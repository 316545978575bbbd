"""Whoever shows models hears of every change, whichever process makes it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest
from ends import SharedEnds
from serving import eventually

from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import BackendEvent, ModelDraft, ModelsChanged

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_change_of_the_models_is_told_once_whichever_process_makes_it(
    shared_ends: SharedEnds, shared_database_url: str, tmp_path: Path
) -> None:
    backend = shared_ends.ends.backend
    heard: asyncio.Queue[BackendEvent] = asyncio.Queue()

    async def listen() -> None:
        async with aclosing(backend.events()) as events:
            async for event in events:
                if isinstance(event, ModelsChanged):
                    heard.put_nowait(event)

    async def next_reason() -> str:
        async with asyncio.timeout(20):
            event = await heard.get()
        assert isinstance(event, ModelsChanged)
        return event.reason

    listening = asyncio.create_task(listen())
    try:
        await eventually(lambda: shared_ends.core._broadcast.heard)
        await backend.create_model(ModelDraft(name="ours", model="base"))
        assert await next_reason() == "added ours"
        settings = Settings(database_url=shared_database_url, data_dir=tmp_path)
        async with LocalBackend(settings, drain=False) as elsewhere:
            await elsewhere.delete_model("ours")
            assert await next_reason() == "the models were changed elsewhere"
            await elsewhere.create_model(ModelDraft(name="theirs", model="base"))
            assert await next_reason() == "the models were changed elsewhere"
            await backend.delete_model("theirs")
            assert await next_reason() == "removed theirs"
        assert heard.empty()
    finally:
        listening.cancel()
        await asyncio.wait({listening})
        await shared_ends.restore()
