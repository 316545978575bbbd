"""Options of the command line that are described elsewhere, as `orstt_core.option_fields` reads them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import click
from click.shell_completion import CompletionItem

from orstt_core.errors import InvalidRequest, LanguageUnknown
from orstt_core.option_fields import explain, value_of
from orstt_core.types.options import OptionField
from orstt_tui.commands.completions import languages
from orstt_tui.commands.options import Function

METAVARS = {"language": "code", "integer": "number", "number": "number"}


class OptionText(click.ParamType[Any]):
    """The text of an option that is described elsewhere; becomes its value."""

    def __init__(self, field: OptionField) -> None:
        self._field = field
        self.name = METAVARS.get(field.kind, "text")

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        """Return the languages, where it is one."""
        return languages(incomplete) if self._field.kind == "language" else []

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Return the value, checked against its description."""
        if not isinstance(value, str):
            return value
        try:
            return value_of(self._field, value)
        except LanguageUnknown:
            raise  # says more than that the value does not fit
        except InvalidRequest as error:
            self.fail(error.message, param, ctx)


def described_option(field: OptionField, prefix: str) -> Callable[[Function], Function]:
    """Return the option of the command line for one that is described elsewhere.

    Whether it was given its value does not tell: None may be what was asked for.

    Args:
        field: its description.
        prefix: what goes before its name in Python.
    """
    flag, name, text = f"--{field.flag}", prefix + field.name, explain(field)
    if field.kind == "flag":
        both = field.default or field.optional
        return click.option(f"{flag}/--no-{field.flag}" if both else flag, name, is_flag=True, default=None, help=text)
    if field.many:
        return click.option(flag, name, type=OptionText(field), multiple=True, callback=_joined, help=text)
    kind = click.Choice(field.choices) if field.kind == "choice" else OptionText(field)
    return click.option(flag, name, type=kind, help=text)


def _joined(_ctx: click.Context, _param: click.Parameter, values: tuple[tuple[object, ...], ...]) -> tuple[object, ...]:
    return tuple(chain.from_iterable(values))
