"""`orstt servers`: servers kept by name, with their keys, for `--remote NAME` and the terminal program."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orstt_core.errors import FileProblem
from orstt_tui.commands import output
from orstt_tui.commands.completions import server_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option

if TYPE_CHECKING:
    from orstt_core.settings import Settings
    from orstt_tui.servers import Answer

NO_KEY = "none"


@click.group
@global_options
def servers() -> None:
    """Keep servers by name, to be worked on by `--remote NAME`."""


@servers.command("list")
@json_option
@global_options
def list_servers(*, as_json: bool) -> None:
    """List the servers that are kept, and where their keys are."""
    from orstt_tui.server_keys import place_of_key
    from orstt_tui.servers import LOCAL, known_servers

    found = known_servers()
    if as_json:
        output.write_json(found)
        return
    rows = [(each.name, each.address, place_of_key(each.name) or NO_KEY) for each in found]
    output.write_table([("NAME", "ADDRESS", "KEY"), (LOCAL, "this machine", NO_KEY), *rows])


@servers.command("add")
@click.argument("name")
@click.argument("address")
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="The file that its key stands in, - for standard input; without it, a terminal is asked.",
)
@click.option("--no-test", is_flag=True, help="Keep it although it may not answer now.")
@click.option("--replace", is_flag=True, help="Change one that is kept; its key stays unless another is given.")
@json_option
@global_options
@click.pass_obj
def add_server(
    context: CommandContext,
    *,
    name: str,
    address: str,
    key_file: str | None,
    no_test: bool,
    replace: bool,
    as_json: bool,
) -> None:
    """Keep a server by NAME, if it answers at ADDRESS and takes the key."""
    from orstt_tui.server_keys import place_of_key, read_key
    from orstt_tui.servers import add_server as keep
    from orstt_tui.servers import check_server

    server = check_server(name, address, changed=replace)
    key = _key(key_file) or (read_key(server.name) if replace else "")
    answer = None if no_test else _ask(context, _reaching(context.settings, server.address, key))
    keep(server.name, server.address, key, changed=replace)
    if as_json:
        output.write_json(server)
        return
    place = place_of_key(name)
    where = {"keyring": "; its key is in the keyring", "file": "; its key is in a file that only you can read"}
    output.write(f"{server.name} is kept{where.get(place, ', without a key')}.\n")
    if answer is not None:
        output.write(_said(answer))


@servers.command("remove")
@click.argument("names", metavar="NAME...", nargs=-1, required=True, shell_complete=server_names)
@json_option
@global_options
def remove_servers(*, names: tuple[str, ...], as_json: bool) -> None:
    """Keep servers, and their keys, no more; nothing happens on the servers."""
    from orstt_tui.servers import remove_server

    for name in names:
        server = remove_server(name)
        if as_json:
            output.write_json(server)
        else:
            output.write(f"{server.name} is kept no more.\n")


@servers.command("test")
@click.argument("name", shell_complete=server_names)
@json_option
@global_options
@click.pass_obj
def test_server(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Say whether a server answers, and what its key may do there."""
    from msgspec.structs import replace

    answer = _ask(context, replace(context.settings, remote=name))
    if as_json:
        output.write_json(answer)
    else:
        output.write(_said(answer))


def _reaching(settings: Settings, address: str, key: str) -> Settings:
    from msgspec.structs import replace

    return replace(settings, remote=address, api_key=key)


def _ask(context: CommandContext, settings: Settings) -> Answer:
    import asyncio

    from orstt_tui.servers import ask

    return asyncio.run(ask(partial(context.backend, settings)))


def _said(answer: Answer) -> str:
    from orstt_tui.servers import in_words

    return "".join(f"{fact:9} {output.one_line(value)}\n" for fact, value in in_words(answer).items())


def _key(file: str | None) -> str:
    """Return the key: from a file, or asked for once where somebody is there to answer."""
    if file is None:
        if not (sys.stdin is not None and sys.stdin.isatty()):
            return ""
        asked: str = click.prompt("Key (empty: none)", default="", hide_input=True, show_default=False, err=True)
        return asked.strip()
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(f"{file} cannot be read: {error}.") from error
    return text.strip()
