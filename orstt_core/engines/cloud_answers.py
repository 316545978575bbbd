"""What an engine that sends sound asks over HTTP, what comes back, and what a refusal means for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

import msgspec

from orstt_core.errors import Busy, EngineFailed, EngineUnavailable, OrsttError, TooLarge

T = TypeVar("T")
LONGEST_RETRY_AFTER = 86_400.0


class Request(NamedTuple):
    """What is sent.

    Attributes:
        content: the body, as it is.
        fields: of a form, in order; a name may come several times.
        files: of a form: name -> file name, bytes and media type.
        also_answers: statuses that are no error, beside those of success.
    """

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = {}
    params: Mapping[str, str] = {}
    content: bytes | None = None
    fields: Sequence[tuple[str, str]] = ()
    files: Mapping[str, tuple[str, bytes, str]] = {}
    also_answers: Collection[int] = ()


class Answer(NamedTuple):
    """What came back: the names of its headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self, service: str) -> Any:
        """Return the body as JSON.

        Raises:
            EngineFailed: it is none.
        """
        return self.decoded(Any, service)

    def decoded(self, kind: type[T], service: str) -> T:
        """Return the body, which is JSON, as a Struct.

        Raises:
            EngineFailed: it is no JSON, or not of that kind.
        """
        with documented(service):
            return msgspec.json.decode(self.body, type=kind)


@contextmanager
def documented(service: str) -> Iterator[None]:
    """Read a service's answer as it is documented.

    Raises:
        EngineFailed: it is another one.
    """
    try:
        yield
    except (msgspec.DecodeError, ValueError) as error:
        raise EngineFailed(
            f"{service} answered otherwise than it documents: {error}.",
            hint="It may be charged for all the same, so it is not asked again.",
        ) from error


def is_throttled(answer: Answer) -> bool:
    """Return whether a request was refused before anything was done for it.

    RFC 6585 has it so for 429, and RFC 9110 for a 503 that says when to come back.
    """
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "retry-after" in answer.headers
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS


def explained(place: str, answer: Answer, said: str, credentials: Sequence[str] = ()) -> OrsttError:
    """Return what an answer means that is none of success, for a person.

    Args:
        place: who answered, as `OpenAI at api.openai.com`.
        answer: that which was given.
        said: its own words, without secrets.
        credentials: the settings that the service knows us by.
    """
    quoted = f" It says: {said}" if said else ""
    if is_throttled(answer):
        return Busy(f"{place} takes no more just now.{quoted}", retry_after=max(1, round(retry_after(answer))))
    match answer.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:  # what it says may hold a part of the key: not quoted
            hint = f"Mend {' or '.join(f'ORSTT_{name.upper()}' for name in credentials)}." if credentials else ""
            problem: OrsttError = EngineUnavailable(f"{place} refuses the key, or what is asked with it.", hint=hint)
        case HTTPStatus.PAYMENT_REQUIRED:
            problem = EngineUnavailable(f"{place} wants to be paid first.{quoted}")
        case HTTPStatus.NOT_FOUND:
            hint = "Mend the model's name or options: `orstt models update`."
            problem = EngineUnavailable(f"{place} knows no such model or address.{quoted}", hint=hint)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            problem = TooLarge(f"{place} takes no recording of that size.{quoted}")
        case status if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            problem = EngineFailed(f"{place} sends on to another address, which is not followed.")
        case status:
            problem = EngineFailed(f"{place} failed with HTTP status {status}.{quoted}")
    return problem


def retry_after(answer: Answer) -> float:
    """Return the seconds after which to come back, as RFC 9110 writes them, a day at most; 0: it does not say."""
    value = answer.headers.get("retry-after", "")
    with suppress(ValueError):
        return min(max(0.0, float(value)), LONGEST_RETRY_AFTER)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    return 0.0
