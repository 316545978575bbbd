"""Options that several commands share. Imports click and nothing heavy: `orstt --help` passes here."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orstt_tui.commands.context import CommandContext

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Function = TypeVar("Function", bound=Callable[..., Any])

VERBOSITY = ("info", "debug")
"""The log level by how often -v is given."""


def remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    """Keep an option as the setting of its name; for commands that take settings as options."""
    if value is not None and param.name is not None:
        ctx.ensure_object(CommandContext).overrides[param.name] = value


def _config(_ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        # The environment, so that whatever names the settings file later (`orstt doctor`) means this one.
        os.environ["ORSTT_CONFIG"] = value


def _verbose(ctx: click.Context, _: click.Parameter, times: int) -> None:
    if times:
        ctx.ensure_object(CommandContext).overrides["log_level"] = VERBOSITY[min(times, len(VERBOSITY)) - 1]


def _server_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    from orstt_tui.commands.completions import server_names  # which a command that runs does not need

    return server_names(ctx, param, incomplete)


def global_options(command: Function) -> Function:
    """Give a command the options that lead to its backend: they may stand before and after its name."""
    for option in (
        click.option(
            "-v", "--verbose", count=True, expose_value=False, callback=_verbose, help="Log more; -vv logs everything."
        ),
        click.option(
            "--download/--no-download",
            "allow_download",
            default=None,
            expose_value=False,
            callback=remember,
            help="Whether model files may be fetched from the hub.",
        ),
        click.option(
            "--config", metavar="FILE", expose_value=False, callback=_config, help="The settings file to read."
        ),
        click.option(
            "--remote",
            metavar="SERVER",
            expose_value=False,
            callback=remember,
            shell_complete=_server_names,
            help="Work on this server instead of this machine: its address, or its name (`orstt servers`).",
        ),
    ):
        command = option(command)
    return command


def listening_options(command: Function) -> Function:
    """Give a command that serves the options that say where."""
    for option in (
        click.option(
            "--port",
            type=click.IntRange(0, 65535),
            expose_value=False,
            callback=remember,
            help="Port to listen on; default: the setting port. 0 takes a free one.",
        ),
        click.option(
            "--host",
            metavar="HOST",
            expose_value=False,
            callback=remember,
            help="Address to listen on; default: the setting host. Any but this machine's own needs an API key.",
        ),
    ):
        command = option(command)
    return command


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, one value on one line.")
"""For commands that print what a backend answered."""


def _keep_alive(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    if value == "forever":
        return -1.0
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise click.BadParameter(f"{value!r} is neither a number of seconds nor forever.")
    return seconds


def keep_alive_option(text: str) -> Callable[[Function], Function]:
    """Return the option --keep-alive with this help: seconds, -1 for ever, None where it is not given."""
    return click.option("--keep-alive", callback=_keep_alive, metavar="SECONDS", help=text)
