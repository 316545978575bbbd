"""Whisper by other libraries, on the same weights: they hear what faster-whisper hears, and do as much."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from engine_libraries import leaves_file_open, library
from engines.conftest import Samples, Weights
from engines.faces import transcripts_on_all_faces
from engines.words import median_distance, plain, words_of

from orstt_core import BaseSTT, STTFactory
from orstt_core.errors import OptionUnsupported
from orstt_core.settings import EngineSettings
from orstt_core.types import TranscribeOptions
from orstt_core.units import SAMPLE_RATE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.models,
    leaves_file_open,
]
QUICK: Mapping[str, Any] = {"beam_size": 1, "temperature": (0.0,)}
OPENAI = pytest.param("openai-whisper", marks=library("whisper"))
CPP = pytest.param("whisper.cpp", marks=library("_pywhispercpp"))
ONNX = pytest.param("onnx-asr", marks=[library("onnx_asr"), library("onnx")])
SHERPA = pytest.param("sherpa-onnx", marks=[library("sherpa_onnx"), library("onnx")])
COMPUTE_TYPES = {"openai-whisper": "float32", "onnx-asr": "float32", "whisper.cpp": "default"}
"""Where it is not int8."""


@pytest.fixture(scope="module")
def model_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def whisper(model_type: str, weights: Weights, settings: EngineSettings) -> Iterator[BaseSTT]:
    compute_type = COMPUTE_TYPES.get(model_type, "int8")
    engine = STTFactory.build(model_type, str(weights(model_type)), "cpu", compute_type, settings=settings)
    yield engine
    assert engine.compute_type == compute_type
    engine.unload()


every = pytest.mark.parametrize("model_type", [OPENAI, CPP, ONNX, SHERPA], indirect=True)
aligned = pytest.mark.parametrize("model_type", [OPENAI, CPP], indirect=True)
plain_text = pytest.mark.parametrize("model_type", [ONNX, SHERPA], indirect=True)


@every
def test_it_hears_what_faster_whisper_hears(whisper: BaseSTT, faster: BaseSTT, speech: Samples) -> None:
    pause = np.zeros(4 * SAMPLE_RATE, np.float32)
    twice = np.concatenate([speech, pause, 0.2 * speech])
    assert plain(whisper.transcribe(twice)) == plain(faster.transcribe(twice))


@aligned
def test_words_lie_where_faster_whisper_finds_them(whisper: BaseSTT, faster: BaseSTT, speech: Samples) -> None:
    options = TranscribeOptions(word_timestamps=True, **QUICK)
    ours, theirs = list(whisper.segments(speech, options)), list(faster.segments(speech, options))
    assert (ours[0].language, plain(ours[0].text)) == ("en", plain(theirs[0].text))
    assert 0.9 < ours[0].language_probability <= 1
    assert 0.5 < ours[0].confidence <= 1
    assert [word.word for word in words_of(ours)] == ours[0].text.split()
    assert median_distance(words_of(ours), words_of(theirs)) < 0.2


@aligned
def test_the_language_is_heard_among_the_possible_ones(whisper: BaseSTT, speech: Samples) -> None:
    found = next(whisper.segments(speech, TranscribeOptions(languages=("de", "nl"), **QUICK)))
    assert found.language in {"de", "nl"}
    assert found.language_probability < 0.1


@aligned
def test_a_prompt_gives_spellings(whisper: BaseSTT, speech: Samples) -> None:
    options = TranscribeOptions(language="en", initial_prompt="A letter of Mister John Dashwoode.", **QUICK)
    assert "Dashwoode" in whisper.text(speech, options)


@plain_text
def test_times_of_words_that_it_does_not_measure_are_refused(whisper: BaseSTT, speech: Samples) -> None:
    with pytest.raises(OptionUnsupported, match="does not measure when words"):
        list(whisper.segments(speech, TranscribeOptions(language="en", word_timestamps=True)))


@every
def test_it_works_for_commands_and_over_http(
    model_type: str, weights: Weights, weights_cache: Any, tmp_path: Any
) -> None:
    compute_type = COMPUTE_TYPES.get(model_type, "int8")
    quick = ("--beam-size", "1") if model_type in ("openai-whisper", "whisper.cpp") else ()
    for answer in transcripts_on_all_faces(
        model_type,
        weights(model_type),
        weights_cache,
        *("--compute-type", compute_type),
        data_dir=tmp_path,
        options=("--language", "en", *quick),
    ):
        assert "Dashwood had then leisure" in answer["text"]
        assert (answer["model"]["type"], answer["model"]["compute_type"]) == (model_type, compute_type)
