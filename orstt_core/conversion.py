"""Values from outside as the types that they stand for, and msgspec's errors in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from orstt_core.errors import InvalidRequest
from orstt_core.struct_types import complete

T = TypeVar("T")

_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "str": "a text",
    "array": "a list",
    "object": "an object",
}
"""What msgspec calls a type, and what a person calls it."""
_COMPARISONS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_PARTS = {"str": "character", "array": "item", "object": "field"}
UNKNOWN_FIELD = r"Object contains unknown field `(.+)`"
_WORDINGS: Sequence[tuple[str, Callable[[re.Match[str]], str]]] = (
    (r"Expected `(?:int|float)` ([<>]=?) (.+)", lambda m: f"it must be {_COMPARISONS[m[1]]} {m[2].removesuffix('.0')}"),
    (r"Expected `(?:int|float)` that's (a multiple of .+)", lambda m: f"it must be {m[1]}"),
    (r"Expected `(str|array|object)` of length ([<>]=) (\d+)", lambda m: _size_in_words(*m.groups())),
    (r"Expected `str` matching regex (.+)", lambda m: f"it must match the pattern {m[1]}"),
    (r"Expected `([^`]+)`(?:, got `[^`]+`)?", lambda m: f"it must be {_type_in_words(m[1])}"),
    (r"Invalid (?:enum )?value (.+)", lambda m: f"it cannot be {m[1]}"),
    (r"Object missing required field (`.+`)", lambda m: f"the field {m[1]} is missing"),
    (UNKNOWN_FIELD, lambda m: f"there is no field `{m[1]}`"),
    (r"Input data was truncated", lambda _: "its JSON ends too early: a bracket, a brace or a quote is left open"),
)
"""msgspec's sentences, and how they are said to a person."""

TOO_DEEP = "it is nested too deeply"


def in_plain_words(message: str, kind: Any = None, field: str = "") -> str:
    """Return what msgspec says of a value, without its place, as a person says it.

    Args:
        message: what it says.
        kind: the type that the value, or the one around it, should have; with it is said which texts are allowed, and
            which field may be meant.
        field: where in that type the value stands, parted by dots; empty: it is the type's own.
    """
    if kind is not None and (match := re.fullmatch(UNKNOWN_FIELD + "|Invalid enum value .+", message, re.DOTALL)):
        found = list(_at(inspect.type_info(kind), [part for part in field.split(".") if part]))
        if match[1] and (fields := [field.encode_name for each in found for field in _fields(each)]):
            return f"{in_plain_words(message)}; {_meant(match[1], fields)}"
        if not match[1] and (choices := [choice for each in found for choice in _choices(each)]):
            return f"{in_plain_words(message)}, only {_either(choices)}"
    for pattern, say in _WORDINGS:
        if match := re.fullmatch(pattern, message, re.DOTALL):
            return say(match)
    return message


def misfit(error: msgspec.ValidationError, kind: type) -> tuple[str, str]:
    """Return what does not fit this type and the name of the field, parted by dots where it is a field's field.

    The name is empty where the value as a whole does not fit.
    """
    what, _, where = str(error).partition(" - at `$")
    path = re.sub(r"\[[^]]*\]", "", where.rstrip("`")).lstrip(".")
    field = where.rstrip("`").partition("[")[0].lstrip(".")
    return in_plain_words(what, kind, path), field


def convert(values: object, kind: type[T], *, strict: bool = False) -> T:
    """Return a value, or unless `strict` texts that stand for one, as this type.

    Raises:
        InvalidRequest: it does not fit; `field` names what of it.
    """
    try:
        return msgspec.convert(values, complete(kind), strict=strict)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, InvalidRequest):  # said by the type itself
            raise error.__cause__ from None
        what, field = misfit(error, kind)
        sentence = f"{field} does not fit: {what}." if field else f"{what[:1].upper()}{what[1:]}."
        raise InvalidRequest(sentence, field=field) from error


def check_kind(value: object, kind: type[T], name: str, hint: str = "") -> T:
    """Return an argument that must be one of these Structs.

    Raises:
        InvalidRequest: it is something else; `field` is the argument's name.
    """
    if not isinstance(value, kind):
        raise InvalidRequest(
            f"{name} must be a {kind.__name__}, and is a {type(value).__name__}.", hint=hint, field=name
        )
    return value


def check(value: object, kind: Any, field: str) -> Any:
    """Return an argument as this type, of which it may be a limited one.

    Raises:
        InvalidRequest: it does not fit; `field` is the argument's name.
    """
    try:
        return msgspec.convert(value, complete(kind))
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{field} does not fit: {misfit(error, kind)[0]}.", field=field) from error


def parse_json(text: str, kind: type[T], field: str) -> T:
    """Return what a JSON text from outside holds.

    Raises:
        InvalidRequest: it is no JSON, or does not fit; `field` is the given one, in which it came.
    """
    try:
        return msgspec.json.decode(text, type=complete(kind))
    except (msgspec.DecodeError, RecursionError) as error:
        what = TOO_DEEP if isinstance(error, RecursionError) else f"it is no JSON that fits: {error}"
        raise InvalidRequest(f"{field} does not fit: {what}.", field=field) from error


def _size_in_words(kind: str, comparison: str, number: str) -> str:
    return f"it must have {_COMPARISONS[comparison]} {number} {_PARTS[kind]}{'' if number == '1' else 's'}"


def _type_in_words(types: str) -> str:
    """Return `int | null` as a person says it; None is what nobody writes."""
    return " or ".join(_TYPES.get(name, f"`{name}`") for name in types.split(" | ") if name != "null")


def _either(choices: Sequence[str]) -> str:
    """Return `a`, `a or b` or `a, b or c`."""
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def _meant(name: str, fields: Sequence[str]) -> str:
    """Return which of these fields may be meant: the nearest, or where none is near, what there is instead."""
    near = get_close_matches(name, fields, n=1)
    return f"`{near[0]}` may be meant" if near else f"there are {', '.join(f'`{each}`' for each in fields)}"


def _at(described: inspect.Type, path: Sequence[str]) -> Iterator[inspect.Type]:
    """Yield the types that a value may have at a path of fields in a type."""
    match described:
        case inspect.Metadata():
            yield from _at(described.type, path)
        case inspect.UnionType():
            for part in described.types:
                yield from _at(part, path)
        case inspect.ListType() | inspect.VarTupleType():
            yield from _at(described.item_type, path)
        case inspect.StructType() if path:
            for field in described.fields:
                if field.encode_name == path[0]:
                    yield from _at(field.type, path[1:])
        case _:
            yield described


def _fields(described: inspect.Type) -> Sequence[inspect.Field]:
    return described.fields if isinstance(described, inspect.StructType) else ()


def _choices(described: inspect.Type) -> Sequence[str]:
    """Return the texts that a type allows, if it allows just some."""
    return [str(value) for value in described.values] if isinstance(described, inspect.LiteralType) else ()
