"""What a hostile server or recording says is shown, and not obeyed, by whoever's terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job

from orstt_core.text import CONTROLS
from orstt_core.types import Done
from orstt_tui.commands import output

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u200f\u2028gnp.exe\u2069\r\x08"
KEPT = "\U0001f469\u200d\u2695"  # a joiner that emoji and Persian are written with


def poisoned(value: Any) -> Any:
    """The same with something hostile at the end of every text that may be any."""
    if isinstance(value, msgspec.Struct):
        changed = {name: poisoned(getattr(value, name)) for name in value.__struct_fields__ if name not in FIXED}
        return msgspec.structs.replace(value, **changed)
    if isinstance(value, str):
        return f"{value}{KEPT}{HOSTILE}"
    if isinstance(value, list):
        return [poisoned(part) for part in value]
    return value


FIXED = {"id", "state", "task", "language", "options", "type", "device", "compute_type", "priority", "recording"}


@pytest.fixture
def hostile(scripted: ScriptedBackend) -> ScriptedBackend:
    done = speech("Hello.", "There.")[-1]
    assert isinstance(done, Done)
    job = a_job(1, state="done", text="Hello.", result=done.transcript, duration=4.0, position=4.0)
    scripted.put(poisoned(job))
    return scripted


@pytest.mark.parametrize(
    "command",
    [("jobs", "list"), ("jobs", "show", "1" * 16), ("jobs", "list", "--json"), ("jobs", "show", "1" * 16, "--json")],
)
def test_a_terminal_is_sent_no_control_codes_and_a_pipe_what_there_is(
    orstt: Callable[..., Result], hostile: ScriptedBackend, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped = orstt(*command)
    monkeypatch.setattr(output, "to_terminal", lambda: True)
    code, out, err = orstt(*command)
    assert code == 0, err
    assert not CONTROLS.search(out)
    assert "title" in out
    if command[1:2] == ("show",):
        assert KEPT in out
        assert KEPT in piped.out
