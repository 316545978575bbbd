"""Values from outside as the types that they stand for, and msgspec's errors in words."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from orstt_core.errors import InvalidRequest

T = TypeVar("T")


def misfit(error: msgspec.ValidationError) -> tuple[str, str]:
    """Return what does not fit and the name of the field, parted by dots where it is a field's field.

    The name is empty where the value as a whole does not fit.
    """
    what, _, where = str(error).partition(" - at `$")
    return what, where.rstrip("`").partition("[")[0].lstrip(".")


def convert(values: object, kind: type[T]) -> T:
    """Return a value, or texts that stand for one, as this type.

    Raises:
        InvalidRequest: it does not fit; `field` names what of it.
    """
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        what, field = misfit(error)
        raise InvalidRequest(f"{field} does not fit: {what}." if field else f"{what}.", field=field) from error
