"""`orstt servers`, and `--remote NAME`: servers by name, and where their keys are."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from cli.running import Result
from scripted import ScriptedBackend

from orstt_core.errors import ServerUnreachable, Unauthorized
from orstt_core.settings import Settings
from orstt_core.types import BackendInfo
from orstt_tui import cli, server_keys
from orstt_tui.commands.context import CommandContext
from orstt_tui.servers import servers_file

Run = Callable[..., Result]
LAB = "http://asr.lan:8000"


class Network:
    """One server, which takes one key; `reached` is what it was asked with."""

    def __init__(self) -> None:
        self.reached: list[tuple[str, str]] = []

    def open(self, settings: Settings, *, drain: bool = False) -> ScriptedBackend:
        self.reached.append((settings.remote, settings.api_key))
        backend = ScriptedBackend(location=settings.remote or "local")
        said = backend.info

        async def info() -> BackendInfo:
            if settings.remote not in ("", LAB):
                raise ServerUnreachable(f"No server answers at {settings.remote}.")
            if settings.remote and settings.api_key != "sesame":
                raise Unauthorized("The key opens nothing.")
            return await said()

        backend.info = info
        return backend


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def orstt(network: Network, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command on whatever the settings name."""

    def run(*args: object) -> Result:
        code = cli.run([str(arg) for arg in args], CommandContext(open_backend=network.open))
        return Result(code, *capfd.readouterr())

    return run


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A file with the key."""
    path = tmp_path / "key"
    path.write_text("sesame\n", encoding="utf-8")
    return path


def test_a_server_is_kept_by_name_reached_by_it_with_its_own_key_and_forgotten(
    orstt: Run, network: Network, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORSTT_API_KEY", "the key of this machine's own server")
    code, out, err = orstt("servers", "add", "lab", f"{LAB}/", "--key-file", key)
    assert (code, err) == (0, "")
    assert "lab is kept; its key is in a file that only you can read." in out
    assert "may       everything" in out
    assert stat.S_IMODE(server_keys.keys_file().stat().st_mode) == 0o600
    assert "sesame" not in servers_file().read_text()
    assert [line.split() for line in orstt("servers", "list").out.splitlines()][-1] == ["lab", LAB, "file"]
    assert orstt("servers", "test", "lab").out.startswith("answers   in ")

    assert "kept already" in orstt("servers", "add", "lab", LAB).err
    assert orstt("servers", "add", "lab", f"{LAB}/speech", "--replace").code == 7
    assert orstt("servers", "add", "lab", LAB, "--replace").code == 0, "its key stays unless another is given"

    assert orstt("models", "list", "--remote", "lab").code == 0
    assert network.reached[-1] == (LAB, "sesame")
    assert orstt("--remote", "local", "models", "list").code == 0
    assert network.reached[-1][0] == ""
    code, _, err = orstt("models", "list", "--remote", "lap")
    assert (code, "Did you mean lab?" in err) == (2, True)

    servers_file().write_text("")  # by hand, as an error says that one may
    assert orstt("servers", "add", "lab", "http://other.lan", "--no-test").out == "lab is kept, without a key.\n"
    assert orstt("servers", "add", "lab", LAB, "--replace", "--key-file", key).code == 0

    assert orstt("servers", "remove", "lab").out == "lab is kept no more.\n"
    assert "sesame" not in server_keys.keys_file().read_text()
    assert orstt("servers", "test", "lab").code == 2


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["lab", LAB], 7, "opens nothing"),
        (["lab", "http://nowhere.lan"], 7, "No server answers"),
        (["local", LAB], 2, "cannot be the name"),
        (["lab", "asr.lan"], 2, "not the address"),
        (["lab", "http://me:sesame@asr.lan"], 2, "password in the address"),
    ],
)
def test_one_that_does_not_answer_or_let_us_in_is_told_and_not_kept(
    orstt: Run, args: list[str], code: int, said: str
) -> None:
    result = orstt("servers", "add", *args)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert "sesame" not in result.err
    assert not servers_file().exists()
    if "nowhere" in args[1]:
        assert orstt("servers", "add", *args, "--no-test").code == 0


def test_a_file_of_keys_that_others_can_read_is_not_used(orstt: Run, key: Path) -> None:
    assert orstt("servers", "add", "lab", LAB, "--key-file", key).code == 0
    server_keys.keys_file().chmod(0o644)
    code, _, err = orstt("models", "list", "--remote", "lab")
    assert code == 2
    assert f"chmod 600 {server_keys.keys_file()}" in err


def test_a_keyring_that_works_has_the_keys_and_the_file_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    held: dict[tuple[str, str], str] = {}
    errors = SimpleNamespace(KeyringError=OSError, PasswordDeleteError=KeyError)
    keyring = ModuleType("keyring")
    keyring.__spec__ = SimpleNamespace()  # type: ignore[assignment]  # it is found, and that is all that is asked
    vars(keyring).update(
        errors=errors,
        get_keyring=lambda: SimpleNamespace(priority=5),
        get_password=lambda service, name: held.get((service, name)),
        set_password=lambda service, name, key: held.update({(service, name): key}),
        delete_password=lambda service, name: held.pop((service, name)),
    )
    server_keys.store_key("lab", "before there was a keyring")
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    assert server_keys.store_key("lab", "sesame") == "keyring"
    assert "lab" not in server_keys.keys_file().read_text()
    assert (server_keys.read_key("lab"), server_keys.place_of_key("lab")) == ("sesame", "keyring")

    def locked(*_: str) -> None:
        raise OSError("locked")

    vars(keyring).update(set_password=locked)
    assert server_keys.store_key("lab", "newer") == "file"
    assert server_keys.read_key("lab") == "newer", "what was kept last counts"
    server_keys.forget_key("lab")
    server_keys.forget_key("lab")
    assert (server_keys.read_key("lab"), held) == ("", {})
    vars(keyring).update(get_keyring=lambda: SimpleNamespace(priority=0.5))
    assert server_keys.store_key("lab", "sesame") == "file", "a keyring that is a plain file is none"
