"""OpenAIWhisperSTT on real weights: it hears what faster-whisper hears, and runs nothing that a checkpoint holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_libraries import library
from engines.checkpoints import write_checkpoint
from engines.conftest import Converted
from engines.faces import transcripts_on_all_faces
from engines.words import median_distance, plain, words_of
from numpy.typing import NDArray

from orstt_core import BaseSTT, STTFactory
from orstt_core.audio import decode
from orstt_core.engines.cancellation import Cancellation, WorkCancelled, cancelled_by
from orstt_core.engines.openai_whisper import OpenAIWhisperSTT
from orstt_core.errors import WeightsDamaged, WeightsNotFound
from orstt_core.settings import Settings
from orstt_core.types import TranscribeOptions
from orstt_core.units import SAMPLE_RATE
from orstt_core.weights.formats import format_called

pytestmark = [
    pytest.mark.slow,
    pytest.mark.models,
    library("whisper"),
    # The library leaves the file of its tokens open.
    pytest.mark.filterwarnings("ignore:.*tiktoken:pytest.PytestUnraisableExceptionWarning"),
]

Samples = NDArray[np.float32]
AUSTEN = Path(__file__).parents[1] / "data/austen.wav"


@pytest.fixture(scope="module")
def settings(weights_cache: Path) -> Settings:
    return Settings(cache_dir=weights_cache)


@pytest.fixture(scope="module")
def checkpoint(converted: Converted) -> Path:
    return converted("openai/base.pt", write_checkpoint)


@pytest.fixture(scope="module")
def whisper(settings: Settings, checkpoint: Path) -> Iterator[OpenAIWhisperSTT]:
    engine = STTFactory.build("openai-whisper", str(checkpoint.parent), "cpu", "float32", settings=settings.for_engines)
    assert isinstance(engine, OpenAIWhisperSTT)
    engine.load()
    yield engine
    engine.unload()


@pytest.fixture(scope="module")
def faster(settings: Settings) -> BaseSTT:
    return STTFactory.build("faster-whisper", "base", "cpu", "float32", settings=settings.for_engines)


@pytest.fixture(scope="module")
def speech() -> Samples:
    return decode(AUSTEN, max_seconds=60).samples


@pytest.fixture(scope="module")
def noisy(speech: Samples) -> Samples:
    """The same reading as over a bad line, twice, with four seconds of hiss between."""
    hiss = np.random.default_rng(7).normal(0, 0.01, 4 * SAMPLE_RATE).astype(np.float32)
    reading = speech + np.resize(hiss, speech.size)
    return np.concatenate([reading, hiss, reading])


@pytest.mark.parametrize("recording", ["speech", "noisy"])
def test_it_hears_what_faster_whisper_hears(
    whisper: OpenAIWhisperSTT, faster: BaseSTT, recording: str, request: pytest.FixtureRequest
) -> None:
    samples = request.getfixturevalue(recording)
    assert plain(whisper.transcribe(samples)) == plain(faster.transcribe(samples))


def test_words_lie_where_faster_whisper_finds_them(whisper: OpenAIWhisperSTT, faster: BaseSTT, speech: Samples) -> None:
    options = TranscribeOptions(word_timestamps=True)
    ours, theirs = words_of(whisper.segments(speech, options)), words_of(faster.segments(speech, options))
    assert [word.word for word in ours] == [word.word for word in theirs]
    assert median_distance(ours, theirs) < 0.15


def test_the_language_is_heard_among_the_possible_ones(whisper: OpenAIWhisperSTT, speech: Samples) -> None:
    found = next(whisper.segments(speech, TranscribeOptions(beam_size=1)))
    assert (found.language, found.words) == ("en", None)
    assert 0.9 < found.language_probability <= 1
    assert 0.5 < found.confidence <= 1
    found = next(whisper.segments(speech, TranscribeOptions(beam_size=1, languages=("de", "nl"))))
    assert found.language in {"de", "nl"}
    assert found.language_probability < 0.1


def test_a_prompt_gives_spellings(whisper: OpenAIWhisperSTT, speech: Samples) -> None:
    options = TranscribeOptions(language="en", initial_prompt="A letter of Mister John Dashwoode.")
    assert "Dashwoode" in whisper.text(speech, options)


def test_cancelled_work_ends_before_the_next_token(whisper: OpenAIWhisperSTT, speech: Samples) -> None:
    cancellation = Cancellation()
    cancellation.request()
    window = whisper.decode(speech, TranscribeOptions(language="en"))
    with cancelled_by(cancellation), pytest.raises(WorkCancelled):
        next(iter(window))
    assert "Dashwood" in whisper.transcribe(speech)


class Malicious:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(tmp_path: Path, settings: Settings) -> None:
    import torch

    touched = tmp_path / "touched"
    folder = tmp_path / "model"
    folder.mkdir()
    torch.save({"dims": Malicious(touched), "model_state_dict": {}}, folder / "base.pt")
    engine = STTFactory.build("openai-whisper", str(folder), "cpu", "float32", settings=settings.for_engines)
    with pytest.raises(WeightsDamaged, match="holds code") as refused:
        engine.load()
    assert str(tmp_path) not in f"{refused.value} {refused.value.hint}"
    assert not touched.exists()


def test_what_is_no_checkpoint_is_told_in_plain_words(tmp_path: Path, settings: Settings, checkpoint: Path) -> None:
    import torch

    path = tmp_path / "base.pt"
    engine = OpenAIWhisperSTT(str(tmp_path))
    engine.settings = settings.for_engines
    with pytest.raises(WeightsNotFound, match="lacks"):
        engine.load()
    path.write_bytes(checkpoint.read_bytes()[:1_000_000])
    with pytest.raises(WeightsDamaged, match=r"base\.pt"):
        engine.load()
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(WeightsDamaged, match="holds no Whisper model"):
        engine.load()
    path.with_name("tiny.pt").write_bytes(b"another")
    with pytest.raises(WeightsDamaged, match="2 models"):
        engine.load()


def test_it_works_for_commands_and_over_http(checkpoint: Path, weights_cache: Path, tmp_path: Path) -> None:
    answers = transcripts_on_all_faces(
        "openai-whisper",
        checkpoint.parent,
        weights_cache,
        *("--compute-type", "float32"),
        data_dir=tmp_path,
        options=("--beam-size", "1", "--language", "en"),
    )
    for answer in answers:
        assert "Dashwood had then leisure" in answer["text"]
        assert answer["model"]["type"] == "openai-whisper"
        assert (answer["model"]["device"], answer["model"]["compute_type"]) == ("cpu", "float32")


def test_known_models_are_those_of_the_library_at_the_addresses_that_it_has() -> None:
    import whisper

    known = format_called("openai-whisper")
    assert known.origin
    addresses = {}
    for name, model in known.models.items():
        [(file, published)] = model.files.items()
        addresses[name] = f"{known.origin.address}/{known.origin.path.format(file=file, sha256=published.sha256)}"
    assert addresses == whisper._MODELS
