"""However a command fails: one line on standard error, its exit code, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cli.running import Result, Shell
from scripted import ScriptedBackend

from orstt_core.errors import BY_CODE

Run = Callable[..., Result]


@pytest.mark.parametrize("command", ["models list", "jobs list", "transcribe RECORDING", "doctor --remote http://x"])
def test_every_error_is_one_line_with_its_hint_and_its_exit_code(
    orstt: Run, scripted: ScriptedBackend, recording: object, command: str
) -> None:
    args = [recording if arg == "RECORDING" else arg for arg in command.split()]
    waited_for = {"busy"} if args[0] == "transcribe" else set()
    for code in sorted(BY_CODE.keys() - waited_for):
        scripted.failure = BY_CODE[code]("It is\nbroken.", hint="Mend it.")
        assert orstt(*args) == (scripted.failure.exit_code, "", "orstt: It is broken. Mend it.\n"), code


def test_an_unexpected_error_is_one_line_that_says_how_to_learn_more(orstt: Run, scripted: ScriptedBackend) -> None:
    scripted.failure = KeyError("odd")
    assert orstt("models", "list") == (
        1,
        "",
        "orstt: unexpected KeyError: 'odd'; run with ORSTT_LOG_LEVEL=debug for details\n",
    )


def test_the_traceback_is_there_for_whoever_asks(shell: Shell) -> None:
    broken = shell.scripted("backend.failure = KeyError('odd')")
    code, out, err = shell("models", "list", "-vv", command=broken)
    assert (code, out) == (1, "")
    assert "Traceback" in err
    own = shell("models", "list", command=broken, ORSTT_LOG_LEVEL="debug").err
    assert "Traceback" in own
    assert "Using selector" in err, "-vv asks for what libraries log too"
    assert "Using selector" not in own
    assert "Traceback" not in shell("models", "list", command=broken).err


@pytest.mark.parametrize(
    "args",
    [
        ("nonsense",),
        ("--nonsense",),
        ("models", "nonsense"),
        ("models", "show"),
        ("models", "list", "surplus"),
        ("jobs", "nonsense"),
        ("jobs", "submit"),
        ("jobs", "cancel"),
        ("jobs", "list", "--limit", "501"),
        ("load",),
        ("purge", "--older-than", "-1"),
        ("serve", "--port", "99999"),
        ("--api", "transcribe", "types"),
        ("types", "--remote"),
    ],
)
def test_a_wrong_call_is_one_line_that_names_the_help_and_exits_with_2(orstt: Run, args: tuple[str, ...]) -> None:
    code, out, err = orstt(*args)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("orstt: ")
    assert err.endswith("--help`.\n")


@pytest.mark.parametrize("group", ["jobs", "keys", "models", "presets", "servers", "settings", "vocabulary"])
def test_a_group_without_a_command_prints_its_help(orstt: Run, group: str) -> None:
    code, out, err = orstt(group)
    assert (code, out) == (2, "")
    assert err == orstt(group, "--help").out


def test_a_misspelt_command_is_answered_with_the_nearest(orstt: Run) -> None:
    said = orstt("transcrib", "x").err
    assert said.startswith("orstt: There is no command 'transcrib'. ")
    assert "Did you mean 'transcribe'?" in said
    assert said.endswith(" See `orstt --help`.\n")
    assert "Did you mean 'list'?" in orstt("jobs", "lits").err


def test_without_a_terminal_the_program_says_so(shell: Shell) -> None:
    code, out, err = shell()
    assert (code, out) == (2, "")
    assert "no terminal" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"ORSTT_PORT": "many"}, "port"),
        ({"ORSTT_LOG_LEVEL": "loud"}, "loud"),
        ({"ORSTT_CONFIG": "/nowhere.toml"}, "/nowhere.toml does not exist. It was named by --config or ORSTT_CONFIG"),
        ({"ORSTT_API_KEY_FILE": "/nowhere"}, "/nowhere"),
    ],
)
def test_a_wrong_setting_is_named_and_exits_with_2(
    orstt: Run, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], said: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    code, out, err = orstt("models", "list")
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_the_settings_file_can_be_named_before_and_after_the_command(
    orstt: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for args in (["--config", "/nowhere.toml", "models", "list"], ["models", "list", "--config", "/nowhere.toml"]):
        monkeypatch.setenv("ORSTT_CONFIG", "/elsewhere.toml")
        code, _, err = orstt(*args)
        assert code == 2
        assert "/nowhere.toml does not exist" in err


def test_no_option_takes_a_key(orstt: Run) -> None:
    assert orstt("--api-key", "secret", "types").code == 2
    for command in ([], ["serve"], ["keys", "create"], ["transcribe"]):
        assert "-key" not in orstt(*command, "--help").out.replace("--idempotency-key", "").lower()
