"""WhisperCppSTT on base as GGML weights, whole and quantised: it hears what faster-whisper hears."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_libraries import library
from engines import ggml
from engines.conftest import Converted
from engines.faces import transcripts_on_all_faces
from engines.words import median_distance, plain, words_of
from numpy.typing import NDArray

from orstt_core import BaseSTT, STTFactory
from orstt_core.audio import decode
from orstt_core.engines.cancellation import Cancellation, WorkCancelled, cancelled_by
from orstt_core.engines.sentence import TEXT
from orstt_core.engines.whisper_cpp import WhisperCppSTT
from orstt_core.errors import OptionUnsupported, WeightsDamaged
from orstt_core.settings import Settings
from orstt_core.types import TranscribeOptions
from orstt_core.units import SAMPLE_RATE

pytestmark = [pytest.mark.slow, pytest.mark.models, library("_pywhispercpp")]

Samples = NDArray[np.float32]
AUSTEN = Path(__file__).parents[1] / "data/austen.wav"
QUICK: Mapping[str, Any] = {"beam_size": 1, "temperature": (0.0,)}


@pytest.fixture(scope="module")
def settings(weights_cache: Path) -> Settings:
    return Settings(cache_dir=weights_cache)


@pytest.fixture(scope="module")
def quantised(converted: Converted) -> Path:
    return converted("ggml-q8_0/ggml-base-q8_0.bin", ggml.write_q8_0)


@pytest.fixture(scope="module")
def whisper(settings: Settings, quantised: Path) -> Iterator[WhisperCppSTT]:
    engine = loaded(quantised, settings)
    yield engine
    engine.unload()


@pytest.fixture(scope="module")
def faster(settings: Settings) -> BaseSTT:
    return STTFactory.build("faster-whisper", "base", "cpu", "int8", settings=settings.for_engines)


@pytest.fixture(scope="module")
def speech() -> Samples:
    return decode(AUSTEN, max_seconds=60).samples


def test_it_hears_what_faster_whisper_hears(whisper: WhisperCppSTT, faster: BaseSTT, speech: Samples) -> None:
    pause = np.zeros(4 * SAMPLE_RATE, np.float32)
    twice = np.concatenate([speech, pause, 0.2 * speech])
    assert plain(whisper.transcribe(twice)) == plain(faster.transcribe(twice))


def test_weights_in_half_precision_are_as_good(settings: Settings, converted: Converted, speech: Samples) -> None:
    engine = loaded(converted("ggml-float16/ggml-base.bin", ggml.write_float16), settings)
    assert plain(engine.text(speech, TranscribeOptions(language="en", **QUICK))) == TEXT
    engine.unload()


def test_words_lie_where_faster_whisper_finds_them(whisper: WhisperCppSTT, faster: BaseSTT, speech: Samples) -> None:
    options = TranscribeOptions(word_timestamps=True, **QUICK)
    ours, theirs = list(whisper.segments(speech, options)), list(faster.segments(speech, options))
    assert (ours[0].language, ours[0].text) == ("en", theirs[0].text)
    assert 0.9 < ours[0].language_probability <= 1
    assert 0.5 < ours[0].confidence <= 1
    assert [word.word for word in words_of(ours)] == ours[0].text.split()
    assert median_distance(words_of(ours), words_of(theirs)) < 0.2


def test_the_language_is_heard_among_the_possible_ones(whisper: WhisperCppSTT, speech: Samples) -> None:
    found = next(whisper.segments(speech, TranscribeOptions(languages=("de", "nl"), **QUICK)))
    assert found.language in {"de", "nl"}
    assert found.language_probability < 0.1


def test_letters_are_whole_in_every_language(whisper: WhisperCppSTT, speech: Samples) -> None:
    options = TranscribeOptions(language="zh", word_timestamps=True, **QUICK)
    found = list(whisper.segments(speech, options))
    assert not any("\N{REPLACEMENT CHARACTER}" in segment.text for segment in found)
    assert "".join(segment.text for segment in found).replace(" ", "") == "".join(
        word.word for word in words_of(found)
    ).replace(" ", "")


def test_a_prompt_gives_spellings(whisper: WhisperCppSTT, speech: Samples) -> None:
    options = TranscribeOptions(language="en", initial_prompt="A letter of Mister John Dashwoode.", **QUICK)
    assert "Dashwoode" in whisper.text(speech, options)


def test_cancelled_work_ends_within_the_window(whisper: WhisperCppSTT, speech: Samples) -> None:
    cancellation = Cancellation()
    timer = threading.Timer(0.3, cancellation.request)
    timer.start()
    with cancelled_by(cancellation), pytest.raises(WorkCancelled):
        list(whisper.segments(np.tile(speech, 3), TranscribeOptions(language="en", beam_size=5)))
    assert "Dashwood" in whisper.text(speech, TranscribeOptions(language="en", **QUICK))


def test_what_the_library_cannot_do_is_refused_by_name() -> None:
    WhisperCppSTT.check_options(TranscribeOptions())
    WhisperCppSTT.check_options(TranscribeOptions(temperature=(0.0, 0.5, 1.0), beam_size=8))
    WhisperCppSTT.check_options(TranscribeOptions(temperature=(0.4,)))
    for options, field in (
        (TranscribeOptions(beam_size=9), "beam_size"),
        (TranscribeOptions(temperature=(0.0, 0.1)), "temperature"),
        (TranscribeOptions(temperature=(0.0, 0.2, 1.0)), "temperature"),
    ):
        with pytest.raises(OptionUnsupported) as refused:
            WhisperCppSTT.check_options(options)
        assert refused.value.field == field


def test_a_damaged_file_is_told_in_plain_words(
    tmp_path: Path, settings: Settings, quantised: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ggml-base.bin"
    engine = WhisperCppSTT(str(tmp_path))
    engine.settings = settings.for_engines
    whole = quantised.read_bytes()
    for content in (b"no weights" * 100, whole[:2_000], whole[:2_000_000], whole[:-10], whole + b"more"):
        path.write_bytes(content)
        with pytest.raises(WeightsDamaged, match=r"ggml-base\.bin cannot be loaded"):
            engine.load()
    assert capfd.readouterr() == ("", "")


def test_it_works_for_commands_and_over_http(quantised: Path, weights_cache: Path, tmp_path: Path) -> None:
    answers = transcripts_on_all_faces(
        "whisper.cpp",
        quantised.parent,
        weights_cache,
        data_dir=tmp_path,
        options=("--beam-size", "1", "--language", "en"),
    )
    for answer in answers:
        assert "Dashwood had then leisure" in answer["text"]
        assert answer["model"]["type"] == "whisper.cpp"


def loaded(path: Path, settings: Settings) -> WhisperCppSTT:
    engine = STTFactory.build("whisper.cpp", str(path.parent), settings=settings.for_engines)
    assert isinstance(engine, WhisperCppSTT)
    engine.load()
    return engine
