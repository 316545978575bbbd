"""Options of a model that belong to its engine: described by it, checked by it, stored, and given to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from ends import Ends, SharedEnds
from troublesome import Optioned

from orstt_core.backend import Backend
from orstt_core.engines import registry
from orstt_core.errors import InvalidRequest
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import Done, ModelDraft, ModelUpdate, RawAudio, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECOND = RawAudio(data=b"\1\0" * 16_000, rate=16_000)


@pytest.fixture(autouse=True)
def _optioned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._registered, "optioned", Optioned)


def draft(name: str = "mine", **options: Any) -> ModelDraft:
    return ModelDraft(name=name, model_type="optioned", model="any", options=options)


async def test_an_engine_describes_its_options(backend: Backend) -> None:
    engines = (await backend.engines()).engines
    [info] = [engine for engine in engines if engine.model_type == "optioned"]
    kinds = {field.name: field.kind for field in info.options}
    assert kinds == {"region": "text", "beams": "integer", "share": "number", "loud": "flag", "mode": "choice"}
    assert info.options[0].description == "Where it computes."
    assert info.options[1].limits == {"ge": 1, "le": 8}
    assert info.options[4].choices == ["classic", "fast"]


async def test_they_are_stored_with_the_model_and_changed_one_by_one(backend: Backend) -> None:
    stored = (await backend.create_model(draft(region="eu-1", beams="4", share="0.5", loud=True, mode="fast"))).model
    assert stored.options == {"beams": 4, "loud": True, "region": "eu-1", "share": 0.5}
    assert await backend.model("mine") == stored
    changed = await backend.update_model("mine", ModelUpdate(options={"mode": "classic", "share": None}))
    assert changed.model.options == {"beams": 4, "loud": True, "mode": "classic", "region": "eu-1"}
    assert (await backend.update_model("mine", ModelUpdate(description="x"))).model.options == changed.model.options
    assert (await backend.audit())[1].detail == "option mode: none -> classic, option share: 0.5 -> none"


async def test_one_that_the_engine_knows_no_more_can_be_taken_out(ends: Ends, shared_ends: SharedEnds) -> None:
    await ends.backend.create_model(draft(loud=True))
    await shared_ends.execute("UPDATE api_sttmodel SET options = '{{\"old\": 1}}' WHERE name = 'mine'")
    assert "old" in (await ends.backend.validate_model(draft(old=1))).message
    assert (await ends.backend.update_model("mine", ModelUpdate(options={"old": None}))).model.options == {}
    with pytest.raises(InvalidRequest, match="misspelt"):
        await ends.backend.update_model("mine", ModelUpdate(options={"misspelt": None}))


async def test_what_does_not_fit_is_refused_by_name_before_anything_is_stored(backend: Backend) -> None:
    await backend.create_model(draft(loud=True))
    before = await backend.models()
    misfits: dict[str, Any] = {"beams": 9, "mode": "best", "region": "x" * 21, "share": "half", "speed": 1}
    for name, value in misfits.items():
        for attempt in (
            backend.create_model(draft("other", **{name: value})),
            backend.update_model("mine", ModelUpdate(options={name: value})),
        ):
            with pytest.raises(InvalidRequest, match=name) as refusal:
                await attempt
            assert refusal.value.field == f"options.{name}"
        validation = await backend.validate_model(draft("other", **{name: value}))
        assert not validation.valid
        assert name in validation.message
    assert await backend.models() == before


async def test_other_options_are_another_loaded_model_and_reach_its_engine(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, max_loaded=2)
    async with LocalBackend(settings) as backend:
        for name, beams in (("one", 1), ("two", 2)):
            await backend.create_model(draft(name, beams=beams))
        said = {}
        for name in ("one", "two"):
            events = [event async for event in backend.transcribe(TranscribeRequest(audio=SECOND, model=name))]
            assert isinstance(events[-1], Done)
            said[name] = msgspec.json.decode(events[-1].transcript.text, type=Optioned.Options)
        assert said == {"one": Optioned.Options(beams=1), "two": Optioned.Options()}
        assert {tuple(model.names) for model in await backend.loaded_models()} == {("one",), ("two",)}
