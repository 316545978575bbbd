"""The configured models in the database, on SQLite and on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from orstt_core.db.database import Database
from orstt_core.db.models import ModelStore
from orstt_core.errors import DatabaseUnavailable, InvalidRequest, ModelExists, ModelInUse, ModelNotFound
from orstt_core.types import ModelDraft


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url) as database:
        yield database


@pytest.fixture
def store(database: Database) -> ModelStore:
    return ModelStore(database)


async def test_a_new_database_has_the_five_models_of_the_seed_in_order(store: ModelStore) -> None:
    models = await store.list()
    assert [(model.name, model.description) for model in models] == [
        ("tiny", "Fastest, lowest accuracy"),
        ("base", "Balanced speed and accuracy (recommended)"),
        ("small", "Better accuracy, slower"),
        ("medium", "High accuracy, significantly slower"),
        ("large", "Best accuracy, slowest, needs more resources"),
    ]
    assert [model.id for model in models] == [1, 2, 3, 4, 5]
    assert {(model.model_type, model.device, model.compute_type) for model in models} == {("whisper", "cpu", "int8")}
    assert all(model.model == model.name for model in models)
    assert [model.name for model in models if model.is_active] == ["base"]
    assert [model.name for model in models if model.is_default] == ["base"]


async def test_times_carry_their_zone_and_are_now(store: ModelStore) -> None:
    added = await store.add(ModelDraft(name="mine"))
    assert all(model.created_at.utcoffset() is not None for model in await store.list())
    assert abs((datetime.now(UTC) - added.created_at).total_seconds()) < 60
    assert added.created_at == added.updated_at


@pytest.mark.parametrize("ref", [3, "3", "small"])
async def test_a_model_is_found_by_id_by_digits_and_by_name(store: ModelStore, ref: int | str) -> None:
    assert (await store.get(ref)).name == "small"


async def test_a_name_of_digits_goes_before_an_id(store: ModelStore) -> None:
    named = await store.add(ModelDraft(name="3"))
    assert (await store.get("3")).id == named.id
    assert (await store.get(3)).name == "small"


async def test_a_name_nearly_right_is_suggested(store: ModelStore) -> None:
    with pytest.raises(ModelNotFound, match=r"No model is called 'smal'\. Did you mean 'small'\?"):
        await store.get("smal")


@pytest.mark.parametrize(
    "ref", [0, -1, 99, 2**31, 2**63, 10**30, "", "SMALL", "9" * 5000, "a\0b", "\udc80", "'; DROP TABLE api_sttmodel"]
)
async def test_what_is_nobodys_name_or_id_is_not_found(store: ModelStore, ref: int | str) -> None:
    with pytest.raises(ModelNotFound):
        await store.get(ref)
    if isinstance(ref, int):
        with pytest.raises(ModelNotFound):
            await store.activate(ref)
        with pytest.raises(ModelNotFound):
            await store.delete(ref)
    assert (await store.active()).name == "base"


async def test_an_added_model_keeps_every_value(store: ModelStore) -> None:
    draft = ModelDraft(
        name="Großes Modell 日本語",
        model_type="faster-whisper",
        model="owner/name",
        device="cuda",
        compute_type="float16",
        description="two\nlines, 'quotes' and {braces}",
    )
    added = await store.add(draft)
    assert added == await store.get(draft.name) == (await store.list())[-1]
    for field in ("name", "model_type", "model", "device", "compute_type", "description"):
        assert getattr(added, field) == getattr(draft, field)
    assert not added.is_active
    assert not added.is_default


async def test_the_weights_are_the_name_unless_others_are_named(store: ModelStore) -> None:
    assert (await store.add(ModelDraft(name="mine"))).model == "mine"
    assert (await store.add(ModelDraft(name="base in float32", model="base"))).model == "base"


async def test_a_name_is_taken_only_by_exactly_that_name(store: ModelStore) -> None:
    with pytest.raises(ModelExists, match="A model called 'base' is configured already") as caught:
        await store.add(ModelDraft(name="base"))
    assert caught.value.field == "name"
    assert (await store.add(ModelDraft(name="Base"))).name == "Base"
    assert len(await store.list()) == 6


@pytest.mark.parametrize(
    "draft",
    [
        ModelDraft(name=""),
        ModelDraft(name="n" * 101),
        ModelDraft(name="n", model_type="t" * 51),
        ModelDraft(name="n", model="m" * 501),
        ModelDraft(name="n", device="d" * 21),
        ModelDraft(name="n", compute_type="c" * 21),
    ],
)
async def test_what_does_not_fit_its_column_is_refused_on_both_databases(store: ModelStore, draft: ModelDraft) -> None:
    with pytest.raises(InvalidRequest, match="cannot be stored"):
        await store.add(draft)
    assert len(await store.list()) == 5


async def test_the_longest_values_fit(store: ModelStore) -> None:
    draft = ModelDraft(name="ñ" * 100, model_type="t" * 50, model="m" * 500, device="d" * 20, compute_type="c" * 20)
    assert (await store.add(draft)).name == draft.name


async def test_activating_moves_the_mark_and_both_rows_times(store: ModelStore) -> None:
    before = {model.name: model for model in await store.list()}
    activated = await store.activate(before["small"].id)
    after = {model.name: model for model in await store.list()}
    assert activated == after["small"] == await store.active()
    assert [model.name for model in after.values() if model.is_active] == ["small"]
    assert (await store.default()).name == "base"
    changed = [name for name in after if after[name].updated_at > before[name].updated_at]
    assert changed == ["base", "small"]
    assert all(after[name].created_at == before[name].created_at for name in after)


async def test_activating_the_active_model_changes_nothing(store: ModelStore) -> None:
    before = await store.list()
    assert await store.activate(2) == before[1]
    assert await store.list() == before


async def test_a_model_can_be_removed_and_its_id_is_not_given_again(store: ModelStore) -> None:
    added = await store.add(ModelDraft(name="mine"))
    assert await store.delete(added.id) == added
    with pytest.raises(ModelNotFound):
        await store.get("mine")
    assert (await store.add(ModelDraft(name="mine"))).id > added.id


async def test_the_active_and_the_default_model_stay(store: ModelStore) -> None:
    await store.activate(3)
    with pytest.raises(ModelInUse, match="small is the active model"):
        await store.delete(3)
    with pytest.raises(ModelInUse, match="base is the default model"):
        await store.delete(2)
    await store.activate(2)
    with pytest.raises(ModelInUse, match="base is the active model"):
        await store.delete(2)
    assert (await store.delete(3)).name == "small"


async def test_removing_twice_at_once_removes_once(store: ModelStore) -> None:
    outcomes = await asyncio.gather(*(store.delete(4) for _ in range(8)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Model"] + ["ModelNotFound"] * 7


async def test_activating_and_removing_at_once_never_leaves_a_gap(store: ModelStore) -> None:
    for _ in range(10):
        added = await store.add(ModelDraft(name="contested"))
        activated, removed = await asyncio.gather(
            store.activate(added.id), store.delete(added.id), return_exceptions=True
        )
        won = not isinstance(activated, BaseException)
        assert (await store.active()).name == ("contested" if won else "base")
        assert isinstance(removed, ModelInUse) if won else isinstance(activated, ModelNotFound)
        if won:
            await store.activate(2)
            await store.delete(added.id)


async def test_a_store_on_a_closed_database_says_so(store: ModelStore, database: Database) -> None:
    await database.close()
    with pytest.raises(DatabaseUnavailable, match="not open"):
        await store.list()
