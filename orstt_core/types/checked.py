"""Checked: what is asked for is refused where it is written, so that it is refused alike near and far."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, get_type_hints

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from orstt_core.conversion import convert
from orstt_core.errors import InvalidRequest


class Checked(Struct, frozen=True):
    """A Struct whose values are checked when it is made in Python, as they are when it is read from JSON.

    Raises:
        InvalidRequest: a value does not fit; `field` names it.
    """

    checked_by_hand: ClassVar[frozenset[str]] = frozenset()
    """Fields that the class looks at itself."""

    labels: ClassVar[frozenset[str]] = frozenset()
    """Fields that are shown only, such as names on disk: they may hold bytes that are no text."""

    def __post_init__(self) -> None:
        twin = _twin(type(self))
        values = {name: getattr(self, name) for name in twin.__struct_fields__}
        for name, fitting in _fields(convert(values, twin, strict=True)).items():
            # A list for a tuple, a whole number for a fraction. Others stay the objects that they are, by which a
            # default is left out of JSON.
            if type(fitting) is not type(values[name]):
                force_setattr(self, name, fitting)
            if name not in self.labels:
                _refuse_broken_text(name, fitting)


@cache
def _twin(kind: type[Checked]) -> type[Struct]:
    """Return a Struct with the same fields that can be converted to without checking once more."""
    hints = get_type_hints(kind, include_extras=True)
    names = [name for name in kind.__struct_fields__ if name not in kind.checked_by_hand]
    return msgspec.defstruct(kind.__name__, [(name, hints[name]) for name in names])


def _refuse_broken_text(field: str, value: object) -> None:
    """Refuse half of a character (a surrogate without its other half), which is neither sent nor stored anywhere."""
    texts = value if isinstance(value, list | tuple) else [value]
    try:
        for text in texts:
            if isinstance(text, str):
                text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"The text of {field} has half of a character, which is no text.", field=field) from error


def _fields(struct: Struct) -> Mapping[str, Any]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}
