"""How subtitles are laid out: options that the commands share which write them, as `SubtitleOptions` describes them."""

from __future__ import annotations

import functools
from typing import Any

import click
from click.core import ParameterSource

from orstt_core.option_fields import fields_of
from orstt_core.types import SubtitleOptions
from orstt_tui.commands.described_options import described_option
from orstt_tui.commands.options import Function


def subtitle_options(command: Function) -> Function:
    """Give a command these options; it takes `cues`: None where none of them is given, so that a segment is a cue."""
    fields = fields_of(SubtitleOptions)

    @functools.wraps(command)
    def asked(*args: Any, **given: Any) -> Any:
        source_of = click.get_current_context().get_parameter_source
        values = {field.name: given.pop(field.name) for field in fields}
        # By where it comes from: None may be what was asked for, as by `--line-length auto`.
        chosen = {name: value for name, value in values.items() if source_of(name) is ParameterSource.COMMANDLINE}
        return command(*args, cues=SubtitleOptions(**chosen) if chosen else None, **given)

    for field in reversed(fields):
        asked = described_option(field, "")(asked)
    return asked  # type: ignore[return-value]  # the same command but for what click gives it
