"""Errors as OpenAI's API says them: `{"error": {"message", "type", "param", "code"}}`."""

from __future__ import annotations

import re

from msgspec import Struct

from orstt_core.errors import (
    AudioError,
    EngineUnknown,
    JobCancelled,
    LanguageUnknown,
    ModelNotFound,
    OptionUnsupported,
    OrsttError,
)

BASE = "/v1"
"""Where OpenAI's API stands."""

FIELDS = {
    "audio": "file",
    "format": "response_format",
    "hotwords": "keywords",
    "initial_prompt": "prompt",
    "logprobs": "include",
    "vad_filter": "chunking_strategy",
    "vad_padding_ms": "chunking_strategy",
    "vad_silence_ms": "chunking_strategy",
    "vad_threshold": "chunking_strategy",
    "word_timestamps": "timestamp_granularities",
}
"""What our options are called there."""

SPELT = {ours: theirs for ours, theirs in FIELDS.items() if "_" in ours or ours == "hotwords"}
"""Those of them that are no words of the language, so that a message can only mean the field."""
HINTS = {
    ModelNotFound: f"GET {BASE}/models lists them.",
    JobCancelled: "Send the recording again.",
}
"""What to do there, where our own hint names a command of ours."""

TYPES = {
    401: "authentication_error",
    403: "permission_error",
    429: "rate_limit_error",
}


_OURS = re.compile(rf"\b({'|'.join(SPELT)})\b".replace("_", "[_ ]"))


class OpenAIErrorDetail(Struct, frozen=True, kw_only=True):
    """What went wrong.

    Attributes:
        type: which kind of error, of the few that OpenAI knows.
        param: the field at fault, if one is.
        code: ours (docs/errors.md).
    """

    message: str
    type: str
    param: str | None
    code: str


class OpenAIErrorResponse(Struct, frozen=True, kw_only=True):
    """The body of an answer, or an event, with an error."""

    error: OpenAIErrorDetail


def openai_error(error: OrsttError, status: int | None = None) -> OpenAIErrorResponse:
    """Return the error as OpenAI's clients read it; `status` where HTTP knows better than the error's class."""
    status = status or status_of(error)
    server = status >= 500  # noqa: PLR2004 - where HTTP puts the server's own
    return OpenAIErrorResponse(
        error=OpenAIErrorDetail(
            message=_message(error),
            type="server_error" if server else TYPES.get(status, "invalid_request_error"),
            param=_param(error),
            code=error.code,
        )
    )


def _message(error: OrsttError) -> str:
    """Return what went wrong and what to do, by the names that things have there."""
    hint = HINTS.get(type(error), error.hint) if "`orstt" in error.hint else error.hint
    return _OURS.sub(lambda found: SPELT[found[0].replace(" ", "_")], f"{error.message} {hint}".strip())


def _param(error: OrsttError) -> str | None:
    if isinstance(error, ModelNotFound):
        return "model"
    if isinstance(error, AudioError):
        return FIELDS["audio"]
    return FIELDS.get(error.field, error.field) or None


def status_of(error: OrsttError) -> int:
    """Return the HTTP status: what is wrong with a request or its recording is always 400 there."""
    wrong = isinstance(error, (AudioError, OptionUnsupported, LanguageUnknown, EngineUnknown))
    return 400 if wrong else error.status
