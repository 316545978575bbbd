"""Experiments stop by themselves: by a budget of time, at their end, once B is better, and once it does harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from counting import write_count
from msgspec.structs import replace
from pace import QUICK
from rivals import Rival

from orstt_core.db.experiment_tables import ObservationRow
from orstt_core.db.experiments import ExperimentStore
from orstt_core.engines import registry
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import ExperimentDraft, ModelDraft

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RECORDINGS = 60
"""After so many of which one model is always better it is sure."""


async def judged(backend: LocalBackend, experiment: str, loss_a: float, loss_b: float) -> None:
    """Store recordings of an experiment, by its id, all judged alike."""
    table = backend._database.table(ObservationRow)
    await table.insert(
        *(
            table(
                experiment=experiment,
                digest=str(number),
                at=AT,
                observed_at=AT,
                state="done",
                loss_a=loss_a,
                loss_b=loss_b,
            )
            for number in range(RECORDINGS)
        )
    )


async def test_an_experiment_stops_when_it_is_decided_does_harm_or_its_time_is_over(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", {"rival": Rival})
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    async with LocalBackend(settings, drain=False, pace=QUICK) as backend:
        for name in ("good", "poor"):
            await backend.create_model(ModelDraft(name=name, model_type="rival", model=name))
        now = await backend._database.now()
        drafts = {
            "decided": ExperimentDraft(name="decided", a="poor", b="good"),
            "harmful": ExperimentDraft(name="harmful", a="good", b="poor", harm=20.0),
            "borne": ExperimentDraft(name="borne", a="good", b="poor", harm=100.0),
            "over": ExperimentDraft(name="over", a="good", b="poor", until=now + timedelta(hours=1)),
        }
        for draft in drafts.values():
            assert (await backend.create_experiment(draft)).state == "running"
        for stored in await ExperimentStore(backend._database).list():
            if (name := stored.draft.name) != "over":
                await judged(backend, stored.id, *((1.0, 0.0) if name == "decided" else (0.0, 1.0)))
        assert (await backend.experiment("over")).state == "running"

        async def later() -> datetime:
            return now + timedelta(hours=2)

        monkeypatch.setattr(backend._database, "now", later)
        found = {name: await backend.experiment(name) for name in drafts}
        assert {name: (each.state, each.cause) for name, each in found.items()} == {
            "decided": ("stopped", "decision"),
            "harmful": ("stopped", "harm"),
            "borne": ("running", ""),  # it may be worse by all
            "over": ("stopped", "budget"),
        }
        assert found["decided"].reason.startswith("B (good) is better by 100.0 points")
        assert found["harmful"].reason.startswith("poor does harm: B (poor) is worse by 100.0 points")
        assert found["over"].reason.startswith(f"Its time was over on {now + timedelta(hours=1):%Y-%m-%d %H:%M}.")
        told = [(each.actor, each.subject) for each in await backend.audit(3)]
        assert set(told) == {("experiment", name) for name in ("decided", "harmful", "over")}


async def test_a_split_counts_what_b_computes_and_stops_when_that_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", {"rival": Rival})
    audio = write_count(tmp_path / "own.wav", 2)
    async with LocalBackend(Settings(data_dir=tmp_path / "data"), drain=False, pace=QUICK) as backend:
        for name in ("good", "poor"):
            await backend.create_model(ModelDraft(name=name, model_type="rival", model=name))
        await backend.activate_model("poor")
        ample = ExperimentDraft(name="ample", a="poor", b="good", kind="split", judge="proxies", share=1.0, seconds=1e9)
        await backend.create_experiment(ample)
        spent = []
        for _ in range(2):  # the same recording takes part once, and B computes for it twice
            assert (await backend.transcript(audio, word_timestamps=False)).model.name == "good"
            spent.append((await backend.experiment("ample")).spent)
        assert 0 < spent[0] < spent[1]
        assert (await backend.stop_experiment("ample")).result.recordings == 1

        await backend.create_experiment(replace(ample, name="scarce", seconds=1e-9))
        assert (await backend.transcript(audio, word_timestamps=False)).model.name == "good"
        found = await backend.experiment("scarce")
        assert (found.state, found.cause) == ("stopped", "budget")
        assert found.reason.startswith("good computed for 0 of 1e-09 seconds.")
        assert (await backend.transcript(audio, word_timestamps=False)).model.name == "poor"  # all work is A's again
