"""Signatures of requests to AWS, version 4, as AWS's own clients make them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html describes them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec import Struct

ALGORITHM = "AWS4-HMAC-SHA256"


class AwsCredentials(Struct, frozen=True, kw_only=True):
    """Who asks: a long-lived key, or with `session_token` a passing one."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""

    def __repr__(self) -> str:
        return f"AwsCredentials(access_key_id={self.access_key_id!r})"


def signed_headers(
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: AwsCredentials,
    *,
    region: str,
    service: str,
    method: str = "POST",
    now: datetime | None = None,
) -> dict[str, str]:
    """Return a request's headers with those that sign it.

    Args:
        url: with neither a query nor characters in its path that would have to be quoted.
        headers: all of them are signed, and `host`.
        body: the bytes that are sent.
        credentials: of the caller.
        region: e.g. `us-east-1`.
        service: e.g. `transcribe`.
        method: in capital letters.
        now: the time of the request, default: this moment. AWS takes what is five minutes old at most.
    """
    moment = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    given = {name.lower(): value.strip() for name, value in headers.items()}
    given |= {"host": parts.netloc, "x-amz-date": moment}
    if credentials.session_token:
        given["x-amz-security-token"] = credentials.session_token
    names = ";".join(sorted(given))
    lines = [f"{name}:{given[name]}\n" for name in sorted(given)]
    canonical = "\n".join([method, parts.path or "/", "", "".join(lines), names, _digest(body)])
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([ALGORITHM, moment, scope, _digest(canonical.encode())])
    signature = hmac.new(_key(credentials, scope), text.encode(), hashlib.sha256).hexdigest()
    given["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return given


def _key(credentials: AwsCredentials, scope: str) -> bytes:
    """Return the key for one day, region and service."""
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
