"""The settings as a person looks at them, and the file that they are written to."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

import msgspec
import pytest
from tomlkit import TOMLDocument

from orstt_core.errors import SettingsError
from orstt_core.settings import SECRETS, Settings, config_file, load_settings
from orstt_core.settings.listing import changed_since, list_settings
from orstt_core.settings.writing import set_setting, unset_setting
from orstt_core.toml_file import change_toml, put, read_toml

WRITTEN = """\
# what the ward agreed on
port = 8001  # behind the proxy

cloud_hosts = [
    "api.openai.com",  # until March
]

[aliases]
whisper-1 = ""
# the quick one
fast = "tiny"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A settings file with comments."""
    path = tmp_path / "config.toml"
    path.write_text(WRITTEN, encoding="utf-8")
    return path


def test_each_setting_says_its_value_where_it_comes_from_and_what_it_is_for(file: Path) -> None:
    environ = {"ORSTT_CONFIG": str(file), "ORSTT_HOST": "localhost", "ORSTT_API_KEY": "sesame"}
    environ |= {"ORSTT_REMOTE": "http://me:sesame@asr.lan"}
    found = {each.name: each for each in list_settings(environ, log_level="debug", port=None)}
    assert list(found) == list(Settings.__struct_fields__)
    assert all(each.description for each in found.values())
    assert {name: (each.text, each.source) for name, each in found.items() if each.source != "default"} == {
        "port": ("8001", "file"),
        "host": ("localhost", "environment"),
        "cloud_hosts": ("api.openai.com", "file"),
        "aliases": ("whisper-1=,fast=tiny", "file"),
        "api_key": ("set", "environment"),
        "remote": ("http://asr.lan", "environment"),
        "log_level": ("debug", "option"),
    }
    assert found["log_level"].choices == ["debug", "info", "warning", "error"]
    assert found["allow_download"].choices == ["true", "false"]
    assert {name for name, each in found.items() if each.secret} == SECRETS
    assert "sesame" not in msgspec.json.encode(list(found.values())).decode()


def test_what_a_running_program_does_not_have_yet_is_told(file: Path) -> None:
    environ = {"ORSTT_CONFIG": str(file)}
    running = load_settings(environ)
    assert changed_since(running, list_settings(environ)) == {}
    set_setting("port", "9000", environ)
    assert changed_since(running, list_settings({**environ, "ORSTT_API_KEY": "k"})) == {"port": "8001", "api_key": ""}


def test_a_setting_is_changed_and_comments_order_and_mode_stay(file: Path) -> None:
    environ = {"ORSTT_CONFIG": str(file)}
    file.chmod(0o640)
    set_setting("port", "9000", environ)
    set_setting("cors_origins", "https://a.example, https://b.example", environ)
    set_setting("allow_download", "true", environ)
    set_setting("aliases", "fast=base,whisper-1=", environ)
    text = file.read_text(encoding="utf-8")
    assert "# what the ward agreed on\nport = 9000  # behind the proxy\n" in text
    assert '"api.openai.com",  # until March' in text
    assert '# the quick one\nfast = "base"' in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    settings = load_settings(environ)
    assert (settings.port, settings.allow_download) == (9000, True)
    assert settings.cors_origins == ["https://a.example", "https://b.example"]
    assert settings.aliases == {"whisper-1": "", "fast": "base"}
    assert unset_setting("port", environ) == file
    assert unset_setting("keep_alive", environ) is None
    assert load_settings(environ).port == 8000
    assert "# until March" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("port", "many", "port .* does not fit: it must be a whole number"),
        ("port", "70000", "at most 65535"),
        ("log_level", "loud", "it cannot be .loud., only debug"),
        ("prot", "1", "Did you mean port"),
        ("api_key", "sesame", "ORSTT_API_KEY_FILE"),
        ("remote", "http://me:sesame@asr.lan", "password in the address"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(file: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        set_setting(name, text, {"ORSTT_CONFIG": str(file)})
    assert "sesame" not in str(caught.value)
    assert file.read_text(encoding="utf-8") == WRITTEN


def test_a_new_file_is_made_where_it_is_read_and_a_wrong_line_can_be_taken_out(own_home: Path) -> None:
    path = set_setting("data_dir", "~/speech")
    assert path == config_file()
    assert path.is_relative_to(own_home)
    assert path.read_text(encoding="utf-8") == 'data_dir = "~/speech"\n'
    assert load_settings().data_dir == own_home / "speech"
    path.write_text("prot = 1\nport = 2\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="prot"):
        set_setting("port", "3")
    unset_setting("prot")
    assert load_settings().port == 2


def test_while_a_file_is_changed_other_programs_wait(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)

    def change(document: TOMLDocument) -> None:
        with pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        put(document, "first", 1)

    change_toml(tmp_path / "kept.toml", change)
    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(folder)
    assert read_toml(tmp_path / "kept.toml") == {"first": 1}
