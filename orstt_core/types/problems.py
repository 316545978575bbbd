"""Problem: an error on the wire and in the database."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.errors import OrsttError, from_wire

PREFIX = "orstt:"


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error (RFC 9457, with our code and hint). `type` is `orstt:<code>`.

    Attributes:
        retry_after: seconds after which the same request may well succeed; absent: time alone does not help.
        versions: of what was changed meanwhile: the one that the request was made on, and the newest.
    """

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    field: str = ""
    retry_after: int = 0
    versions: tuple[int, ...] = ()

    @property
    def error(self) -> OrsttError:
        """The error again."""
        code, retry_after = self.type.removeprefix(PREFIX), self.retry_after or None
        return from_wire(code, self.detail, self.hint, self.field, retry_after, self.versions)


def problem(error: OrsttError, status: int | None = None) -> Problem:
    """Return the error as it travels; `status` where HTTP knows better than the error's class."""
    from http import HTTPStatus  # no program starts with an error

    status = status or error.status
    return Problem(
        type=f"{PREFIX}{error.code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=error.message,
        hint=error.hint,
        field=error.field,
        retry_after=error.retry_after,
        versions=error.versions,
    )
