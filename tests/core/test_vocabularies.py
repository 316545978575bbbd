"""What becomes of a list of words: an engine is told as many as it takes, the most used first; the rest is named."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from attentive import Attentive, Prompted
from counting import write_count
from hypothesis import given
from hypothesis import strategies as st
from polyglot import Polyglot

from orstt_core.engines import registry
from orstt_core.errors import OptionUnsupported
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.terms import count_terms, joined, phrases
from orstt_core.types import ModelDraft, ModelUpdate, Transcript, VocabularyDraft


@pytest.fixture
async def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalBackend]:
    kinds = {"attentive": Attentive, "prompted": Prompted, "plain": Polyglot}
    monkeypatch.setattr(registry, "_registered", kinds)
    async with LocalBackend(Settings(data_dir=tmp_path / "data")) as backend:
        await backend.create_vocabulary(VocabularyDraft(name="ward", terms=("Marsh", "folic acid")))
        await backend.create_vocabulary(VocabularyDraft(name="staff", terms=("Dashwood", "Marsh", "Wu")))
        for name in kinds:
            await backend.create_model(ModelDraft(name=name, model_type=name, model="any", vocabulary=["ward"]))
        yield backend


async def test_lists_of_the_model_and_of_the_request_become_hotwords_the_most_used_first(
    backend: LocalBackend, tmp_path: Path
) -> None:
    audio = write_count(tmp_path / "count.wav", 1)

    async def heard(model: str, **options: str | list[str]) -> Transcript:
        return await backend.transcript(audio, model, word_timestamps=False, **options)  # type: ignore[arg-type]

    said = await heard("attentive", hotwords="Ng Marsh")
    assert phrases(said.text) == ["Ng", "Marsh", "folic acid"]
    assert said.warnings == []

    await backend._vocabularies.close()  # uses are written down behind the answer
    terms = (await backend.vocabulary("ward")).terms
    assert {term.text: term.uses for term in terms} == {"Marsh": 1, "folic acid": 1}
    said = await heard("attentive", vocabulary=["staff"])
    assert phrases(said.text) == ["Marsh", "folic acid"]
    [warning] = said.warnings
    assert warning == "attentive takes 2 of the 4 terms of its vocabulary; left out: Dashwood, Wu."

    assert (await heard("prompted", initial_prompt="A talk.")).text == "A talk. Marsh, folic acid."
    changed = await backend.update_model("plain", ModelUpdate(vocabulary=["ward", "staff"]))
    assert changed.warnings == ["Polyglot cannot be told words to expect: the vocabulary is not used."]
    [warning] = (await heard("plain")).warnings
    assert warning == "plain cannot be told words to expect: its vocabulary is not used."
    with pytest.raises(OptionUnsupported, match="cannot be told words to expect") as refused:
        await heard("plain", vocabulary=["ward"])
    assert refused.value.field == "vocabulary"


def test_terms_are_counted_as_whole_words_and_where_no_word_ends_visibly_anywhere() -> None:
    text = "Mr. Marsh marched to Folic Acid, folic-acid and the marshes; Marsh's."
    assert count_terms(["Marsh", "folic acid", "Wu", "..."], text) == {"Marsh": 1, "folic acid": 1}
    assert count_terms(["東京", "大阪"], "私は東京から東京へ") == {"東京": 2}


@given(st.lists(st.text(alphabet="ab ", min_size=1).map(lambda text: " ".join(text.split())).filter(bool)))
def test_terms_that_were_joined_to_one_text_are_found_in_it_again(terms: list[str]) -> None:
    assert phrases(joined(terms)) == terms
