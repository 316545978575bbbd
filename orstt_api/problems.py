"""Errors as the API says them: one place that turns whatever went wrong into an answer.

Under /api/v1 an error is an RFC 9457 problem; everywhere else it is `{"error": "...", "code": "..."}`.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE, HTTP_500_INTERNAL_SERVER_ERROR
from msgspec import Struct

from orstt_api.wire import API, problem_type
from orstt_core.errors import InvalidRequest, NotFound, OrsttError, TooLarge, Unauthorized
from orstt_core.types import Problem

logger = logging.getLogger(__name__)

CLIENT_CLOSED_REQUEST = 499
"""The status shown for a request whose client went away; the client never sees it."""


class ClientGone(Exception):
    """The client closed the connection before it had its answer."""


class Failure(Struct, frozen=True, kw_only=True):
    """An error outside /api/v1."""

    error: str
    """What happened and what to do about it."""
    code: str


def answer_failure(request: Request[Any, Any, Any], failure: Exception) -> Response[Any]:
    """Return the answer to a request that failed; the application's only exception handler."""
    if isinstance(failure, ClientGone):
        return Response(content=None, status_code=CLIENT_CLOSED_REQUEST)
    error, status = _explain(request, failure)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}
    if request.scope["path"] == API or request.scope["path"].startswith(f"{API}/"):
        return Response(
            problem(error, status), status_code=status, media_type="application/problem+json", headers=headers
        )
    return Response(Failure(error=str(error), code=error.code), status_code=status, headers=headers)


def problem(error: OrsttError, status: int | None = None) -> Problem:
    """Return the error as it goes over the wire; `status` where HTTP knows better than the error's class."""
    status = status or error.status
    return Problem(
        type=problem_type(error),
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.message,
        hint=error.hint,
        field=error.field,
    )


def expected(failure: Exception) -> OrsttError:
    """Return the error to tell the client; one that nobody foresaw is logged here and told in general words."""
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
            error = NotFound(f"There is nothing at {path}.", hint="See /schema for what there is.")
        case HTTPException(status_code=status) if status == HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            error = TooLarge("The request's body is larger than this address takes.")
        case ValidationException(extra=[{"message": str(message), "key": str(key)}, *_]):
            error = _misfit(key, message)
        case HTTPException(status_code=status) if status < HTTP_500_INTERNAL_SERVER_ERROR:
            error = InvalidRequest(f"The request cannot be read: {failure.detail}.")
        case _:
            error = expected(failure)
            return error, error.status
    return error, failure.status_code


def _misfit(key: str, message: str) -> InvalidRequest:
    if message == "'data'":  # litestar's way of saying that there is no body
        return InvalidRequest("The request has no body; it takes JSON.")
    if key == "data":
        return InvalidRequest(f"The body does not fit: {message}.")
    return InvalidRequest(f"{key} does not fit: {message}.", field=key)
