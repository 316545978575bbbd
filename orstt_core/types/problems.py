"""Problem: an error on the wire and in the database."""

from __future__ import annotations

from http import HTTPStatus

from msgspec import Struct

from orstt_core.errors import OrsttError, from_wire

PREFIX = "orstt:"


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error (RFC 9457, with our code and hint). `type` is `orstt:<code>`.

    Attributes:
        retry_after: seconds after which the same request may well succeed; absent: time alone does not help.
    """

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    field: str = ""
    retry_after: int = 0

    @property
    def error(self) -> OrsttError:
        """The error again."""
        return from_wire(self.type.removeprefix(PREFIX), self.detail, self.hint, self.field, self.retry_after or None)


def problem(error: OrsttError, status: int | None = None) -> Problem:
    """Return the error as it travels; `status` where HTTP knows better than the error's class."""
    status = status or error.status
    return Problem(
        type=f"{PREFIX}{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.message,
        hint=error.hint,
        field=error.field,
        retry_after=error.retry_after,
    )
