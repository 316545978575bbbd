"""OnnxAsrSTT: the library's real loading code on base's real weights, and on a CTC graph of a few KB."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path

import pytest
from engine_libraries import library
from engines.conftest import Converted
from engines.faces import AUSTEN, transcripts_on_all_faces

from orstt_core import STTFactory
from orstt_core.audio import decode
from orstt_core.engines.onnx_asr import OnnxAsrSTT, model_kind
from orstt_core.errors import OptionUnsupported, WeightsDamaged, WeightsNotFound
from orstt_core.settings import EngineSettings, Settings
from orstt_core.types import TranscribeOptions
from orstt_core.weights.formats import format_called

pytestmark = [pytest.mark.slow, pytest.mark.models, library("onnx_asr"), library("onnx")]


@pytest.fixture(scope="module")
def settings(weights_cache: Path) -> EngineSettings:
    return Settings(cache_dir=weights_cache).for_engines


@pytest.fixture(scope="module")
def whisper(converted: Converted) -> Path:
    from engines.whisper_graphs import write_optimum

    return converted("onnx-asr/whisper-base", write_optimum)


@pytest.fixture
def ctc(tmp_path: Path) -> Path:
    from engines.tiny_ctc import write_ctc

    folder = tmp_path / "parakeet-tiny"
    write_ctc(folder)
    return folder


def test_real_whisper_graphs_hear_what_faster_whisper_hears(whisper: Path, settings: EngineSettings) -> None:
    samples = decode(AUSTEN, max_seconds=60).samples
    engine = STTFactory.build("onnx-asr", str(whisper), "cpu", "int8", settings=settings)
    heard = engine.transcribe(samples)
    assert plain(heard) == plain(STTFactory.build("faster-whisper", "base", settings=settings).transcribe(samples))
    assert engine.compute_type == "float32"  # there are no other graphs in the folder
    with pytest.raises(OptionUnsupported, match="does not measure when words"):
        list(engine.segments(samples, TranscribeOptions(language="en", word_timestamps=True)))
    engine.unload()


def test_words_of_a_ctc_model_lie_where_they_were_heard(ctc: Path, settings: EngineSettings) -> None:
    from engines.tiny_ctc import beeps

    engine = STTFactory.build("onnx-asr", str(ctc), "cpu", "float32", settings=settings)
    (found,) = engine.segments(beeps(), TranscribeOptions(language="en", word_timestamps=True, vad_filter=False))
    assert (found.text, [word.word for word in found.words]) == ("do do", ["do", "do"])
    for word, start in zip(found.words or (), (0.5, 2.0), strict=True):
        assert abs(word.start - start) <= 0.08  # a step of the model
        assert word.end == pytest.approx(word.start + 0.08)


def test_nothing_is_asked_of_a_network(ctc: Path, settings: EngineSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a connection was opened"))
    engine = STTFactory.build("onnx-asr", str(ctc), "cpu", "int8", settings=settings)
    engine.load()
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


def test_it_works_for_commands_and_over_http(whisper: Path, weights_cache: Path, tmp_path: Path) -> None:
    options = ("--language", "en")
    added_with = ("--compute-type", "float32")
    for answer in transcripts_on_all_faces(
        "onnx-asr", whisper, weights_cache, *added_with, data_dir=tmp_path, options=options
    ):
        assert "Dashwood had then leisure" in answer["text"]
        assert (answer["model"]["type"], answer["model"]["compute_type"]) == ("onnx-asr", "float32")


def plain(text: str) -> str:
    return re.sub(r"[^a-z ]", "", text.lower().replace("mr.", "mister"))
