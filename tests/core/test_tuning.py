"""Promises of tuning: what is tried, what of it is kept, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from engine_work import Desk, spec
from troublesome import Optioned, Plain

from orstt_core.engines import registry
from orstt_core.engines.base import BaseSTT
from orstt_core.errors import Conflict, DeviceUnavailable, EngineUnavailable, ModelNotUsable
from orstt_core.local import LocalBackend
from orstt_core.measurements.machine import this_machine
from orstt_core.runtime import probe
from orstt_core.runtime.model_spec import spec_of
from orstt_core.settings import Settings
from orstt_core.tuning import records, service
from orstt_core.tuning.benchmark import Benchmark
from orstt_core.tuning.descent import descend
from orstt_core.types import (
    Change,
    ModelDraft,
    ModelSetting,
    ModelUpdate,
    TuningChoice,
    TuningFigures,
    TuningTrial,
)

INT8 = ModelSetting(compute_type="int8")


def choice(**options: Any) -> TuningChoice:
    return TuningChoice(options=options)


def trial(setting: ModelSetting, speed: float, wrong: int = 0) -> TuningTrial:
    """A setting that is so many times as fast as the present one."""
    before = TuningFigures(clip_seconds=1, long_seconds=8, long_duration=75, wrong_words=1, memory=1)
    after = msgspec.structs.replace(before, clip_seconds=1 / speed, long_seconds=8 / speed, wrong_words=1 + wrong)
    return TuningTrial(setting=setting, before=before, after=after)


async def descended(
    dimensions: Sequence[Sequence[TuningChoice]], *speeds: float | TuningTrial, start: ModelSetting = INT8
) -> list[TuningTrial]:
    """Descend with these measurements, in order."""
    scripted = iter(speeds)
    reported: list[TuningTrial] = []

    async def measure(setting: ModelSetting) -> TuningTrial:
        found = next(scripted)
        return trial(setting, found) if isinstance(found, float) else msgspec.structs.replace(found, setting=setting)

    trials = await descend(start, dimensions, measure, reported.append)
    assert reported == trials
    assert next(scripted, None) is None
    return trials


async def test_each_dimension_begins_with_the_best_of_those_before() -> None:
    trials = await descended(
        [[choice(workers=1), choice(workers=4)], [choice(batch=4)], [TuningChoice(compute_type="float32")]],
        *(1.2, 1.2, 1.5, 1.5, 1.4, 2.0, 2.0),
    )
    assert [(found.setting.options, found.kept) for found in trials] == [
        ({"workers": 1}, True),
        ({"workers": 4}, True),
        ({"workers": 4, "batch": 4}, False),
        ({"workers": 4}, True),
    ]
    assert trials[-1].setting.compute_type == "float32"
    assert [round(found.speed, 3) for found in trials] == [1.2, 1.5, 1.4, 2.0]


async def test_less_than_five_percent_is_no_gain_and_neither_is_luck() -> None:
    trials = await descended([[choice(batch=4), choice(batch=8), choice(batch=16)]], 1.04, 1.3, 1.04, 0.5)
    assert [found.kept for found in trials] == [False, False, False]


async def test_what_hears_more_words_wrongly_is_not_kept_however_fast() -> None:
    wrong, right = trial(INT8, 9.0, wrong=1), trial(INT8, 1.1, wrong=-1)
    trials = await descended([[choice(batch=4)], [choice(batch=8)]], wrong, right, right)
    assert [found.kept for found in trials] == [False, True]


async def test_what_cannot_be_tried_is_told_and_the_rest_goes_on() -> None:
    broken = TuningTrial(setting=INT8, problem="There is not enough memory.")
    trials = await descended([[choice(batch=32), choice(batch=8)]], broken, 1.2, 1.2)
    assert [(found.problem, found.kept) for found in trials] == [("There is not enough memory.", False), ("", True)]


async def test_no_setting_is_tried_that_is_there_already() -> None:
    start = ModelSetting(compute_type="int8", options={"batch": 4})
    dimensions = [[choice(batch=4), TuningChoice(compute_type="int8")], [choice(batch=None)], [choice(batch=4)]]
    assert [found.setting for found in await descended(dimensions, 0.9, start=start)] == [INT8]


class Tunable(Optioned):
    """Has a choice of each kind."""

    @classmethod
    def tuning_dimensions(
        cls, model_name: str, device: str, options: BaseSTT.Options
    ) -> Sequence[Sequence[TuningChoice]]:
        assert isinstance(options, cls.Options)
        if options.region == "broken":
            raise RuntimeError("no idea")
        return [[TuningChoice(options={"beams": options.beams + 1})], [TuningChoice(compute_type="float32")]]


class ScriptedBenchmark:
    """Gives every setting the same speed."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.started = asyncio.Event()

    async def compare(self, setting: ModelSetting) -> TuningTrial:
        self.started.set()
        await asyncio.sleep(0 if self.speed else 3600)
        return trial(setting, self.speed)


@pytest.fixture
def speed(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Any]:
    """Set how fast every other setting is; 0: it never ends. What may be tried is looked up in this process."""

    def set_speed(speed: float) -> ScriptedBenchmark:
        benchmark = ScriptedBenchmark(speed)

        @asynccontextmanager
        async def opened(*_: object) -> AsyncIterator[ScriptedBenchmark]:
            yield benchmark

        monkeypatch.setattr("orstt_core.tuning.service.Benchmark.opened", opened)
        monkeypatch.setattr(service, "look_at_tuning", probe._tuning)
        return benchmark

    return set_speed


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
async def backend(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalBackend]:
    """With the models `mine`, which can be tuned, and `plain`, which cannot."""
    monkeypatch.setitem(registry._registered, "tunable", Tunable)
    monkeypatch.setitem(registry._registered, "plain", Plain)
    async with LocalBackend(settings) as backend:
        await backend.create_model(ModelDraft(name="mine", model_type="tunable", model="any", options={"loud": True}))
        await backend.create_model(ModelDraft(name="plain", model_type="plain", model="any"))
        yield backend


async def test_the_best_setting_is_stored_and_undone(backend: LocalBackend, settings: Settings, speed: Any) -> None:
    before = await backend.model("mine")
    speed(1.1)
    tuning = await service.tune(backend, settings, "mine")
    assert tuning.before == ModelSetting(compute_type="int8", options={"loud": True})
    assert tuning.after == ModelSetting(compute_type="int8", options={"loud": True, "beams": 3})
    assert tuning.best == tuning.trials[0]
    tuned = await backend.model("mine")
    assert records.setting_of(tuned) == tuning.after
    assert records.read(settings.data_dir, tuned) == tuning
    assert [entry.action for entry in await backend.audit(1)] == ["model.updated"]
    restored = (await service.undo(backend, settings, "mine")).model
    assert records.setting_of(restored) == records.setting_of(before)
    with pytest.raises(Conflict, match="never tuned"):
        await service.undo(backend, settings, "mine")


async def test_tuned_twice_it_goes_back_to_what_a_person_chose(
    backend: LocalBackend, settings: Settings, speed: Any
) -> None:
    speed(1.1)
    await service.tune(backend, settings, "mine")
    await service.tune(backend, settings, "mine")
    assert (await backend.model("mine")).options == {"loud": True, "beams": 4}
    assert (await service.undo(backend, settings, "mine")).model.options == {"loud": True}


async def test_what_somebody_changed_since_is_not_undone(backend: LocalBackend, settings: Settings, speed: Any) -> None:
    speed(1.1)
    await service.tune(backend, settings, "mine")
    await backend.update_model("mine", ModelUpdate(options={"region": "there"}))
    with pytest.raises(Conflict, match="was changed since it was tuned") as refused:
        await service.undo(backend, settings, "mine")
    assert "int8, loud=True" in str(refused.value)


async def test_what_gains_nothing_is_noted_and_changes_nothing(
    backend: LocalBackend, settings: Settings, speed: Any
) -> None:
    before = await backend.model("mine")
    speed(1.0)
    assert (await service.tune(backend, settings, "mine")).best is None
    assert await backend.model("mine") == before
    assert records.advice(settings.data_dir, before) == ""
    with pytest.raises(Conflict, match="changed nothing"):
        await service.undo(backend, settings, "mine")


async def test_a_dry_run_and_one_that_is_stopped_leave_nothing(
    backend: LocalBackend, settings: Settings, speed: Any
) -> None:
    before = await backend.model("mine")
    speed(1.1)
    await service.tune(backend, settings, "mine", store=False)
    benchmark = speed(0.0)
    tuning = asyncio.create_task(service.tune(backend, settings, "mine"))
    await benchmark.started.wait()
    tuning.cancel()
    await asyncio.wait({tuning})
    assert await backend.model("mine") == before
    assert records.read(settings.data_dir, before) is None


@pytest.mark.parametrize("stored", [True, False])
async def test_what_is_stopped_while_it_is_being_stored_can_be_undone_if_it_was(
    backend: LocalBackend, settings: Settings, speed: Any, monkeypatch: pytest.MonkeyPatch, *, stored: bool
) -> None:
    update_model = backend.update_model

    async def stopped(ref: int | str, update: ModelUpdate) -> Change:
        if stored:
            await update_model(ref, update)
        raise asyncio.CancelledError

    speed(1.1)
    monkeypatch.setattr(backend, "update_model", stopped)
    with pytest.raises(asyncio.CancelledError):
        await service.tune(backend, settings, "mine")
    monkeypatch.setattr(backend, "update_model", update_model)
    assert (records.read(settings.data_dir, await backend.model("mine")) is not None) == stored
    if stored:
        assert (await service.undo(backend, settings, "mine")).model.options == {"loud": True}


async def test_a_model_that_was_changed_meanwhile_is_left_alone(
    backend: LocalBackend, settings: Settings, speed: Any
) -> None:
    async def meddle(setting: ModelSetting) -> TuningTrial:
        await backend.update_model("mine", ModelUpdate(options={"region": "there"}))
        return trial(setting, 1.1)

    speed(1.1).compare = meddle
    with pytest.raises(Conflict, match="changed by somebody else"):
        await service.tune(backend, settings, "mine")
    model = await backend.model("mine")
    assert model.options == {"loud": True, "region": "there"}
    assert records.read(settings.data_dir, model) is None


async def test_what_cannot_be_tuned_says_so_in_a_sentence(backend: LocalBackend, settings: Settings) -> None:
    looked_up = await asyncio.to_thread(probe.look_at_tuning, spec_of(await backend.model("mine")))
    assert looked_up.dimensions == [[choice(beams=3)], [TuningChoice(compute_type="float32")]], "by a child process"
    with pytest.raises(Conflict, match=r"nothing to tune about plain: its engine"):
        await service.tune(backend, settings, "plain")
    await backend.update_model("mine", ModelUpdate(options={"region": "broken"}))
    with pytest.raises(EngineUnavailable, match="RuntimeError: no idea"):
        await service.tune(backend, settings, "mine")
    await backend.create_model(ModelDraft(name="far", model_type="tunable", model="any", device="cuda"))
    with pytest.raises(DeviceUnavailable, match="run on cuda"):
        await service.tune(backend, settings, "far")
    with pytest.raises(ModelNotUsable, match="small"):
        await service.tune(backend, settings, "small")


async def test_what_can_be_tuned_is_known_without_a_look_at_a_model(backend: LocalBackend) -> None:
    engines = {engine.model_type: engine.tunable for engine in (await backend.engines()).engines}
    tunable = {name: engines[name] for name in ("whisper", "faster-whisper", "tunable", "plain")}
    assert tunable == {"whisper": True, "faster-whisper": True, "tunable": True, "plain": False}


async def test_a_record_is_of_these_weights_on_this_machine(
    backend: LocalBackend, settings: Settings, speed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    speed(1.1)
    folder = settings.data_dir
    assert records.advice(folder, await backend.model("mine")) == "Never tuned."
    await service.tune(backend, settings, "mine")
    model = await backend.model("mine")
    assert records.advice(folder, model) == ""
    assert records.read(folder, msgspec.structs.replace(model, model="other")) is None
    other = msgspec.structs.replace(this_machine(), cores=512)
    monkeypatch.setattr(records, "this_machine", lambda: other)
    assert records.advice(folder, model) == "Tuned on another machine."
    (folder / "tuning" / f"{model.id}.json").write_text("{")
    assert records.advice(folder, model) == "Never tuned."


async def test_a_model_that_does_not_understand_the_sentence_is_not_tuned(desk: Desk) -> None:
    with pytest.raises(Conflict, match="22 of the 22 words of an English sentence wrongly"):
        async with Benchmark.opened(spec("Plain"), desk.settings, frozenset(), lambda _: None):
            pass


def test_a_machine_is_told_by_what_computes() -> None:
    machine = this_machine()
    assert machine.processor
    assert machine.cores >= 1
    assert machine.memory_gb >= 1
    assert machine == this_machine()
