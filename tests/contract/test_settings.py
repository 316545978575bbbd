"""The settings of whoever does the work, seen from here and from elsewhere: the same, and no secret in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ends import reached

from orstt_core.local import LocalBackend
from orstt_core.settings import SECRETS, Settings, config_file, load_settings
from orstt_core.types import to_json


async def test_a_servers_settings_are_seen_from_elsewhere_without_a_secret_in_them(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS - {"database_url"}:
        monkeypatch.setenv(f"ORSTT_{name.upper()}", "sesame" * 6)
    monkeypatch.setenv("ORSTT_DRIFT_WEBHOOK", "https://hooks.example/sesame")
    secret = tmp_path / "hub"
    secret.write_text("sesame")
    monkeypatch.delenv("ORSTT_HUB_TOKEN")
    monkeypatch.setenv("ORSTT_HUB_TOKEN_FILE", str(secret))
    monkeypatch.setenv("ORSTT_WEIGHTS_MIRRORS", "vosk=https://me:sesame@mirror.lan/vosk")
    monkeypatch.setenv("ORSTT_WEBHOOK_HOSTS", "me:sesame@hooks.lan,10.0.0.0/8")
    monkeypatch.setenv("ORSTT_KEEP_ALIVE", "60")
    config_file().parent.mkdir(parents=True)
    config_file().write_text("max_loaded = 2\nkeep_alive = 900\nmax_queued = 7\n")
    settings = load_settings(data_dir=tmp_path, max_queued=5)
    async with LocalBackend(settings) as core, reached(where, core) as ends:
        config_file().write_text("port = 'many'")  # what is changed after the start is not what it works with
        listed = await ends.backend.settings()
        assert listed == await core.settings()
    found = {each.name: each for each in listed}
    assert list(found) == list(Settings.__struct_fields__)
    told = {name: (found[name].value, found[name].source, found[name].in_file) for name in found}
    assert told["keep_alive"] == (60.0, "environment", True)
    assert told["max_loaded"] == (2, "file", True)
    assert told["max_queued"] == (5, "option", True)
    assert told["data_dir"] == (str(tmp_path), "option", False)
    assert told["port"] == (8000, "default", False)
    assert found["keep_alive"].default == 300.0
    assert all(each.description for each in listed)
    assert found["hub_token"].variable == "ORSTT_HUB_TOKEN_FILE"
    assert found["weights_mirrors"].value == {"vosk": "https://mirror.lan/vosk"}
    assert found["webhook_hosts"].value == ["hooks.lan", "10.0.0.0/8"]
    assert {each.name for each in listed if each.secret and each.is_set} == SECRETS - {"database_url"}
    assert "sesame" not in to_json(listed).decode()
