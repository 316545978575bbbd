"""Errors as the API says them: one place that turns whatever went wrong into an answer.

Under /api/v1 and /api/jobs an error is an RFC 9457 problem, under /v1 as OpenAI has it; everywhere else it is
`{"error": "...", "code": "..."}`, with `detail` beside it at the addresses of whisper-asr-webservice.
"""

from __future__ import annotations

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import (
    ClientException,
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE, HTTP_500_INTERNAL_SERVER_ERROR
from msgspec import Struct

from orstt_api.client_connection import ClientDisconnected
from orstt_api.openai.errors import BASE, openai_error, status_of
from orstt_api.wire import API, ASR, DETECT_LANGUAGE, JOBS, NOT_FOUND_PREFIX, PROBLEM_TYPE
from orstt_core.conversion import TOO_DEEP, in_plain_words
from orstt_core.errors import InvalidRequest, MediaTypeUnsupported, NotFound, OrsttError, TooLarge, Unauthorized
from orstt_core.types import problem

logger = logging.getLogger(__name__)

JSON_TYPES = frozenset({"", "application/json"})
"""What a client may say of a body of JSON: it may say nothing. One that can be read is taken whatever is said of it."""
CLIENT_CLOSED_REQUEST = 499
"""The status shown for a request whose client went away; the client never sees it."""


class DashboardError(Struct, frozen=True, kw_only=True):
    """An error of the dashboard's API."""

    error: str
    """What happened and what to do about it."""
    code: str


class AsrError(DashboardError, frozen=True, kw_only=True):
    """An error of whisper-asr-webservice's API."""

    detail: str
    """The same as `error`, by the name that FastAPI gives it, in which that service is written."""


def error_response(request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
    """Return the answer to a request that failed; the application's only exception handler."""
    # Litestar's own word for a body that broke off.
    gone = isinstance(failure, InternalServerException) and failure.detail == "client disconnected prematurely"
    if gone or isinstance(failure, ClientDisconnected):
        return Response(content=None, status_code=CLIENT_CLOSED_REQUEST)
    error, status = _explain(request, failure)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}
    if error.retry_after:
        headers["Retry-After"] = str(error.retry_after)
    if f"{request.scope['path']}/".startswith(f"{BASE}/"):
        status = status_of(error) if status == error.status else status
        # Its clients try again by themselves, sending all of the recording anew.
        headers["X-Should-Retry"] = "true" if error.retry_after else "false"
        return Response(openai_error(error, status), status_code=status, headers=headers)
    if f"{request.scope['path']}/".startswith((f"{API}/", f"{JOBS}/")):
        return Response(problem(error, status), status_code=status, media_type=PROBLEM_TYPE, headers=headers)
    body = DashboardError(error=str(error), code=error.code)
    if request.scope["path"].rstrip("/") in (ASR, DETECT_LANGUAGE):
        body = AsrError(error=body.error, code=body.code, detail=body.error)
    return Response(body, status_code=status, headers=headers)


def client_error(failure: Exception) -> OrsttError:
    """Return the error as the client may read it; an unforeseen one is logged here and becomes a general one."""
    if isinstance(failure, OrsttError):
        return failure
    logger.error("A request failed unexpectedly.", exc_info=failure)
    return OrsttError("Something went wrong inside the server.", hint="Its log says what.")


def _explain(request: Request[Any, Any, Any], failure: Exception) -> tuple[OrsttError, int]:
    path, method = request.scope["path"], request.scope["method"]
    match failure:
        case MethodNotAllowedException():
            error: OrsttError = InvalidRequest(f"{path} does not take {method}.", hint="See /schema for what it takes.")
        case NotFoundException():
            error = NotFound(f"{NOT_FOUND_PREFIX} {path}.", hint="See /schema for what there is.")
        case HTTPException(status_code=status) if status == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            error = TooLarge("The request's body is larger than this address takes.")
        case RecursionError():  # msgspec's, of a body; nothing of ours goes deep
            return InvalidRequest(f"The body does not fit: {TOO_DEEP}."), InvalidRequest.status
        case ValidationException(extra=[{"message": str(message), "key": str(key)}, *_]):
            error = _validation_error(request, key, message)
        case ClientException(status_code=400, extra=None) if request.content_type[0] not in JSON_TYPES:
            unsupported = MediaTypeUnsupported(
                "The body is of another kind than this address takes.", hint="Send it as application/json."
            )
            return unsupported, unsupported.status
        case HTTPException(status_code=status) if status < HTTP_500_INTERNAL_SERVER_ERROR:
            error = InvalidRequest(f"The request cannot be read: {in_plain_words(failure.detail)}.")
        case _:
            error = client_error(failure)
            return error, error.status
    return error, failure.status_code


def _validation_error(request: Request[Any, Any, Any], key: str, message: str) -> InvalidRequest:
    if message == "'data'":  # litestar's way of saying that there is no body
        return InvalidRequest("The request has no body; it takes JSON.")
    body = request.route_handler.parsed_data_field
    kind = body.annotation if body else None
    if key == "data":
        return InvalidRequest(f"The body does not fit: {in_plain_words(message, kind)}.")
    what = in_plain_words(message, kind, key)
    return InvalidRequest(f"{key} does not fit: {what}.", field=key)
