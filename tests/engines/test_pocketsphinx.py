"""PocketSphinx: a second engine that is complete without a download."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from engine_libraries import library
from engines.faces import transcripts_on_all_faces
from numpy.typing import NDArray

from orstt_core import STTFactory
from orstt_core.audio import decode
from orstt_core.engines.pocketsphinx_engine import PocketSphinxSTT
from orstt_core.errors import InvalidRequest, OptionUnsupported
from orstt_core.types import Segment, TranscribeOptions

pytestmark = [pytest.mark.slow, pytest.mark.models, library("pocketsphinx")]

WITH_WORDS = TranscribeOptions(word_timestamps=True)

Samples = NDArray[np.float32]


@pytest.fixture
def sentence(austen: Path) -> Samples:
    return decode(austen, max_seconds=60).samples


def test_it_works_like_every_other_engine_here_and_on_a_server(tmp_path: Path, weights_cache: Path) -> None:
    heard = transcripts_on_all_faces(
        "pocketsphinx", "en-us", weights_cache, data_dir=tmp_path, options=("--word-timestamps",)
    )
    for transcript in heard:
        assert "leisure to consider how much there might be" in transcript["text"]
        assert (transcript["language"], transcript["model"]["type"]) == ("en", "pocketsphinx")
        words = [word for segment in transcript["segments"] for word in segment["words"]]
        assert "leisure" in [word["word"] for word in words]
        assert all(0 < word["probability"] <= 1 for word in words)
    assert heard[0]["segments"] == heard[1]["segments"]


def test_it_is_for_english_and_takes_no_hints() -> None:
    assert PocketSphinxSTT.languages("en-us") == ("en",)
    with pytest.raises(OptionUnsupported, match="hotwords"):
        PocketSphinxSTT.check_options(TranscribeOptions(hotwords="Dashwood"))
    with pytest.raises(InvalidRequest, match="knows no model"):
        STTFactory.build("pocketsphinx", "de", "cpu", "int8")


def test_what_it_heard_before_changes_nothing(sentence: Samples) -> None:
    engine = STTFactory.build("pocketsphinx", "en-us", "cpu", "int8")

    def heard(samples: Samples) -> list[Segment]:
        return list(engine.segments(samples, WITH_WORDS))

    first = heard(sentence)
    noise = np.random.default_rng(7).normal(0, 0.2, 32_000).astype(np.float32)
    heard(np.concatenate([noise, sentence[:48_000] * 0.05]))
    assert heard(sentence) == first
    engine.unload()
    assert heard(sentence) == first


def test_of_given_phrases_it_hears_no_others(sentence: Samples) -> None:
    phrases = ("Mr John", "had then leisure")
    engine = STTFactory.build("pocketsphinx", "en-us", "cpu", "int8")
    engine.options = PocketSphinxSTT.Options(phrases=phrases)
    text = " ".join(segment.text for segment in engine.segments(sentence, TranscribeOptions()))
    assert text.startswith("mr john")
    assert set(text.split()) <= set(" ".join(phrases).lower().split())
    engine.unload()
    engine.options = PocketSphinxSTT.Options(phrases=("qqzz john",))
    with pytest.raises(InvalidRequest, match="does not hold: qqzz"):
        engine.load()
