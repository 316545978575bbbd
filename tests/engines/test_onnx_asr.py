"""OnnxAsrSTT: the library's real loading code on a CTC graph of a few KB. What Whisper hears: test_whispers.py."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from engine_libraries import library

from orstt_core import STTFactory
from orstt_core.engines.onnx_asr import OnnxAsrSTT, model_kind
from orstt_core.errors import WeightsDamaged, WeightsNotFound
from orstt_core.settings import EngineSettings
from orstt_core.types import TranscribeOptions
from orstt_core.weights.formats import format_called

pytestmark = [pytest.mark.slow, pytest.mark.models, library("onnx_asr"), library("onnx")]


@pytest.fixture
def ctc(tmp_path: Path) -> Path:
    from engines.tiny_ctc import write_ctc

    folder = tmp_path / "parakeet-tiny"
    write_ctc(folder)
    return folder


def test_words_of_a_ctc_model_lie_where_they_were_heard(ctc: Path, settings: EngineSettings) -> None:
    from engines.tiny_ctc import beeps

    engine = STTFactory.build("onnx-asr", str(ctc), "cpu", "float32", settings=settings)
    (found,) = engine.segments(beeps(), TranscribeOptions(language="en", word_timestamps=True, vad_filter=False))
    assert (found.text, [word.word for word in found.words]) == ("do do", ["do", "do"])
    for word, start in zip(found.words or (), (0.5, 2.0), strict=True):
        assert abs(word.start - start) <= 0.08  # a step of the model
        assert word.end == pytest.approx(word.start + 0.08)


def test_a_known_model_that_is_not_here_is_not_fetched(settings: EngineSettings) -> None:
    with pytest.raises(WeightsNotFound, match="not on this machine"):
        STTFactory.build("onnx-asr", "nemo-parakeet-tdt-0.6b-v3-int8", "cpu", "int8", settings=settings)


def test_what_cannot_be_loaded_is_told_in_plain_words(ctc: Path, settings: EngineSettings) -> None:
    (ctc / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(WeightsDamaged, match="cannot be loaded as nemo-conformer-ctc"):
        STTFactory.build("onnx-asr", str(ctc), "cpu", "int8", settings=settings).load()
    (ctc / "config.json").unlink()
    shutil.move(ctc / "model.onnx", ctc / "another.onnx")
    with pytest.raises(WeightsDamaged, match="what kind of model"):
        STTFactory.build("onnx-asr", str(ctc), "cpu", "int8", settings=settings).load()


def test_each_model_is_known_to_the_library_by_its_name_and_repository_and_has_its_languages() -> None:
    from onnx_asr.resolver import model_repos

    models = format_called("onnx-asr").models
    for name, model in models.items():
        assert model_repos[name.removesuffix("-int8")] == model.repo
        assert OnnxAsrSTT.languages(name) == OnnxAsrSTT.languages(model.repo) != ()
        assert model_kind(Path(), name) in model_repos
    assert OnnxAsrSTT.languages("nemo-parakeet-tdt-0.6b-v2") == ("en",)
    assert len(OnnxAsrSTT.languages("nemo-parakeet-tdt-0.6b-v3")) == 25
    assert OnnxAsrSTT.languages("gigaam-v3-e2e-rnnt") == ("ru",)
    assert "de" not in OnnxAsrSTT.languages("/models/whisper-tiny.en")
