"""The pages in docs/ say what the code does: commands, options, exit codes, settings and errors."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from orstt_core.errors import BY_CODE, OrsttError
from orstt_core.settings import SECRETS, Settings
from orstt_tui.cli import cli
from orstt_tui.commands import doctor, models, options, output

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str, header: str) -> list[list[str]]:
    """Return the rows of every table whose first column has this header, backticks removed."""
    found, inside = [], False
    for line in (DOCS / page).read_text().splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")] if line[:1] == "|" else []
        if not cells:
            inside = False
        elif cells[0] == header:
            inside = True
        elif inside and set(line) - {"|", "-"}:
            found.append(cells)
    return found


def commands(group: click.Group = cli, path: str = "orstt") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def long_options(command: click.Command) -> set[str]:
    return {
        option
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in (*parameter.opts, *parameter.secondary_opts)
        if option.startswith("--")
    }


EVERYWHERE = long_options(options.global_options(click.Command("x", params=[]))) | {"--json", "--help"}


def test_every_command_has_its_place_in_the_docs() -> None:
    text = (DOCS / "cli.md").read_text()
    assert {name for name, _ in commands() if name not in text} == set()


@pytest.mark.parametrize(("name", "command"), [pytest.param(*pair, id=pair[0]) for pair in commands()])
def test_every_option_of_a_command_is_in_the_docs_and_no_other(name: str, command: click.Command) -> None:
    group = " ".join(name.split()[:2])
    section = re.search(rf"^## {group}\n(.*?)^## ", (DOCS / "cli.md").read_text(), re.DOTALL | re.MULTILINE)
    assert section is not None
    described = set(re.findall(r"^\| `(--[^|]*)` \|", section[1], re.MULTILINE))
    described = {option.strip("` ") for cell in described for option in cell.split(",")}
    assert long_options(command) - EVERYWHERE <= described
    if name == group and not isinstance(command, click.Group):
        assert described - EVERYWHERE == long_options(command) - EVERYWHERE


def test_what_is_said_of_every_command_is_true_of_every_command() -> None:
    text = (DOCS / "cli.md").read_text()
    for name, command in commands():
        assert long_options(command) | {"--json", "--help"} >= EVERYWHERE, name
    assert {option for option in EVERYWHERE if f"`{option}" not in text} == set()


def test_every_exit_code_is_in_the_docs_and_no_other() -> None:
    described = {int(row[0]) for row in rows("cli.md", "exit code")}
    used = {error.exit_code for error in BY_CODE.values()}
    own = {output.UNEXPECTED, output.INTERRUPTED, output.PIPE_CLOSED, doctor.UNHEALTHY, models.NOT_USABLE}
    assert described == used | own | {0, 128 + signal.SIGHUP, 128 + signal.SIGTERM}


def test_every_setting_is_in_the_docs_with_its_default() -> None:
    described = {name: default for name, default, _ in rows("settings.md", "setting")}
    assert list(described) == list(Settings.__struct_fields__)
    for name, value in msgspec.to_builtins(Settings(), enc_hook=str).items():
        if name not in {"data_dir", "cache_dir"}:  # those depend on the platform
            expected = {"": "", "[]": "none", "True": "true", "False": "false"}.get(str(value), str(value))
            assert described[name].strip('"') == expected, name


def test_every_secret_is_called_one() -> None:
    assert {row[0] for row in rows("settings.md", "setting") if row[-1].endswith("A secret.")} == SECRETS


def test_every_error_is_in_the_docs_as_it_is() -> None:
    described = [row[:4] for row in rows("errors.md", "code")]
    expected = [[error.code, _class(error), str(error.status), str(error.exit_code)] for error in BY_CODE.values()]
    assert sorted(described) == sorted(expected)


def _class(error: type[OrsttError]) -> str:
    builtin = [base.__name__ for base in error.__bases__ if base is not Exception and not issubclass(base, OrsttError)]
    return f"{error.__name__} ({builtin[0]})" if builtin else error.__name__
