"""--preset: what a command's options are where the command line does not say otherwise."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from orstt_core.errors import InvalidRequest
from orstt_core.option_fields import fields_of
from orstt_core.types import TranscribeOptions
from orstt_tui.presets import preset_named, read_presets

GIVEN = frozenset({ParameterSource.COMMANDLINE, ParameterSource.DEFAULT_MAP})
"""Where an option comes from that somebody asked for: on the command line, or by a preset."""


def preset_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the presets, for a shell."""
    found = read_presets()[0].values()
    return [CompletionItem(each.name, help=each.words) for each in found if each.name.startswith(incomplete)]


preset_argument = click.argument("name", shell_complete=preset_names)
"""The name of a preset."""


def preset_option(prefix: str) -> Any:
    """Return the option.

    Args:
        prefix: of the names that the options of a transcription have in Python.
    """

    def take(ctx: click.Context, param: click.Parameter, name: str | None) -> None:
        if name is None:
            return
        try:
            preset = preset_named(name)
        except InvalidRequest as error:
            raise click.BadParameter(str(error), ctx, param) from None
        many = {field.name for field in fields_of(TranscribeOptions) if field.many}
        options = {prefix + key: [value] if key in many else value for key, value in preset.options.items()}
        kept = {key: value for key, value in (("model", preset.model), ("form", preset.format)) if value}
        ctx.default_map = {**(ctx.default_map or {}), **options, **kept}

    return click.option(
        "--preset",
        metavar="NAME",
        is_eager=True,
        expose_value=False,
        callback=take,
        shell_complete=preset_names,
        help="Options kept under this name (`orstt presets`); those given beside it go before them.",
    )
