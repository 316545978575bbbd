"""OpenAI's own clients, pointed at a server under test."""

from __future__ import annotations

import ssl

from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAI

CLIP = ("clip.wav", b"sound")


def async_client(address: str, key: str = "unused") -> AsyncOpenAI:
    """The asynchronous client; it repeats no request, and reads no certificates, which takes most of a test's time."""
    transport = DefaultAsyncHttpxClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return AsyncOpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0, http_client=transport)


def sync_client(address: str, key: str = "unused") -> OpenAI:
    """The synchronous client, as anyone would make it."""
    return OpenAI(base_url=f"{address}/v1", api_key=key, max_retries=0)
