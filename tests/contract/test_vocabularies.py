"""Lists of words to expect: kept by name, the same near and far, and on both databases."""

from __future__ import annotations

import asyncio

import pytest

from orstt_core.backend import Backend
from orstt_core.errors import InvalidRequest, VocabularyExists, VocabularyInUse, VocabularyNotFound
from orstt_core.types import ModelDraft, ModelUpdate, VocabularyDraft, VocabularyUpdate

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_list_is_kept_by_its_name_and_changed(backend: Backend) -> None:
    drugs = VocabularyDraft(
        name=" ward 3/drugs ", description="oncology", terms=("metformin", " folic  acid ", "metformin")
    )
    made = await backend.create_vocabulary(drugs)
    assert (made.name, made.description, made.size) == ("ward 3/drugs", "oncology", 2)
    assert [(term.text, term.uses) for term in made.terms] == [("metformin", 0), ("folic acid", 0)]
    [listed] = await backend.vocabularies()
    assert (listed.name, listed.size, listed.terms) == ("ward 3/drugs", 2, [])
    changed = await backend.update_vocabulary(
        "ward 3/drugs", VocabularyUpdate(add=("ibuprofen", "metformin"), remove=("folic acid", "unheard-of"))
    )
    assert [term.text for term in changed.terms] == ["metformin", "ibuprofen"]
    many = tuple(f"term {number}" for number in range(2500))
    assert (await backend.update_vocabulary("ward 3/drugs", VocabularyUpdate(terms=many))).size == 2500
    assert len((await backend.vocabulary("ward 3/drugs")).terms) == 2500
    with pytest.raises(VocabularyExists):
        await backend.create_vocabulary(drugs)
    assert (await backend.delete_vocabulary("ward 3/drugs")).size == 2500
    assert await backend.vocabularies() == []
    told = [(entry.action, entry.subject, entry.detail) for entry in await backend.audit()]
    assert told == [
        ("vocabulary.deleted", "ward 3/drugs", ""),
        ("vocabulary.updated", "ward 3/drugs", "added 2500, removed 2"),
        ("vocabulary.updated", "ward 3/drugs", "added 1, removed 1"),
        ("vocabulary.created", "ward 3/drugs", "terms 2"),
    ]


async def test_a_list_that_two_replace_at_once_is_what_one_of_them_wanted(backend: Backend) -> None:
    await backend.create_vocabulary(VocabularyDraft(name="shared", terms=("old",)))
    wanted = [(f"a{number}", f"b{number}") for number in range(4)]
    await asyncio.gather(*(backend.update_vocabulary("shared", VocabularyUpdate(terms=terms)) for terms in wanted))
    assert tuple(term.text for term in (await backend.delete_vocabulary("shared")).terms) in wanted


async def test_a_list_or_a_term_that_is_none_is_refused_by_name(backend: Backend) -> None:
    for name, terms, field in (
        ("", (), "name"),
        ("a,b", (), "name"),
        ("a", ("b,c",), "terms"),
        ("a", ("\x1b[2J",), "terms"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            await backend.create_vocabulary(VocabularyDraft(name=name, terms=terms))
        assert caught.value.field == field
    assert await backend.vocabularies() == []
    for asked in (
        backend.vocabulary("nobody's"),
        backend.update_vocabulary("nobody's", VocabularyUpdate(add=("a",))),
        backend.delete_vocabulary(" "),
        backend.create_model(ModelDraft(name="m", model="base", vocabulary=["nobody's"])),
        backend.update_model("base", ModelUpdate(vocabulary=["nobody's"])),
        backend.transcript(b"RIFF", vocabulary=["nobody's"]),
    ):
        with pytest.raises(VocabularyNotFound):
            await asked


async def test_a_list_that_a_model_has_is_not_removed(backend: Backend) -> None:
    await backend.create_vocabulary(VocabularyDraft(name="names", terms=("Dashwood",)))
    assert (await backend.update_model("small", ModelUpdate(vocabulary=["names"]))).model.vocabulary == ["names"]
    assert (await backend.model("small")).vocabulary == ["names"]
    with pytest.raises(VocabularyInUse, match="belongs to small"):
        await backend.delete_vocabulary("names")
    assert (await backend.update_model("small", ModelUpdate(vocabulary=[]))).model.vocabulary == []
    await backend.delete_vocabulary("names")
