"""Tokens that a Google service account signs for itself, so that no other server is asked for one.

https://google.aip.dev/auth/4111 describes them; Google's own clients use them too.
"""

from __future__ import annotations

import base64
import time

import msgspec
from msgspec import Struct

from orstt_core.errors import EngineUnavailable, SettingsError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
LIFETIME = 3600
"""Seconds; longer ones are refused."""


class ServiceAccount(Struct, frozen=True, kw_only=True):
    """What the key file of a service account holds; fields that are not named here are not used."""

    client_email: str
    private_key: str
    private_key_id: str
    project_id: str = ""

    def __repr__(self) -> str:
        return f"ServiceAccount(client_email={self.client_email!r})"


def service_account(text: str | bytes) -> ServiceAccount:
    """Read a key file's content.

    Raises:
        SettingsError: it is none of a service account.
    """
    try:
        return msgspec.json.decode(text, type=ServiceAccount)
    except msgspec.DecodeError:
        # The decoder's own words may hold a part of the key.
        raise SettingsError(
            "What is given as Google credentials is no key file of a service account.",
            hint="Download the account's key as JSON, or use an API key.",
        ) from None


def bearer_token(account: ServiceAccount, now: float | None = None) -> str:
    """Return a token that is good for an hour.

    Raises:
        EngineUnavailable: the library that signs is missing.
        SettingsError: the private key cannot be read.
    """
    issued = int(time.time() if now is None else now)
    header = {"alg": "RS256", "typ": "JWT", "kid": account.private_key_id}
    claims = {
        "iss": account.client_email,
        "sub": account.client_email,
        "scope": SCOPE,
        "iat": issued,
        "exp": issued + LIFETIME,
    }
    text = f"{_encoded(msgspec.json.encode(header))}.{_encoded(msgspec.json.encode(claims))}"
    return f"{text}.{_encoded(_signature(account, text.encode()))}"


def _signature(account: ServiceAccount, text: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError as error:
        raise EngineUnavailable(
            "Signing with a Google service account needs the Python package cryptography.",
            hint="Type: pip install 'orstt[google]', or use an API key.",
        ) from error
    try:
        key = serialization.load_pem_private_key(account.private_key.encode(), password=None)
    except ValueError:
        raise _unreadable() from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise _unreadable()
    signature: bytes = key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    return signature


def _unreadable() -> SettingsError:
    return SettingsError(
        "The private key of the Google service account cannot be read.", hint="Download the account's key anew."
    )


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
