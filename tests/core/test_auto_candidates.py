"""What `auto` expects of each model now: what is in memory, suspended, busy or without weights, and the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, cast

import pytest
from counting import Counting
from rated_models import CLEAN, model, result

from orstt_core.engines import registry
from orstt_core.runtime.model_spec import spec_of
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.runtime.slot import LoadedEngine
from orstt_core.selection.auto import AutoSelector
from orstt_core.selection.knowledge import LOAD_SECONDS, Knowledge
from orstt_core.settings import Settings
from orstt_core.types import Model, Priority, TranscribeOptions

State = Literal["loading", "idle", "busy", "suspended"]
STATES: tuple[State, ...] = ("loading", "idle", "busy", "suspended")


class Pool:
    """A pool that has an engine in each state, of a model that is called so; two recordings at once on each."""

    def loaded(self) -> list[LoadedEngine]:
        return [
            LoadedEngine(
                spec=spec_of(model(state, model_type="counting")),
                state=state,
                device="cpu",
                compute_type="int8",
                memory=0,
                using=5 if state == "busy" else 0,
                loaded_at=None,
                expires_at=None,
                suspended_until=None,
                reason="",
                pid=0,
            )
            for state in STATES
        ]

    def capacity(self, spec: EngineSpec) -> int:
        return 2


async def test_what_is_loaded_suspended_or_busy_counts_and_what_has_no_weights_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "counting", Counting)
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    models = [model(name, model_type="counting") for name in ("unloaded", *STATES)]

    async def all_models() -> list[Model]:
        return [model("base", model=str(tmp_path / "nothing")), *models]

    async def knowledge() -> Knowledge:
        return Knowledge(
            benchmarked=[each for one in models for each in [result(one.name, 2, CLEAN, engine="counting")] * 20]
        )

    selector = AutoSelector(all_models, knowledge, cast("EnginePool", Pool()), Settings(data_dir=tmp_path))
    usable = await selector._usable(TranscribeOptions(language="en"))
    assert usable == models, "where its weights are to be there is nothing"

    async def expected(priority: Priority, parts: int = 1) -> dict[str, float]:
        candidates = await selector._candidates(usable, CLEAN, "en", priority, parts=parts)
        return {each.model.name: round(each.seconds, 3) for each in candidates}

    now = {"unloaded": 6.0 + LOAD_SECONDS, "loading": 6.0 + LOAD_SECONDS, "idle": 6.0, "busy": 6.0}
    assert await expected("interactive") == now  # it goes before those in the background
    assert await expected("background") == now | {"busy": 18.0}  # five, two at a time: two rounds go before
    assert await expected("interactive", parts=2) == {name: seconds + 6.0 for name, seconds in now.items()}
    monkeypatch.setattr(os, "getloadavg", lambda: (3.0 * (os.cpu_count() or 1), 0.0, 0.0))
    assert await expected("interactive") == {name: seconds + 12.0 for name, seconds in now.items()}
