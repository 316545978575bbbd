"""`orstt doctor`, and the findings behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cli.running import Result
from scripted import ScriptedBackend
from scripted_jobs import WHEN, a_job

from orstt_core.diagnosis.engines import engines
from orstt_core.doctor import diagnose
from orstt_core.errors import DatabaseUnavailable
from orstt_core.settings import Settings, load_settings
from orstt_core.types import (
    ApiKey,
    Diagnosis,
    EngineInfo,
    EngineList,
    Finding,
    JobPage,
    JobQuery,
    LoadedModel,
    Model,
    Readiness,
    Stats,
    StatsQuery,
)

Run = Callable[..., Result]
IDLE = Readiness(ready=True)


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


def test_it_runs_when_the_database_does_not_and_names_it(real_orstt: Run, tmp_path: Path) -> None:
    (tmp_path / "orstt.sqlite").write_bytes(b"this is no database at all" * 100)
    code, out, err = real_orstt("doctor", "--json", ORSTT_DATA_DIR=str(tmp_path))
    findings = {finding.subject: finding for finding in msgspec.json.decode(out, type=Diagnosis).findings}
    assert (code, err) == (5, "")
    assert findings["database"].outcome == "missing"
    assert str(tmp_path) in findings["database"].detail
    assert findings["engine whisper, faster-whisper"].outcome == "ok"


def test_it_runs_when_a_setting_is_wrong_and_names_it(orstt: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORSTT_PORT", "many")
    code, out, err = orstt("doctor")
    assert (code, err) == (5, "")
    assert out.startswith("missing  settings: ")
    assert "port" in out


def test_a_misspelt_setting_is_a_warning_with_the_right_name(real_orstt: Run) -> None:
    said = real_orstt("doctor", ORSTT_DATABSE_URL="postgres://u:topsecret@h/d").out
    assert "ORSTT_DATABSE_URL is no setting, so it has no effect" in said
    assert "set ORSTT_DATABASE_URL instead" in said
    assert "topsecret" not in said


def test_a_server_that_does_not_answer_is_a_failure(real_orstt: Run) -> None:
    code, out, err = real_orstt("doctor", "--remote", "http://127.0.0.1:9")
    assert (code, out) == (7, "")
    assert err.count("\n") == 1


def test_no_secret_is_shown(real_orstt: Run) -> None:
    secrets: dict[str, Any] = {"ORSTT_API_KEY": "horse", "ORSTT_DATABASE_URL": "postgres://me:staple@127.0.0.1:9/x"}
    code, out, err = real_orstt("doctor", **secrets)
    assert code == 5
    assert "ORSTT_API_KEY" in out
    assert "horse" not in out + err
    assert "staple" not in out + err


async def findings_of(
    models: Sequence[Model] | Exception,
    settings: Settings | None = None,
    *,
    loaded: Sequence[LoadedModel] = (),
    readiness: Readiness = IDLE,
    failed: int = 0,
    keys: Sequence[ApiKey] = (),
    given_up: int = 0,
) -> dict[str, Finding]:
    class Asked:
        async def models(self) -> list[Model]:
            if isinstance(models, Exception):
                raise models
            return [*models]

        async def loaded_models(self) -> list[LoadedModel]:
            return [*loaded]

        async def readiness(self) -> Readiness:
            return readiness

        async def jobs(self, query: JobQuery) -> JobPage:
            assert query.states == ["failed"]
            rows = [a_job(number, state="failed") for number in range(failed)]
            return JobPage(jobs=rows[: query.limit], next="more" if failed > query.limit else "", total=failed)

        async def keys(self) -> list[ApiKey]:
            return [*keys]

        async def notices_given_up(self) -> int:
            return given_up

        async def stats(self, query: StatsQuery) -> list[Stats]:
            assert query.here
            return []

    diagnosis = await diagnose(settings or load_settings(), Asked())
    return {finding.subject: finding for finding in diagnosis.findings}


def configured(active: str) -> list[Model]:
    return [msgspec.structs.replace(model, is_active=model.name == active) for model in ScriptedBackend().rows.values()]


async def test_weights_are_missing_only_where_the_active_model_needs_them() -> None:
    found = await findings_of(configured(active="base"))
    assert found["model base (active)"].outcome == "ok"
    assert found["model small"] == Finding(
        group="models",
        subject="model small",
        outcome="warning",
        detail=found["model small"].detail,
        fix="orstt models pull small",
    )
    found = await findings_of(configured(active="small"))
    assert found["model small (active)"].outcome == "missing"
    assert found["model base"].outcome == "ok"


async def test_a_model_that_can_run_but_was_never_tuned_here_has_a_hint(tmp_path: Path) -> None:
    base = (await findings_of(configured("base"), load_settings(data_dir=tmp_path)))["model base (active)"]
    assert (base.outcome, base.fix) == ("ok", "orstt tune base")
    assert base.detail.endswith("Never tuned.")


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
    database = found["database"]
    assert (database.outcome, database.detail, database.fix) == ("missing", "It is gone.", "Start it.")


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


async def test_jobs_are_counted() -> None:
    found = await findings_of(configured("base"), readiness=Readiness(ready=True, queued=3, running=1), failed=2)
    assert found["jobs"] == Finding(
        group="service",
        subject="jobs",
        outcome="ok",
        detail="3 waiting, 1 running, 2 failed",
        fix="orstt jobs list --state failed",
    )
    assert "more than 500 failed" in (await findings_of(configured("base"), failed=501))["jobs"].detail


async def test_a_full_queue_is_a_warning_with_its_reason() -> None:
    full = Readiness(ready=False, reason="100 jobs wait already.", queued=100)
    found = await findings_of(configured("base"), readiness=full)
    assert found["jobs"].outcome == "warning"
    assert found["jobs"].detail.endswith("no more are taken: 100 jobs wait already.")


async def test_a_suspended_model_is_a_warning_with_its_reason() -> None:
    suspended = LoadedModel(
        names=["base", "quick"],
        model_type="whisper",
        model="base",
        device="cpu",
        compute_type="int8",
        state="suspended",
        reason="Its engine died twice.",
        suspended_until=WHEN,
    )
    busy = msgspec.structs.replace(suspended, names=["tiny"], state="busy")
    found = await findings_of(configured("base"), loaded=[suspended, busy])
    assert found["suspended base, quick"].outcome == "warning"
    assert found["suspended base, quick"].detail.startswith("Its engine died twice. Tried again at ")
    assert not any("tiny" in subject for subject in found if subject.startswith("suspended"))


async def test_the_spool_says_what_is_in_it(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    assert (await findings_of(configured("base"), settings))["spool folder"].detail.endswith("free, nothing in it")
    settings.spool.mkdir()
    (settings.spool / "upload-a").write_bytes(bytes(3 << 20))
    (settings.spool / "upload-b").write_bytes(bytes(1 << 20))
    (settings.spool / "decoded-a.f32").write_bytes(bytes(2 << 20))
    found = await findings_of(configured("base"), settings)
    assert found["spool folder"].detail.endswith("free, 2 recordings in it, 4 MB, decoded sound in it, 2 MB")


@pytest.mark.parametrize(
    ("days", "said"),
    [(30.0, "kept for 30 days"), (0.5, "kept for 0.5 days"), (0.0, "not kept"), (-1.0, "kept until they are deleted")],
)
async def test_how_long_transcripts_are_kept_is_said_in_words(days: float, said: str) -> None:
    found = await findings_of(configured("base"), load_settings(transcript_days=days))
    assert found["transcripts"].detail.startswith(said)


async def test_the_limits_are_said() -> None:
    found = await findings_of(configured("base"), load_settings(decode_memory_mb=512, max_audio_hours=3))
    assert "up to 3 hours" in found["limits"].detail
    assert "512 MiB of memory" in found["limits"].detail
    assert "the sound of all together on 4096 MiB" in found["limits"].detail


async def test_an_engine_of_two_names_is_one_finding() -> None:
    found = await findings_of(configured("base"))
    assert [subject for subject in found if "faster-whisper" in subject] == ["engine whisper, faster-whisper"]


def test_engines_that_no_model_needs_are_two_lines_however_many_there_are() -> None:
    def engine(name: str, **declared: Any) -> EngineInfo:
        return EngineInfo(model_type=name, title=name.title(), available=False, **declared)

    listed = EngineList(
        engines=[
            msgspec.structs.replace(engine("whisper"), available=True),
            engine("birds", reason="birds is not installed.", install="pip install birds"),
            engine("frogs", reason="frogs is not installed.", install="pip install frogs"),
            engine("cloud", sends_sound=True, reason="not configured"),
            engine("cracked", reason="It does not load."),
        ]
    )
    models = configured("base")
    found = {finding.subject: finding for finding in engines(listed, models)}
    assert list(found) == ["engine whisper", "engine cracked", "engines not installed", "engines off"]
    assert {name: finding.outcome for name, finding in found.items() if finding.outcome != "ok"} == {
        "engine cracked": "warning"
    }
    absent = found["engines not installed"]
    assert (absent.detail, absent.fix) == ("birds, frogs", "orstt types")
    models[0] = msgspec.structs.replace(models[0], model_type="frogs")
    found = {finding.subject: finding for finding in engines(listed, models)}
    assert (found["engine frogs"].outcome, found["engine frogs"].fix) == ("warning", "pip install frogs")
    assert found["engines not installed"].detail == "birds"


async def test_keys_that_can_be_used_are_counted() -> None:
    models = configured(active="base")
    assert (await findings_of(models))["API keys"].detail == "none: `orstt serve` answers this machine only"
    held = [ApiKey(id=f"{n}", name=f"{n}", scope="manage", created_at=WHEN, created_by="user alice") for n in range(3)]
    held[0] = msgspec.structs.replace(held[0], revoked_at=WHEN)
    held[1] = msgspec.structs.replace(held[1], expires_at=WHEN)
    assert (await findings_of(models, keys=held))["API keys"].detail == "1 can be used"
    found = await findings_of(models, Settings(api_key="correct-horse"))
    assert found["API keys"].detail == "0 can be used, and that of the setting api_key"
    assert "horse" not in str(found)


async def test_notices_that_nobody_took_are_a_warning() -> None:
    models = configured(active="base")
    assert (await findings_of(models))["webhooks"].detail.startswith("off")
    found = await findings_of(models, Settings(webhook_secret="s" * 32), given_up=2)
    assert (found["webhooks"].outcome, found["webhooks"].detail[-1]) == ("warning", "2")
