"""WhisperCppSTT and its GGML weights, whole and quantised. What it hears: test_whispers.py."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_libraries import library
from engines.conftest import Samples, Weights
from engines.converted import HALF_PRECISION
from engines.words import plain, words_of

from orstt_core import STTFactory
from orstt_core.engines.cancellation import Cancellation, WorkCancelled, cancelled_by
from orstt_core.engines.sentence import TEXT
from orstt_core.engines.whisper_cpp import WhisperCppSTT
from orstt_core.errors import OptionUnsupported, WeightsDamaged
from orstt_core.settings import EngineSettings
from orstt_core.types import TranscribeOptions

pytestmark = [pytest.mark.slow, pytest.mark.models, library("_pywhispercpp")]

QUICK: Mapping[str, Any] = {"beam_size": 1, "temperature": (0.0,)}


@pytest.fixture(scope="module")
def whisper(settings: EngineSettings, weights: Weights) -> Iterator[WhisperCppSTT]:
    engine = loaded(weights("whisper.cpp"), settings)
    yield engine
    engine.unload()


def test_weights_in_half_precision_are_as_good(settings: EngineSettings, weights: Weights, speech: Samples) -> None:
    engine = loaded(weights(HALF_PRECISION), settings)
    assert plain(engine.text(speech, TranscribeOptions(language="en", **QUICK))) == TEXT
    engine.unload()


def test_letters_are_whole_in_every_language(whisper: WhisperCppSTT, speech: Samples) -> None:
    options = TranscribeOptions(language="zh", word_timestamps=True, **QUICK)
    found = list(whisper.segments(speech, options))
    assert not any("\N{REPLACEMENT CHARACTER}" in segment.text for segment in found)
    assert "".join(segment.text for segment in found).replace(" ", "") == "".join(
        word.word for word in words_of(found)
    ).replace(" ", "")


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
    tmp_path: Path, settings: EngineSettings, weights: Weights, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "ggml-base.bin"
    engine = WhisperCppSTT(str(tmp_path))
    engine.settings = settings
    whole = weights("whisper.cpp").read_bytes()
    for content in (b"no weights" * 100, whole[:2_000], whole[:2_000_000], whole[:-10], whole + b"more"):
        path.write_bytes(content)
        with pytest.raises(WeightsDamaged, match=r"ggml-base\.bin cannot be loaded"):
            engine.load()
    assert capfd.readouterr() == ("", "")


def loaded(path: Path, settings: EngineSettings) -> WhisperCppSTT:
    engine = STTFactory.build("whisper.cpp", str(path.parent), settings=settings)
    assert isinstance(engine, WhisperCppSTT)
    engine.load()
    return engine
