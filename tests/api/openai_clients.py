"""OpenAI's own clients, pointed at a server under test; their package takes a second to import."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI, OpenAI

CLIP = ("clip.wav", b"sound")


def async_client(address: str, key: str = "unused") -> AsyncOpenAI:
    """The asynchronous client; it repeats no request, and reads no certificates, which takes most of a test's time."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    transport = DefaultAsyncHttpxClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return AsyncOpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0, http_client=transport)


def sync_client(address: str, key: str = "unused") -> OpenAI:
    """The synchronous client, as anyone would make it."""
    from openai import OpenAI

    return OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0)


def client_error(name: str) -> type[APIStatusError]:
    """The clients' error of this name."""
    import openai

    error: type[APIStatusError] = getattr(openai, name)
    return error
