"""Options by their descriptions: what they are, what a text means as one, and whether values fit.

Invariant: forms, the command line, the OpenAPI document and the capability check learn of an option here alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, inspect

from orstt_core.conversion import convert
from orstt_core.errors import InvalidRequest
from orstt_core.languages import normalize_language
from orstt_core.types.options import HINTS, OptionField, OptionHints, OptionItem, OptionKind, OptionValue
from orstt_core.types.transcription import is_detection

AUTO = "auto"
"""What a person may write for None, where an option is no text of its own: the engine's choice."""

_KINDS: Mapping[type[inspect.Type], tuple[OptionKind, tuple[str, ...]]] = {
    inspect.BoolType: ("flag", ()),
    inspect.IntType: ("integer", ("ge", "gt", "le", "lt", "multiple_of")),
    inspect.FloatType: ("number", ("ge", "gt", "le", "lt", "multiple_of")),
    inspect.StrType: ("text", ("min_length", "max_length", "pattern")),
}
"""What kind of option a type is, and which limits it may have."""
_TYPES: Mapping[OptionKind, type] = {"flag": bool, "integer": int, "number": float, "text": str, "language": str}
_FLAG_TEXTS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""What a person may write for true and false, beside these."""
_MOST_STORED = 2**31 - 1
_LISTS = (inspect.ListType, inspect.VarTupleType)


@cache
def fields_of(kind: type[Struct]) -> tuple[OptionField, ...]:
    """Return the options that a Struct describes, in its order.

    Raises:
        TypeError: a field is neither a text, a number, true or false, one of some texts, nor a list of these; or it
            may be None and has another default.
    """
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    return tuple(_field(kind, field) for field in described.fields)


def struct_of(fields: Iterable[OptionField]) -> type[Struct]:
    """Return a Struct that takes just these options: the reverse of `fields_of`."""
    columns = [(field.name, _type(field), _default(field)) for field in fields]
    return msgspec.defstruct("Options", columns, frozen=True, kw_only=True, forbid_unknown_fields=True)


def unread(field: OptionField, text: str) -> str | list[str]:
    """Return a text as `convert` takes it: that of several values stands for a list, `yes` for `true`."""
    if field.many:
        return [_flag_text(field, part.strip()) for part in text.split(",")]
    return _flag_text(field, text)


def value_of(field: OptionField, text: str) -> Any:
    """Return the value that a person's text stands for.

    Raises:
        InvalidRequest: it does not fit.
        LanguageUnknown: it names no language.
    """
    value = _read(field, text)
    if field.kind == "language" and isinstance(value, str):
        value = normalize_language(value)
    elif field.kind == "language" and value is not None:
        value = [normalize_language(part) for part in value if not is_detection(part)]
    return getattr(convert({field.name: value}, struct_of([field])), field.name)


def checked_values(fields: Iterable[OptionField], given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Return values as their options have them, a text that stands for another value as that.

    What is None or the default is left out.

    Raises:
        InvalidRequest: an option is unknown, or its value does not fit; `field` names it.
    """
    known = {field.name: field for field in fields}
    refuse_unknown(given, known)
    given = {name: value for name, value in given.items() if value is not None}
    raw = {name: _read(known[name], value) if isinstance(value, str) else value for name, value in given.items()}
    fitting = convert(raw, struct_of(known.values()))
    values = {name: _plain(getattr(fitting, name)) for name in sorted(given)}
    return {name: value for name, value in values.items() if value != known[name].default}


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse names that are no option's.

    Raises:
        InvalidRequest: names the first of them and all that there are.
    """
    if unknown := sorted(set(given) - set(known)):
        names = ", ".join(sorted(known))
        raise InvalidRequest(
            f"There is no option called {unknown[0][:60]!r}.",
            hint=f"Options are: {names}." if names else "The engine has none.",
            field=unknown[0][:60],
        )


def refuse_details(options: Struct) -> None:
    """Refuse a detail of an option that is off: it would be passed over without a word.

    Raises:
        InvalidRequest: names the detail.
    """
    for field in fields_of(type(options)):
        if field.detail_of and not getattr(options, field.detail_of) and getattr(options, field.name) is not None:
            raise InvalidRequest(
                f"{field.name} means nothing without {field.detail_of}.",
                hint="Leave one of the two out.",
                field=field.name,
            )


def chosen_options(options: Struct) -> Iterator[tuple[OptionField, str]]:
    """Yield the options that were not left at their defaults, each with its value as a person writes it."""
    for field in fields_of(type(options)):
        value = getattr(options, field.name)
        value = list(value) if isinstance(value, tuple) else value
        if value != field.default:
            yield field, in_words(value)


def explain(field: OptionField) -> str:
    """Return a sentence or two for a person: what it is, what it may be, and what it is when it is not given."""
    parts = [field.description, _limits_in_words(field)]
    if field.many:
        parts.append("Several are separated by commas.")
    if field.default is not False and (default := in_words(field.default)):
        parts.append(f"Default: {default}.")
    return " ".join(part for part in parts if part)


def in_words(value: OptionValue) -> str:
    """Return a value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(in_words, value))
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _flag_text(field: OptionField, text: str) -> str:
    return _FLAG_TEXTS.get(text.strip().lower(), text) if field.kind == "flag" else text


def _read(field: OptionField, text: str) -> str | list[str] | None:
    if field.kind == "language" and not field.many and is_detection(text):
        return None
    return None if field.optional and field.kind != "text" and text.strip() == AUTO else unread(field, text)


def _field(kind: type[Struct], field: inspect.Field) -> OptionField:
    if not field.name.isascii():  # it becomes a flag, a form's field and a widget's id
        raise TypeError(f"{kind.__qualname__}.{field.name} needs a name of plain letters, digits and underscores.")
    schema, hints, described = _unwrapped(field.type)
    optional = isinstance(described, inspect.UnionType) and described.includes_none
    if isinstance(described, inspect.UnionType):
        described = _only(kind, field, described)
    many = isinstance(described, _LISTS)
    list_limits = _set(described, ("min_length", "max_length")) if many else {}
    item = _unwrapped(described.item_type)[2] if isinstance(described, _LISTS) else described
    option_kind, limits, choices = _scalar(kind, field, item)
    default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if default is msgspec.NODEFAULT or (optional and default is not None):
        raise TypeError(f"{kind.__qualname__}.{field.name} needs a default, which is None where it may be None.")
    return OptionField(
        name=field.name,
        kind=hints.kind or option_kind,
        title=schema.get("title") or field.name.replace("_", " ").capitalize(),
        description=schema.get("description", ""),
        default=_plain(default),
        many=many,
        optional=optional,
        choices=choices,
        limits=limits,
        list_limits=list_limits,
        examples=schema.get("examples", []),
        needs=hints.needs,
        flag=hints.flag or field.name.replace("_", "-"),
        detail_of=hints.detail_of,
        common=hints.common,
    )


def _unwrapped(described: inspect.Type) -> tuple[dict[str, Any], OptionHints, inspect.Type]:
    if isinstance(described, inspect.Metadata):
        hints = (described.extra or {}).get(HINTS, OptionHints())
        return described.extra_json_schema or {}, hints, described.type
    return {}, OptionHints(), described


def _only(kind: type[Struct], field: inspect.Field, union: inspect.UnionType) -> inspect.Type:
    """Return what a field may be beside None."""
    kinds = [part for part in union.types if not isinstance(part, inspect.NoneType)]
    if len(kinds) != 1:
        raise _no_option(kind, field)
    return _unwrapped(kinds[0])[2]


def _scalar(
    kind: type[Struct], field: inspect.Field, described: inspect.Type
) -> tuple[OptionKind, dict[str, Any], list[str]]:
    if isinstance(described, inspect.LiteralType) and all(isinstance(value, str) for value in described.values):
        return "choice", {}, [str(value) for value in described.values]
    if type(described) not in _KINDS:
        raise _no_option(kind, field)
    option_kind, limits = _KINDS[type(described)]
    return option_kind, _set(described, limits), []


def _set(described: inspect.Type, names: Iterable[str]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(described, name)) is not None}


def _no_option(kind: type[Struct], field: inspect.Field) -> TypeError:
    return TypeError(
        f"{kind.__qualname__}.{field.name} is no option: one is a text, a number, true or false, one of some texts, or "
        "a list of these."
    )


def _type(field: OptionField) -> Any:
    kind: Any = Literal[tuple(field.choices)] if field.kind == "choice" else _TYPES[field.kind]
    kind = _limited(kind, field.limits)
    if field.many:
        kind = _limited(tuple[kind, ...], field.list_limits)
    return kind | None if field.optional else kind


def _limited(kind: Any, limits: Mapping[str, Any]) -> Any:
    return Annotated[kind, Meta(**limits)] if limits else kind


def _plain(value: Any) -> OptionValue:
    plain: OptionValue = list(value) if isinstance(value, tuple) else value
    return plain


def _default(field: OptionField) -> tuple[OptionItem, ...] | OptionItem | None:
    return tuple(field.default) if isinstance(field.default, list) else field.default


def _limits_in_words(field: OptionField) -> str:
    lower, upper = _bound(field, "ge", "gt"), _bound(field, "le", "lt")
    if lower and upper:
        return f"{lower} to {upper}." if "ge" in field.limits else f"Between {lower} and {upper}."
    if lower:
        return f"At least {lower}." if "ge" in field.limits else f"More than {lower}."
    if upper:
        return f"At most {upper}." if "le" in field.limits else f"Less than {upper}."
    return ""


def _bound(field: OptionField, closed: str, is_open: str) -> str:
    bound = field.limits.get(closed, field.limits.get(is_open))
    # What only keeps a number storable is no limit that a person meets.
    return "" if bound is None or not -_MOST_STORED < float(bound) < _MOST_STORED else f"{bound:g}"
