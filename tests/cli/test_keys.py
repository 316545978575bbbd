"""`orstt keys` on a scripted backend: the secret on standard output and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend

from orstt_core.types import ApiKey, NewKey

Run = Callable[..., Result]


def test_a_key_is_created_as_the_options_say_and_its_secret_is_all_that_is_printed(
    orstt: Run, scripted: ScriptedBackend
) -> None:
    options = "--scope manage --expires 1.5 --rate 60 --concurrent 2"
    code, out, err = orstt("keys", "create", "ward 7", *options.split())
    assert (code, out) == (0, "secret of ward 7\n")
    assert err.startswith("orstt: this is the key ward 7, with the scope manage until ")
    assert "shown only now" in err
    [key] = scripted.held
    assert (key.scope, key.requests_per_minute, key.concurrent_requests) == ("manage", 60, 2)


def test_a_key_may_no_more_than_transcribe_unless_told(orstt: Run, scripted: ScriptedBackend) -> None:
    assert orstt("keys", "create", "ward").code == 0
    assert (scripted.held[0].scope, scripted.held[0].expires_at) == ("transcribe", None)


def test_creating_as_json_answers_key_and_secret(orstt: Run, scripted: ScriptedBackend) -> None:
    code, out, err = orstt("keys", "create", "ward", "--json")
    assert (code, err) == (0, "")
    assert msgspec.json.decode(out, type=NewKey) == NewKey(key=scripted.held[0], secret="secret of ward")


def test_the_list_says_which_keys_open_something_and_no_secret(orstt: Run, scripted: ScriptedBackend) -> None:
    for args in (["create", "old", "--expires", "1"], ["create", "lost"], ["create", "ward"], ["revoke", "lost"]):
        orstt("keys", *args)
    code, out, _ = orstt("keys", "list")
    assert code == 0
    assert [line.split()[1:4:2] for line in out.splitlines()[1:]] == [
        ["old", "expired"],
        ["lost", "revoked"],
        ["ward", "usable"],
    ]
    assert "secret" not in out
    assert msgspec.json.decode(orstt("keys", "list", "--json").out, type=list[ApiKey]) == scripted.held


def test_keys_are_revoked_by_name_and_id(orstt: Run, scripted: ScriptedBackend) -> None:
    for name in ("one", "two", "three"):
        orstt("keys", "create", name)
    assert orstt("keys", "revoke", "one", scripted.held[1].id) == (0, "Revoked one.\nRevoked two.\n", "")
    assert [key.revoked_at is None for key in scripted.held] == [False, False, True]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("keys", "create", " "), 2),
        (("keys", "create", "x" * 101), 2),
        (("keys", "create", "ward", "--scope", "root"), 2),
        (("keys", "create", "ward", "--expires", "0"), 2),
        (("keys", "create", "ward", "--rate", "-1"), 2),
        (("keys", "revoke", "nobody"), 3),
        (("keys", "revoke"), 2),
    ],
)
def test_what_cannot_be_done_is_one_line_and_its_exit_code(orstt: Run, args: tuple[str, ...], code: int) -> None:
    result = orstt(*args)
    assert (result.code, result.out) == (code, "")
    assert result.err.count("\n") == 1


def test_a_name_that_was_used_before_is_refused(orstt: Run) -> None:
    assert orstt("keys", "create", "ward").code == 0
    code, out, err = orstt("keys", "create", "ward")
    assert (code, out) == (4, "")
    assert "was created before" in err
