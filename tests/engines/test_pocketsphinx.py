"""PocketSphinx: a second engine that is complete without a download."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cli.running import Shell
from engine_libraries import library
from engines.conftest import Samples
from engines.faces import transcripts_on_all_faces

from orstt_core import STTFactory
from orstt_core.engines.pocketsphinx_engine import PocketSphinxSTT
from orstt_core.errors import InvalidRequest, OptionUnsupported
from orstt_core.types import TranscribeOptions

pytestmark = [pytest.mark.slow, pytest.mark.models, library("pocketsphinx")]


def test_it_works_like_every_other_engine_here_and_on_a_server(tmp_path: Path, weights_cache: Path) -> None:
    heard = transcripts_on_all_faces(
        "pocketsphinx", "en-us", weights_cache, data_dir=tmp_path, options=("--word-timestamps", "--language", "en")
    )
    for transcript in heard:
        assert "leisure to consider how much there might be" in transcript["text"]
        assert transcript["language"] == "en"
        used = transcript["model"]
        assert (used["type"], used["device"], used["compute_type"]) == ("pocketsphinx", "cpu", "default")
        words = [word for segment in transcript["segments"] for word in segment["words"]]
        assert "leisure" in [word["word"] for word in words]
        assert all(0 < word["probability"] <= 1 for word in words)
    assert heard[0]["segments"] == heard[1]["segments"]
    listed = Shell()("models", "list", ORSTT_CACHE_DIR=str(weights_cache), ORSTT_DATA_DIR=str(tmp_path)).out
    assert re.search(r"another +pocketsphinx +en-us .* cpu +-$", listed, re.MULTILINE), (
        "there is no compute type to speak of"
    )


def test_it_is_for_english_and_takes_no_hints() -> None:
    assert PocketSphinxSTT.languages("en-us") == ("en",)
    with pytest.raises(OptionUnsupported, match="hotwords"):
        PocketSphinxSTT.check_options(TranscribeOptions(hotwords="Dashwood"))
    with pytest.raises(InvalidRequest, match="knows no model"):
        STTFactory.build("pocketsphinx", "de", "cpu", "int8")


def test_of_given_phrases_it_hears_no_others(speech: Samples) -> None:
    phrases = ("Mr John", "had then leisure")
    engine = STTFactory.build("pocketsphinx", "en-us", "cpu", "int8")
    engine.options = PocketSphinxSTT.Options(phrases=phrases)
    text = " ".join(segment.text for segment in engine.segments(speech, TranscribeOptions()))
    assert text.startswith("mr john")
    assert set(text.split()) <= set(" ".join(phrases).lower().split())
    engine.unload()
    engine.options = PocketSphinxSTT.Options(phrases=("qqzz john",))
    with pytest.raises(InvalidRequest, match="does not hold: qqzz"):
        engine.load()
