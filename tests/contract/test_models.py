"""What every Backend promises about models, on every database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from counting import Counting
from ends import Ends

from orstt_core import __version__
from orstt_core.backend import Backend
from orstt_core.engines import registry
from orstt_core.errors import (
    EngineUnknown,
    InvalidRequest,
    ModelExists,
    ModelInUse,
    ModelNotFound,
    ModelNotUsable,
    OrsttError,
)
from orstt_core.types import BackendEvent, ModelDraft, ModelsChanged

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECOND = ModelDraft(
    name="second", model_type="counting", model="any", description="it only counts, so it loads at once"
)
THIRD = ModelDraft(name="third", model_type="counting", model="other")


@pytest.fixture(autouse=True)
def _counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._registered, "counting", Counting)


async def names(backend: Backend) -> list[str]:
    return [model.name for model in await backend.models()]


async def active(backend: Backend) -> list[str]:
    return [model.name for model in await backend.models() if model.is_active]


async def test_it_is_a_backend(backend: Backend) -> None:
    assert isinstance(backend, Backend)


async def test_a_new_database_has_the_five_defaults(backend: Backend) -> None:
    models = await backend.models()
    assert [model.name for model in models] == ["tiny", "base", "small", "medium", "large"]
    assert [model.name for model in models if model.is_active] == ["base"]
    assert [model.name for model in models if model.is_default] == ["base"]
    assert {(model.model_type, model.device, model.compute_type) for model in models} == {("whisper", "cpu", "int8")}
    assert all(model.model == model.name and model.description for model in models)
    assert all(model.created_at.tzinfo and model.updated_at.tzinfo for model in models)


async def test_it_says_what_and_where_it_is(backend: Backend, shared_database_url: str) -> None:
    info = await backend.info()
    assert info.version == __version__
    assert info.active_model == "base"
    assert info.database == shared_database_url.partition(":")[0]
    assert info.location == "local" or info.location.startswith("http://127.0.0.1:")
    assert "contract" not in info.location
    assert info.scope == "admin"


async def test_a_new_model_comes_last_neither_active_nor_default(backend: Backend) -> None:
    change = await backend.create_model(SECOND)
    assert (change.model.is_active, change.model.is_default) == (False, False)
    assert (change.model.model, change.model.compute_type) == ("any", "int8")
    assert (await backend.models())[-1] == change.model
    assert await backend.model("second") == await backend.model(change.model.id) == change.model


async def test_a_model_is_named_by_its_weights_unless_told(backend: Backend) -> None:
    assert (await backend.create_model(ModelDraft(name="base.en"))).model.model == "base.en"


async def test_a_model_that_cannot_run_yet_can_be_kept_with_a_warning(backend: Backend) -> None:
    change = await backend.create_model(ModelDraft(name="later", model="large-v3"))
    assert change.warnings
    assert "later" in await names(backend)


WRONG: list[tuple[ModelDraft, type[OrsttError], str]] = [
    (ModelDraft(name="base"), ModelExists, "name"),
    (ModelDraft(name=""), InvalidRequest, "name"),
    (ModelDraft(name="   "), InvalidRequest, "name"),
    (ModelDraft(name="x" * 101), InvalidRequest, "name"),
    (ModelDraft(name="../../etc/passwd"), InvalidRequest, "name"),
    (ModelDraft(name="a\0b"), InvalidRequest, "name"),
    (ModelDraft(name="x", model="no such weights"), InvalidRequest, "model"),
    (ModelDraft(name="x", device="toaster"), InvalidRequest, "device"),
    (ModelDraft(name="x", model="base", compute_type="int3"), InvalidRequest, ""),
    (ModelDraft(name="x", model_type="nope"), EngineUnknown, ""),
]


async def test_a_draft_that_is_wrong_is_refused_and_changes_nothing(backend: Backend) -> None:
    before = await backend.models()
    for draft, kind, field in WRONG:
        with pytest.raises(kind) as refusal:
            await backend.create_model(draft)
        assert (type(refusal.value), refusal.value.field) == (kind, field), draft
        assert refusal.value.message
    assert await backend.models() == before


async def test_a_model_is_found_by_its_id_or_its_name(backend: Backend) -> None:
    for model in await backend.models():
        assert await backend.model(model.id) == await backend.model(model.name) == model


async def test_names_of_any_letters_are_found(backend: Backend) -> None:
    for name in ("two words", "100%", "%2F", "7b", "Größe", "話", "a?b=c&d", "#1", "+", ".hidden"):
        made = (await backend.create_model(ModelDraft(name=name, model="base"))).model
        assert await backend.model(name) == made, name
        assert (await backend.delete_model(name)).id == made.id, name


NOBODY: list[int | str] = ["nope", "", " ", "a/b", "..", ".", "999", "x" * 3000, "\0", 0, -1, 999, 2**31, 2**53]


async def test_a_model_that_is_not_there_is_not_found(backend: Backend) -> None:
    for ref in NOBODY:
        for ask in (backend.model, backend.activate_model, backend.delete_model):
            with pytest.raises(ModelNotFound):
                await ask(ref)


async def test_a_near_miss_says_what_was_meant(backend: Backend) -> None:
    with pytest.raises(ModelNotFound) as refusal:
        await backend.model("smal")
    assert "'small'" in refusal.value.hint


async def test_activating_makes_it_the_only_active_one(backend: Backend) -> None:
    made = (await backend.create_model(SECOND)).model
    change = await backend.activate_model(made.id)
    assert change.model.is_active
    assert await active(backend) == ["second"]
    assert (await backend.info()).active_model == "second"
    await backend.create_model(THIRD)
    for _ in range(2):  # the second time it is
        await backend.activate_model("third")
        assert await active(backend) == ["third"]


async def test_a_model_that_cannot_run_here_leaves_the_old_one_active(backend: Backend) -> None:
    with pytest.raises(ModelNotUsable, match="large") as refusal:
        await backend.activate_model("large")
    assert "base" in refusal.value.hint
    assert await active(backend) == ["base"]


async def test_a_deleted_model_is_gone_and_returned_as_it_was(backend: Backend) -> None:
    made = (await backend.create_model(SECOND)).model
    assert await backend.delete_model("second") == made
    assert "second" not in await names(backend)
    with pytest.raises(ModelNotFound):
        await backend.delete_model(made.id)
    again = (await backend.create_model(SECOND)).model
    assert again.id != made.id


async def test_neither_the_active_nor_the_default_model_can_be_deleted(backend: Backend) -> None:
    await backend.create_model(SECOND)
    await backend.activate_model("second")
    for name, why in {"base": "default", "second": "active"}.items():
        with pytest.raises(ModelInUse, match=why):
            await backend.delete_model(name)
    assert {"base", "second"} <= set(await names(backend))


async def test_switches_at_once_leave_exactly_one_active(ends: Ends) -> None:
    for draft in (SECOND, THIRD):
        await ends.backend.create_model(draft)
    switches = [end.activate_model(name) for end in ends for name in ("second", "third") for _ in range(10)]
    changes = await asyncio.gather(*switches)
    assert all(change.model.is_active for change in changes)
    assert len(await active(ends.backend)) == 1


async def test_one_of_two_that_take_the_same_name_gets_it(ends: Ends) -> None:
    made = await asyncio.gather(*(end.create_model(SECOND) for end in ends), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["Change", "ModelExists"]


async def test_validation_makes_four_checks_in_order(backend: Backend) -> None:
    found = await backend.validate_model(ModelDraft(name="base"))
    assert (found.valid, found.available, found.warnings) == (True, True, [])
    assert [check.name for check in found.checks] == ["type", "dependencies", "device", "model"]
    assert {check.outcome for check in found.checks} == {"passed"}
    assert (found.device, found.compute_type) == ("cpu", "int8")


async def test_what_fails_a_check_is_in_the_answer(backend: Backend) -> None:
    for draft, failing in [
        (ModelDraft(name="base", model_type="nope"), "type"),
        (ModelDraft(name="base", compute_type="int3"), "device"),
        (ModelDraft(name="no-such-size"), "model"),
        (ModelDraft(name="large"), "model"),
    ]:
        found = await backend.validate_model(draft)
        assert not (found.valid and found.available)
        assert failing in found.message
        assert [check.name for check in found.checks if check.outcome == "failed"] == [failing]


async def test_engines_are_listed_with_what_they_can_do(backend: Backend) -> None:
    known = await backend.engines()
    engines = {engine.model_type: engine for engine in known.engines}
    assert {"whisper", "faster-whisper"} <= engines.keys()
    assert known.default_type == "whisper"
    assert engines["whisper"].available
    assert "int8" in engines["whisper"].compute_types["cpu"]
    assert "base" in engines["whisper"].models


async def test_the_diagnosis_looks_at_the_active_model(backend: Backend) -> None:
    diagnosis = await backend.diagnose()
    assert diagnosis.findings
    assert all(finding.subject and finding.detail for finding in diagnosis.findings)
    groups = [finding.group for finding in diagnosis.findings]
    together = [group for group, before in zip(groups, ["", *groups], strict=False) if group != before]
    assert all(groups)
    assert len(together) == len(set(together)), "findings of a group stand together"


async def test_what_others_change_is_told(ends: Ends) -> None:
    await ends.backend.create_model(SECOND)
    async with aclosing(ends.backend.events()) as events:
        listening = asyncio.create_task(_first_changes(events, 3))
        while not listening.done():  # until the one who listens is known to, and then on
            await ends.other.activate_model("second")
            await asyncio.sleep(0.01)
        told = await listening
    assert {event.reason for event in told} == {"activated second"}


async def _first_changes(events: AsyncGenerator[BackendEvent], count: int) -> list[ModelsChanged]:
    told: list[ModelsChanged] = []
    async for event in events:
        if isinstance(event, ModelsChanged):
            told.append(event)
        if len(told) == count:
            break
    return told
