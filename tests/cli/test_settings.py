"""`orstt settings`: what counts is shown, and the file is changed."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend

from orstt_core.settings import Settings, config_file
from orstt_core.settings.listing import Setting

Run = Callable[..., Result]


def test_a_setting_is_written_shown_listed_and_taken_back(orstt: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, err = orstt("settings", "set", "port", "9000")
    assert (code, err) == (0, "")
    assert out == f"port is in {config_file()}; programs that run have it from their next start.\n"
    assert "value    9000\nfrom     file\ndefault  8000\nwhat     Port" in orstt("settings", "show", "port").out

    monkeypatch.setenv("ORSTT_PORT", "1234")
    monkeypatch.setenv("ORSTT_API_KEY", "sesame")
    code, out, err = orstt("settings", "set", "port", "9001")
    assert code == 0
    assert err == "orstt: ORSTT_PORT is set in the environment, so the file's value does not count here.\n"
    rows = [line.split() for line in orstt("settings", "list", "--remote", "local").out.splitlines()]
    assert ["port", "ORSTT_PORT", "1234"] in rows
    assert ["api_key", "ORSTT_API_KEY", "set"] in rows
    assert ["azure_key", "default", "not", "set"] in rows
    assert ["remote", "option", "local"] in rows
    listed = msgspec.json.decode(orstt("settings", "list", "--json").out, type=list[Setting])
    assert {each.name: each.value for each in listed if each.source == "environment"}.items() >= {("port", 1234)}

    assert orstt("settings", "unset", "port").out.startswith(f"port is in {config_file()} no more")
    assert orstt("settings", "unset", "port").err == "orstt: port is not in the settings file.\n"
    assert "sesame" not in config_file().read_text()


def test_those_of_a_server_are_listed_and_shown_with_remote(
    orstt: Run, scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORSTT_PORT", "1234")
    scripted.started_with = Settings(port=9000, api_key="sesame")
    remote = ("--remote", "http://asr.lan:8000", "settings")
    code, out, err = orstt(*remote, "list")
    assert (code, err) == (0, "")
    rows = [line.split() for line in out.splitlines()]
    assert ["port", "option", "9000"] in rows
    assert ["api_key", "option", "set"] in rows
    assert "sesame" not in out
    assert "value    9000\nfrom     option\n" in orstt(*remote, "show", "port").out
    assert "Did you mean port" in orstt(*remote, "show", "prot").err


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["set", "port", "many"], "whole number"),
        (["set", "api_key", "sesame"], "secret"),
        (["show", "prot"], "Did you mean port"),
        (["--remote", "http://asr.lan", "set", "port", "1"], "changed on its machine"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_writes_nothing(orstt: Run, args: list[str], said: str) -> None:
    code, out, err = orstt("settings", *args)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err
    assert "sesame" not in err
    assert not config_file().exists()
