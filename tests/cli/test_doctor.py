"""`orstt doctor`, and the findings behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from cli.running import Result, Shell
from scripted import ScriptedBackend

from orstt_core.doctor import diagnose
from orstt_core.errors import DatabaseUnavailable
from orstt_core.settings import Settings, load_settings
from orstt_core.types import Diagnosis, Finding, Model

Run = Callable[..., Result]


def test_each_finding_is_a_line_and_what_mends_it_another(orstt: Run) -> None:
    code, out, err = orstt("doctor")
    assert (code, err) == (5, "")
    assert out.splitlines() == [
        "ok       database: sqlite",
        "warning  cuda: no GPU: models run on the CPU",
        "missing  small: no weights",
        "         -> orstt models add …",
    ]


def test_warnings_alone_are_healthy(orstt: Run, scripted: ScriptedBackend) -> None:
    async def diagnosis() -> Diagnosis:
        return Diagnosis(findings=[Finding(subject="GPU", outcome="warning", detail="none")])

    scripted.diagnose = diagnosis
    assert orstt("doctor").code == 0


def test_as_json_it_is_the_diagnosis(orstt: Run) -> None:
    code, out, _ = orstt("doctor", "--json")
    assert code == 5
    assert [finding.outcome for finding in msgspec.json.decode(out, type=Diagnosis).findings] == [
        "ok",
        "warning",
        "missing",
    ]


def test_it_runs_when_the_database_does_not_and_names_it(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "orstt.sqlite").write_bytes(b"this is no database at all" * 100)
    code, out, err = shell("doctor", "--json", ORSTT_DATA_DIR=str(tmp_path))
    findings = {finding.subject: finding for finding in msgspec.json.decode(out, type=Diagnosis).findings}
    assert (code, err) == (5, "")
    assert findings["database"].outcome == "missing"
    assert str(tmp_path) in findings["database"].detail
    assert findings["engine whisper"].outcome == "ok"


def test_it_runs_when_a_setting_is_wrong_and_names_it(shell: Shell) -> None:
    code, out, err = shell("doctor", ORSTT_PORT="many")
    assert (code, err) == (5, "")
    assert out.startswith("missing  settings: ")
    assert "port" in out


def test_a_server_that_does_not_answer_is_a_failure(shell: Shell) -> None:
    code, out, err = shell("doctor", "--remote", "http://127.0.0.1:9")
    assert (code, out) == (7, "")
    assert err.count("\n") == 1


def test_no_secret_is_shown(shell: Shell) -> None:
    secrets = {"ORSTT_API_KEY": "horse", "ORSTT_DATABASE_URL": "postgres://me:staple@127.0.0.1:9/x"}
    code, out, err = shell("doctor", **secrets)
    assert code == 5
    assert "ORSTT_API_KEY" in out
    assert "horse" not in out + err
    assert "staple" not in out + err


async def findings_of(models: Sequence[Model] | Exception, settings: Settings | None = None) -> dict[str, Finding]:
    async def read_models() -> Sequence[Model]:
        if isinstance(models, Exception):
            raise models
        return models

    diagnosis = await diagnose(settings or load_settings(), read_models)
    return {finding.subject: finding for finding in diagnosis.findings}


def configured(active: str) -> list[Model]:
    return [msgspec.structs.replace(model, is_active=model.name == active) for model in ScriptedBackend().rows.values()]


async def test_weights_are_missing_only_where_the_active_model_needs_them() -> None:
    found = await findings_of(configured(active="base"))
    assert found["model base (active)"].outcome == "ok"
    assert found["model small"] == Finding(
        subject="model small",
        outcome="warning",
        detail=found["model small"].detail,
        fix="orstt models validate small",
    )
    found = await findings_of(configured(active="small"))
    assert found["model small (active)"].outcome == "missing"
    assert found["model base"].outcome == "ok"


async def test_what_mends_the_active_model_is_what_its_validation_says() -> None:
    small = (await findings_of(configured(active="small")))["model small (active)"]
    assert "--download" in small.fix
    assert small.fix not in small.detail


async def test_an_engine_that_is_not_registered_is_found() -> None:
    models = [msgspec.structs.replace(model, model_type="gone") for model in configured(active="base")]
    found = await findings_of(models)
    assert found["model base (active)"].outcome == "missing"
    assert "gone" in found["model base (active)"].detail


async def test_a_database_that_fails_while_it_is_read_is_a_finding() -> None:
    found = await findings_of(DatabaseUnavailable("It is gone.", hint="Start it."))
    assert found["database"] == Finding(subject="database", outcome="missing", detail="It is gone.", fix="Start it.")


async def test_a_folder_that_cannot_be_written_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = await findings_of(configured("base"), load_settings(data_dir=tmp_path / "file/data"))
    assert found["data folder"].outcome == "missing"
    assert "ORSTT_DATA_DIR" in found["data folder"].fix
    assert not (tmp_path / "file/data").exists()


async def test_looking_makes_no_folder(tmp_path: Path) -> None:
    await findings_of(configured("base"), load_settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache"))
    assert list(tmp_path.iterdir()) == []


async def test_little_space_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 1 << 20

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    found = await findings_of(configured("base"))
    assert found["data folder"].outcome == "warning"
