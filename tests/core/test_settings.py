"""Settings: what is wrong with them is said, and a secret that somebody meant to set is never left out silently."""

import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rich.pretty

from orstt_core.errors import SettingsError
from orstt_core.settings import (
    SECRETS,
    EngineSettings,
    Settings,
    config_file,
    environ_without_secrets,
    load_settings,
    unknown_variables,
)


def test_the_environment_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('port = 1\nhost = "localhost"', encoding="utf-8")
    settings = load_settings({"ORSTT_CONFIG": str(file), "ORSTT_PORT": "2"})
    assert (settings.port, settings.host, settings.keep_alive) == (2, "localhost", 300)


def test_an_option_goes_before_everything(tmp_path: Path) -> None:
    assert load_settings({"ORSTT_PORT": "2"}, port=3, host=None).port == 3


@pytest.mark.parametrize(
    ("written", "said"),
    [("prot = 1", "prot"), ("port = 99999", "65535"), ("port = ", "cannot be read"), ('log_level = "loud"', "loud")],
)
def test_what_does_not_fit_is_named(tmp_path: Path, written: str, said: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings({"ORSTT_CONFIG": str(file)})


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings({"ORSTT_CONFIG": str(tmp_path / "none.toml")})


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("open sesame\n", encoding="utf-8")
    assert load_settings({"ORSTT_API_KEY_FILE": str(tmp_path / "key")}).api_key == "open sesame"


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_a_file_without_a_secret_is_no_secret_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(SettingsError, match="ORSTT_API_KEY_FILE"):
        load_settings({"ORSTT_API_KEY_FILE": str(tmp_path / "key")})


def test_no_secret_is_in_what_python_shows_of_the_settings() -> None:
    settings = Settings(
        api_key="sesame",
        database_url="postgres://u:sesame@h/n",
        webhook_secret="sesame" * 6,
        remote="https://u:sesame@asr.lan/speech",
    )
    assert "sesame" not in f"{settings!r} {settings} {[settings]} {rich.pretty.pretty_repr(settings)}"
    assert "port=8000" in repr(settings)
    assert "remote='https://asr.lan/speech'" in repr(settings)
    for mistyped in ("u:sesame@asr.lan:8000", "http://u:ses/sesame@asr.lan", "http://[u:sesame@asr.lan"):
        assert "sesame" not in repr(Settings(remote=mistyped))
    addresses = {"ORSTT_REMOTE": settings.remote, "ORSTT_WEIGHTS_MIRRORS": f"vosk={settings.remote}"}
    assert "sesame" not in str(environ_without_secrets(addresses))
    for function in (config_file, load_settings, unknown_variables, environ_without_secrets):
        assert "PATH" not in str(inspect.signature(function))


def test_a_list_in_the_environment_may_be_json_or_between_commas() -> None:
    for text in ('["https://a.example", "https://b.example"]', "https://a.example, https://b.example"):
        assert load_settings({"ORSTT_CORS_ORIGINS": text}).cors_origins == ["https://a.example", "https://b.example"]
    with pytest.raises(SettingsError, match="cors_origins"):
        load_settings({"ORSTT_CORS_ORIGINS": "[1]"})


def test_a_child_process_gets_no_secret() -> None:
    settings = Settings(api_key="a", database_url="postgres://u:p@h/n", cpu_threads=5, decode_seconds=7)
    engines, decoding = settings.for_engines, settings.for_decoding
    assert not SECRETS & {*engines.__struct_fields__, *decoding.__struct_fields__}
    assert (engines.cpu_threads, decoding.decode_seconds) == (5, 7)


def test_a_child_process_inherits_no_secret_nor_where_one_stands() -> None:
    secrets = {"ORSTT_API_KEY", "ORSTT_API_KEY_FILE", "ORSTT_DATABASE_URL", "ORSTT_DATABASE_URL_FILE"}
    others = {"PATH": "/bin", "ORSTT_PORT": "5", "HF_HUB_OFFLINE": "1"}
    assert environ_without_secrets(dict.fromkeys(secrets, "x") | others) == others


def test_the_file_is_read_as_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('data_dir = "/tmp/caf\u00e9"', encoding="utf-8")
    code = "from orstt_core.settings import load_settings; print(ascii(load_settings().data_dir.name))"
    environment = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "ORSTT_CONFIG": str(tmp_path / "config.toml"),
    }
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ascii("caf\u00e9")


def test_a_user_without_a_home_is_told_which_folders_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("platformdirs.user_data_path", lambda *_: homeless())
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_: homeless())
    with pytest.raises(SettingsError, match="ORSTT_DATA_DIR"):
        load_settings({})
    assert load_settings({"ORSTT_DATA_DIR": "/a", "ORSTT_CACHE_DIR": "/b"}).data_dir == Path("/a")


def test_each_database_has_a_spool_of_its_own_whoever_opens_it(tmp_path: Path) -> None:
    def spool(url: str = "") -> Path:
        return Settings(data_dir=tmp_path, database_url=url).spool

    assert spool() == tmp_path / "spool"
    assert spool("postgres://a:one@db:5432/x") == spool("postgres://b:two@db:5432/x")
    assert (
        len({spool(), spool("postgres://db:5432/x"), spool("postgres://db:5432/y"), spool("postgres://e:5432/x")}) == 4
    )


def test_a_folder_may_be_a_text_in_a_script(own_home: Path) -> None:
    text: Any = "~/data"
    settings = Settings(data_dir=text, cache_dir=text)
    assert settings.spool == own_home / "data" / "spool"
    assert settings.for_engines == EngineSettings(cache_dir=text) == EngineSettings(cache_dir=own_home / "data")
