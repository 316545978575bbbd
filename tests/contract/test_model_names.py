"""What is judged a model's configuration when it is looked at is judged so when it is stored."""

from __future__ import annotations

import pytest

from orstt_core.backend import Backend
from orstt_core.errors import InvalidRequest
from orstt_core.types import ModelDraft

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = ["", "  ", "12", "a/b/c", "/a", "a/", "..", "a\\b", "a\tb", "x" * 101, "validate", "a\u202eb", "a\u200fb"]


async def test_what_cannot_be_stored_is_not_valid(backend: Backend) -> None:
    for draft in [*(ModelDraft(name=name, model="base") for name in REFUSED), ModelDraft(name="a", model="a/b/c")]:
        found = await backend.validate_model(draft)
        assert not found.valid, draft
        assert [check.outcome for check in found.checks] == ["skipped", "skipped", "skipped", "failed"]
        with pytest.raises(InvalidRequest):
            await backend.create_model(draft)


async def test_a_name_is_found_however_its_accents_come(backend: Backend) -> None:
    made = (await backend.create_model(ModelDraft(name="caf\u00e9", model="base"))).model
    for spelt in ("caf\u00e9", "cafe\u0301", " cafe\u0301 "):
        assert (await backend.model(spelt)).id == made.id
    assert (await backend.delete_model("cafe\u0301")).name == made.name


async def test_a_model_may_be_named_like_its_repository(backend: Backend) -> None:
    draft = ModelDraft(name=" Systran/faster-whisper-base ")
    assert (await backend.validate_model(draft)).valid
    made = (await backend.create_model(draft)).model
    assert made.name == "Systran/faster-whisper-base"
    assert (await backend.model(made.name)).id == made.id
    await backend.delete_model(made.name)
