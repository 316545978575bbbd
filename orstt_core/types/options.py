"""How an option is described: once, beside its type, for every face that asks for it.

A field of a Struct is an option when it is annotated with `described(...)`, or with a plain `msgspec.Meta`.
`orstt_core.option_fields` reads the descriptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Meta, Struct

Capability = Literal[
    "segments",
    "words",
    "language_detection",
    "translate",
    "prompt",
    "hotwords",
    "vad",
    "beam_size",
    "temperature",
    "logprobs",
    "modes",
]
"""What an engine may be able to do beside giving a text."""
OptionKind = Literal["text", "language", "integer", "number", "flag", "choice"]
OptionItem = bool | int | float | str
OptionValue = OptionItem | list[OptionItem] | None
"""What an option may be as JSON."""

HINTS = "option"
"""The key of `OptionHints` in a Meta's `extra`."""


class OptionHints(Struct, frozen=True, kw_only=True):
    """What of an option neither its type nor its title and description say.

    Attributes:
        kind: `language` where a text names one.
        needs: what an engine must be able to do when it is not left at its default; empty: nothing.
        flag: its name on the command line without the hyphens; empty: that of the field.
        detail_of: the option that must be on for this one to mean anything; empty: none.
        common: a form shows it at once, others when they are asked for.
    """

    kind: OptionKind | None = None
    needs: Capability | Literal[""] = ""
    flag: str = ""
    detail_of: str = ""
    common: bool = False


class OptionField(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An option as data: enough to ask for it, to check a value and to explain it.

    Attributes:
        title: what a form calls it, in a few words.
        description: one sentence or two for a person.
        default: its value where none is given.
        many: it takes several values of its kind, in order.
        optional: it may be None, which is then its default: the engine decides.
        choices: the texts that one of kind `choice` may be.
        limits: of one value, by the names that `msgspec.Meta` gives them: ge, gt, le, lt, min_length, …
        list_limits: `min_length` and `max_length` of the list, where it takes several.
        needs, flag, detail_of, common: see `OptionHints`.
    """

    name: str
    kind: OptionKind
    title: str
    description: str = ""
    default: OptionValue = None
    many: bool = False
    optional: bool = False
    choices: list[str] = []
    limits: dict[str, float | int | str] = {}
    list_limits: dict[str, int] = {}
    examples: list[OptionValue] = []
    needs: str = ""
    flag: str = ""
    detail_of: str = ""
    common: bool = False


def described(
    title: str,
    description: str,
    *,
    examples: Sequence[OptionValue] = (),
    kind: OptionKind | None = None,
    needs: Capability | Literal[""] = "",
    flag: str = "",
    detail_of: str = "",
    common: bool = False,
) -> Meta:
    """Describe an option for `Annotated`; what the hints mean is said at `OptionHints`."""
    hints = OptionHints(kind=kind, needs=needs, flag=flag, detail_of=detail_of, common=common)
    return Meta(title=title, description=description, examples=list(examples) or None, extra={HINTS: hints})
