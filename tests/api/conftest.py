"""What the tests of the API share: a scripted backend, served on a real socket, and a client for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from scripted import ScriptedBackend
from serving import http_client, served

from orstt_core.settings import Settings


@pytest.fixture
def backend() -> ScriptedBackend:
    return ScriptedBackend()


@pytest.fixture
async def address(backend: ScriptedBackend) -> AsyncIterator[str]:
    async with served(backend, max_upload_mb=1, max_import_mb=1) as address:
        yield address


@pytest.fixture
async def http(address: str) -> AsyncIterator[httpx2.AsyncClient]:
    async with http_client(address) as client:
        yield client


@pytest.fixture
def uploads() -> Path:
    """The folder that uploads go to while they are needed."""
    folder = Settings().spool
    folder.mkdir(parents=True)
    return folder
