"""A model is tuned where it runs, and put back: near and far, followed as it goes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from core.test_tuning import ScriptedBenchmark, Tunable
from ends import Ends
from troublesome import Plain

from orstt_core.engines import registry
from orstt_core.errors import Conflict, ModelNotFound
from orstt_core.runtime import probe
from orstt_core.tuning import service
from orstt_core.types import ModelDraft, Tuned, TuningEvent, TuningStatus, TuningTried

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ScriptedBenchmark:
    """What says how fast settings are."""
    benchmark = ScriptedBenchmark(1.1)

    @asynccontextmanager
    async def opened(_spec: object, _settings: object, _can: object, status: object) -> AsyncIterator[object]:
        assert callable(status)
        status("loading the model as it is")
        yield benchmark

    monkeypatch.setattr("orstt_core.tuning.service.Benchmark.opened", opened)
    monkeypatch.setattr(service, "look_at_tuning", probe._tuning)
    monkeypatch.setitem(registry._registered, "tunable", Tunable)
    monkeypatch.setitem(registry._registered, "plain", Plain)
    return benchmark


async def test_a_model_is_tuned_as_one_follows_and_put_back(ends: Ends, benchmark: ScriptedBenchmark) -> None:
    backend = ends.backend
    await backend.create_model(ModelDraft(name="mine", model_type="tunable", model="any", options={"loud": True}))
    await backend.create_model(ModelDraft(name="plain", model_type="plain", model="any"))

    async def tuned(ref: int | str, *, store: bool = True) -> list[TuningEvent]:
        return [event async for event in backend.tune_model(ref, store=store)]

    first, *tried, last = await tuned("mine", store=False)
    assert first == TuningStatus(text="loading the model as it is")
    assert isinstance(last, Tuned)
    assert [event.trial for event in tried if isinstance(event, TuningTried)] == last.tuning.trials
    assert (await ends.other.model("mine")).options == {"loud": True}
    await tuned((await backend.model("mine")).id)
    assert (await ends.other.model("mine")).options == {"loud": True, "beams": 3}
    assert (await backend.undo_tuning("mine")).model.options == {"loud": True}
    with pytest.raises(Conflict, match="never tuned"):
        await backend.undo_tuning("mine")
    with pytest.raises(Conflict, match="nothing to tune"):
        await tuned("plain")
    with pytest.raises(ModelNotFound):
        await tuned("nobody's")
    benchmark.speed = 0.0  # it never ends
    benchmark.started.clear()
    async with aclosing(backend.tune_model("mine")) as events:
        await anext(events)
        await benchmark.started.wait()
    assert (await backend.model("mine")).options == {"loud": True}
    about = await backend.audit(10, "mine")
    assert {entry.subject for entry in about} == {"mine"}
    assert [entry.action for entry in about[:3]] == ["model.updated", "model.updated", "model.created"]
    assert await ends.other.audit(1, "mine") == about[:1]
    assert await backend.audit(10, "nobody's") == []
