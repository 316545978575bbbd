"""`orstt`: the command line. Imports click and nothing heavier, so that help is there at once.

A command's module is imported when that command is called. `COMMANDS` therefore holds what `orstt --help`
shows of each; a test compares it with the commands themselves.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from orstt_core.termination import termination_signals
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS: dict[str, tuple[str, str]] = {
    "transcribe": ("orstt_tui.commands.transcribe:transcribe", "Turn recordings into text."),
    "watch": ("orstt_tui.commands.watch:watch", "Transcribe recordings as they appear in a folder."),
    "jobs": ("orstt_tui.commands.jobs.group:jobs", "Submit recordings to be transcribed later, and look after them."),
    "audio": ("orstt_tui.commands.audio:audio", "Write the sound of a job's recording, or a part of it."),
    "models": ("orstt_tui.commands.models:models", "List, add, change, check, activate, fetch and remove models."),
    "vocabulary": (
        "orstt_tui.commands.vocabulary:vocabulary",
        "Keep lists of words to expect, such as names and drugs.",
    ),
    "presets": ("orstt_tui.commands.presets:presets", "Keep named sets of options for transcriptions."),
    "ps": ("orstt_tui.commands.loaded:ps", "List the models in memory."),
    "load": ("orstt_tui.commands.loaded:load", "Load a model into memory."),
    "unload": ("orstt_tui.commands.loaded:unload", "Unload a model, giving its memory back."),
    "tune": (
        "orstt_tui.commands.tune:tune",
        "Find and store the fastest setting of a model, where it runs.",
    ),
    "stats": (
        "orstt_tui.commands.stats:stats",
        "Show how fast, large and sure models were at work.",
    ),
    "bench": ("orstt_tui.commands.bench.group:bench", "Measure models on your own recordings."),
    "experiments": ("orstt_tui.commands.experiments.group:experiments", "Try a second model on live work."),
    "types": ("orstt_tui.commands.engines:types", "List the speech engines and whether each runs here."),
    "serve": ("orstt_tui.commands.serve:serve", "Offer all of this over HTTP."),
    "web": ("orstt_tui.commands.web:web", "Offer this program as a page in the browser."),
    "purge": ("orstt_tui.commands.purge:purge", "Remove the transcripts and recordings of ended jobs."),
    "keys": ("orstt_tui.commands.keys:keys", "Create, list and revoke the API keys of a server."),
    "audit": ("orstt_tui.commands.audit:audit", "List who did what to models and jobs."),
    "settings": ("orstt_tui.commands.settings:settings", "List the settings, and change the settings file."),
    "servers": ("orstt_tui.commands.servers:servers", "Keep servers by name, to be worked on by `--remote NAME`."),
    "completion": (
        "orstt_tui.commands.completion:completion",
        "Print the script with which a shell completes commands.",
    ),
    "man": ("orstt_tui.commands.man:man", "Print the manual page of all commands."),
    "doctor": ("orstt_tui.commands.doctor:doctor", "Say what works here, what is missing and what mends it."),
}
"""Name -> (where the command is, its short help), in the order of the help."""


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        if cmd_name not in COMMANDS:
            if ctx.resilient_parsing:  # a shell that completes wants no message
                return None
            raise click.exceptions.NoSuchCommand(
                cmd_name, f"There is no command {cmd_name!r}.", possibilities=COMMANDS, ctx=ctx
            )
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return what may follow `orstt`, without importing any command."""
        from click.shell_completion import CompletionItem

        names = [
            CompletionItem(name, help=summary) for name, (_, summary) in COMMANDS.items() if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C ends it as a failure of its own."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise output.Interrupted("stopped.") from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        """Write the list of commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click calls it so
    if wanted:
        from orstt_core import __version__

        click.echo(f"orstt {__version__}")
        ctx.exit()


@click.group(
    "orstt",
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Without a command, orstt opens in the terminal. Exit codes and all options: docs/cli.md.",
)
@click.option(
    "--api",
    metavar="[HOST:PORT]",
    is_flag=False,
    flag_value="",
    help="Serve the HTTP API from the terminal program too (default address: the settings host and port).",
)
@click.option("--plain", is_flag=True, help="Work line by line, for screen readers and terminals that draw nothing.")
@global_options
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version and exit."
)
@click.pass_context
def cli(ctx: click.Context, *, api: str | None, plain: bool) -> int | None:
    """Speech to text with models you manage, on this machine or on a server."""
    if plain and (api is not None or ctx.invoked_subcommand is not None):
        ctx.fail("--plain stands alone; what comes behind it is typed line by line.")
    if plain:
        return _open_plain(ctx.obj)
    if ctx.invoked_subcommand is None:
        from orstt_tui.commands.terminal import open_terminal

        return open_terminal(ctx.obj, api, plain=_open_plain)
    if api is not None:
        ctx.fail("--api belongs to the terminal program, which opens without a command; see `orstt serve --help`.")
    return None


def _open_plain(context: CommandContext) -> int:
    from orstt_tui.commands.plain.program import open_plain

    return open_plain(context, cli, run)


def main() -> int:
    """Run the command that the process was called with and return its exit code."""
    # What a termination interrupts cleans up behind itself, as after Ctrl-C: no recording stays in a temporary file.
    for number in termination_signals():
        signal.signal(number, _terminated)
    for stream in (sys.stdout, sys.stderr):
        output.accept_any_text(stream)
    return run(sys.argv[1:])


def run(args: Sequence[str], context: CommandContext | None = None) -> int:
    """Run one command and return its exit code; a failure becomes one line on standard error.

    Args:
        args: the arguments, without the program's name.
        context: where the backend comes from; None leaves it to the settings.
    """
    try:
        code: int | None = cli.main(args, prog_name="orstt", standalone_mode=False, obj=context or CommandContext())
    except Exception as error:  # noqa: BLE001 - the last place: whatever it is becomes one line, never a traceback
        return output.fail(error)
    return code or 0


def _terminated(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
