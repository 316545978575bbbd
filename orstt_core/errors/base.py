"""OrsttError: the base of every error, with what becomes of it on the wire and at a command's end."""

from __future__ import annotations

from typing import ClassVar


class OrsttError(Exception):
    """Base of every error this program raises on purpose.

    Attributes:
        code: stable machine name, the same in Python, JSON and the exit-code table.
        status: the HTTP status it becomes.
        exit_code: what the command line exits with.
        message: what happened and what it means.
        hint: what to do next; empty when the message says it already.
        field: the request field at fault, if one is.
        versions: of what was changed meanwhile: the one that the request was made on, and the newest.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retry_after: int = 0
    """Seconds after which the same request may well succeed; 0: time alone does not help."""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        field: str = "",
        retry_after: int | None = None,
        versions: tuple[int, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        if retry_after is not None:
            self.retry_after = retry_after
        self.hint = hint
        self.field = field
        self.versions = versions

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # The hint and field are keyword-only: the default reduction would lose them between processes.
        return (_made_again, (type(self), self.message, self.hint, self.field, self.retry_after, self.versions))


def _made_again(
    kind: type[OrsttError], message: str, hint: str, field: str, retry_after: int, versions: tuple[int, ...]
) -> OrsttError:
    return kind(message, hint=hint, field=field, retry_after=retry_after, versions=versions)
