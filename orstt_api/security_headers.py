"""Headers that forbid browsers what a page of this server has no use for."""

from __future__ import annotations

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Send

from orstt_api.openai.errors import BASE
from orstt_api.openapi import PAGES
from orstt_api.wire import ASR, DETECT_LANGUAGE

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What every answer carries, unless it has its own."""
PAGES_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)
"""What the documentation's pages may do: use what this server sends, and the script that stands in them."""


def with_security_headers(send: Send, path: str) -> Send:
    """Return what sends the same, the headers added to an answer from this path."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            _add(MutableScopeHeaders.from_message(message), path)
        await send(message)

    return send_with_headers


def _add(headers: MutableScopeHeaders, path: str) -> None:
    for name, value in HEADERS.items():
        headers.setdefault(name, value)
    if path == PAGES or path.startswith(f"{PAGES}/"):
        headers["Content-Security-Policy"] = PAGES_POLICY
    if path.startswith(("/api/", f"{BASE}/", ASR, DETECT_LANGUAGE)):
        headers.setdefault("Cache-Control", "no-store")
