"""The form of a notice: Standard Webhooks (standardwebhooks.com), so that its libraries can verify it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

from orstt_core.db.notices import Notice
from orstt_core.errors import SettingsError
from orstt_core.types import to_json

PREFIX = "whsec_"
SHORTEST = 24
"""Bytes that a secret has at least, by the standard."""
SHORTEST_TEXT = 32


def signing_key(secret: str) -> bytes:
    """Return the bytes that a secret stands for.

    Raises:
        SettingsError: it is too short, or no base64 behind its prefix.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True) if secret.startswith(PREFIX) else b""
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) and len(secret) >= SHORTEST_TEXT:
        key = secret.encode()
    if len(key) < SHORTEST:
        raise SettingsError(
            f"The setting webhook_secret needs {SHORTEST_TEXT} characters or more, or {PREFIX} and base64.",
            hint='For example: python3 -c "import secrets; print(secrets.token_urlsafe(32))"',
            field="webhook_secret",
        )
    return key


def message(notice: Notice, key: bytes) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a notice, signed now."""
    data: dict[str, Any] = {
        "id": notice.job,
        "state": notice.state,
        "attempt": notice.attempt,
        "finished_at": notice.finished_at,
    }
    ended = {"type": f"job.{notice.state}", "timestamp": notice.finished_at, "data": data}
    body = notice.body.encode() or to_json(ended)
    stamp = str(int(datetime.now(UTC).timestamp()))
    signed = hmac.new(key, f"{notice.id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    headers = {
        "content-type": "application/json",
        "user-agent": "orstt",
        "webhook-id": notice.id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
    return headers, body
