"""OpenAIWhisperSTT and its checkpoints: they are data, of which nothing is run. What it hears: test_whispers.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from engine_libraries import leaves_file_open, library
from engines.conftest import Samples, Weights

from orstt_core import STTFactory
from orstt_core.engines.cancellation import Cancellation, WorkCancelled, cancelled_by
from orstt_core.engines.openai_whisper import OpenAIWhisperSTT
from orstt_core.errors import WeightsDamaged, WeightsNotFound
from orstt_core.settings import EngineSettings
from orstt_core.types import TranscribeOptions
from orstt_core.weights.formats import format_called

pytestmark = [
    pytest.mark.slow,
    pytest.mark.models,
    library("whisper"),
    leaves_file_open,
]


def test_cancelled_work_ends_before_the_next_token(weights: Weights, settings: EngineSettings, speech: Samples) -> None:
    engine = STTFactory.build("openai-whisper", str(weights("openai-whisper")), "cpu", "float32", settings=settings)
    assert isinstance(engine, OpenAIWhisperSTT)
    cancellation = Cancellation()
    cancellation.request()
    window = engine.decode(speech, TranscribeOptions(language="en"))
    with cancelled_by(cancellation), pytest.raises(WorkCancelled):
        next(iter(window))
    engine.unload()


class Malicious:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(tmp_path: Path, settings: EngineSettings) -> None:
    import torch

    touched = tmp_path / "touched"
    folder = tmp_path / "model"
    folder.mkdir()
    torch.save({"dims": Malicious(touched), "model_state_dict": {}}, folder / "base.pt")
    engine = STTFactory.build("openai-whisper", str(folder), "cpu", "float32", settings=settings)
    with pytest.raises(WeightsDamaged, match="holds code") as refused:
        engine.load()
    assert str(tmp_path) not in f"{refused.value} {refused.value.hint}"
    assert not touched.exists()


def test_what_is_no_checkpoint_is_told_in_plain_words(
    tmp_path: Path, settings: EngineSettings, weights: Weights
) -> None:
    import torch

    path = tmp_path / "base.pt"
    engine = OpenAIWhisperSTT(str(tmp_path))
    engine.settings = settings
    with pytest.raises(WeightsNotFound, match="lacks"):
        engine.load()
    path.write_bytes(weights("openai-whisper").read_bytes()[:1_000_000])
    with pytest.raises(WeightsDamaged, match=r"base\.pt"):
        engine.load()
    torch.save({"weight": torch.zeros(3)}, path)
    with pytest.raises(WeightsDamaged, match="holds no Whisper model"):
        engine.load()
    path.with_name("tiny.pt").write_bytes(b"another")
    with pytest.raises(WeightsDamaged, match="2 models"):
        engine.load()


def test_known_models_are_those_of_the_library_at_the_addresses_that_it_has() -> None:
    import whisper

    known = format_called("openai-whisper")
    assert known.origin
    addresses = {}
    for name, model in known.models.items():
        [(file, published)] = model.files.items()
        addresses[name] = f"{known.origin.address}/{known.origin.path.format(file=file, sha256=published.sha256)}"
    assert addresses == whisper._MODELS
