"""`orstt settings`: what is set, by whom, and what for; changed in the settings file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orstt_core.errors import InvalidRequest
from orstt_tui.commands import output
from orstt_tui.commands.completions import setting_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option

if TYPE_CHECKING:
    from orstt_core.settings.listing import Setting

FROM_START = "programs that run have it from their next start"
OTHERS = "Settings of a server are changed on its machine."


@click.group
@global_options
def settings() -> None:
    """List the settings, and change the settings file."""


@settings.command("list")
@json_option
@global_options
@click.pass_obj
def list_settings(context: CommandContext, *, as_json: bool) -> None:
    """List all settings with their values and where these come from; of a secret, whether it is set.

    With --remote they are those of the server, as it was started.
    """
    found = _settings(context)
    if as_json:
        output.write_json(found)
        return
    rows = [(each.name, _source(each), each.text) for each in found]
    output.write_table([("SETTING", "FROM", "VALUE"), *rows])


@settings.command("show")
@click.argument("name", shell_complete=setting_names)
@json_option
@global_options
@click.pass_obj
def show_setting(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Show all about a setting; with --remote about one of the server."""
    from orstt_core.settings.listing import in_text

    found = _find(context, name)
    if as_json:
        output.write_json(found)
        return
    facts = {
        "value": found.text,
        "from": _source(found),
        "default": "" if found.secret else in_text(found.default),
        "what": found.description,
        "choices": ", ".join(found.choices),
    }
    output.write("".join(f"{fact:8} {output.one_line(value)}\n" for fact, value in facts.items() if value))
    if not _on_server(context):
        _say_what_counts(found)


@settings.command("set")
@click.argument("name", shell_complete=setting_names)
@click.argument("value")
@json_option
@global_options
@click.pass_obj
def set_setting(context: CommandContext, *, name: str, value: str, as_json: bool) -> None:
    """Write a setting to the settings file, whose comments stay; a VALUE is written as in the environment.

    Several are separated by commas, pairs are NAME=VALUE. Secrets are not written there.
    """
    from orstt_core.settings.writing import set_setting as write

    _refuse_remote(context)
    path = write(name, value)
    found = _find(context, name)
    if as_json:
        output.write_json(found)
    else:
        output.write(f"{name} is in {path}; {FROM_START}.\n")
    _say_what_counts(found)


@settings.command("unset")
@click.argument("name", shell_complete=setting_names)
@json_option
@global_options
@click.pass_obj
def unset_setting(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Remove a setting from the settings file, so that its default counts."""
    from orstt_core.settings import Settings
    from orstt_core.settings.writing import unset_setting as remove

    _refuse_remote(context)
    path = remove(name)
    if as_json and name in Settings.__struct_fields__:
        output.write_json(_find(context, name))
    elif path is None:
        output.write_stderr(f"{name} is not in the settings file.")
    else:
        output.write(f"{name} is in {path} no more; {FROM_START}.\n")


def _settings(context: CommandContext) -> list[Setting]:
    from orstt_core.settings.listing import list_settings as listed

    if _on_server(context):
        return context.run(lambda backend: backend.settings())
    return listed(**context.overrides)


def _find(context: CommandContext, name: str) -> Setting:
    from orstt_core.settings import Settings
    from orstt_core.settings.writing import check_writable

    settings = {each.name: each for each in _settings(context)}
    if name not in settings and name not in Settings.__struct_fields__:
        check_writable(name)
    if name not in settings:
        raise InvalidRequest(f"The server has no setting called {name}.", hint="It is of another version, as a rule.")
    return settings[name]


def _on_server(context: CommandContext) -> bool:
    """Return whether an option led to a server; the setting `remote` is one of this machine's, to be seen here."""
    return context.overrides.get("remote", "") not in ("", "local")


def _refuse_remote(context: CommandContext) -> None:
    if _on_server(context):
        raise InvalidRequest(OTHERS, hint="Leave --remote out to change those of this machine.")


def _source(setting: Setting) -> str:
    return setting.variable if setting.source == "environment" else setting.source


def _say_what_counts(setting: Setting) -> None:
    if setting.in_file and setting.source == "environment":
        output.write_stderr(f"{setting.variable} is set in the environment, so the file's value does not count here.")
    if setting.in_file and setting.secret:
        output.write_stderr(f"{setting.name} is a secret that stands in the settings file: let nobody else read it.")
