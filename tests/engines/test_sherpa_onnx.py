"""SherpaOnnxSTT: base's real weights in its form, as float32 and as int8, and each kind of folder by its files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from engine_libraries import library
from engines.conftest import Converted
from engines.faces import AUSTEN, transcripts_on_all_faces

from orstt_core import STTFactory
from orstt_core.audio import decode
from orstt_core.engines.sherpa_folder import recognise
from orstt_core.errors import OptionUnsupported, WeightsDamaged
from orstt_core.settings import EngineSettings, Settings
from orstt_core.types import TranscribeOptions

pytestmark = [pytest.mark.slow, pytest.mark.models, library("sherpa_onnx"), library("onnx")]

FOLDERS = {
    "sherpa-onnx-zipformer-en-2023-06-26": (
        "transducer",
        (
            "encoder-epoch-99-avg-1.int8.onnx encoder-epoch-99-avg-1.onnx decoder-epoch-99-avg-1.onnx "
            "joiner-epoch-99-avg-1.int8.onnx joiner-epoch-99-avg-1.onnx tokens.txt"
        ),
    ),
    "sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8": (
        "transducer",
        "encoder.int8.onnx decoder.int8.onnx joiner.int8.onnx tokens.txt",
    ),
    "sherpa-onnx-sense-voice-zh-en-ja-ko-yue-2024-07-17": ("sense_voice", "model.int8.onnx model.onnx tokens.txt"),
    "sherpa-onnx-paraformer-zh-2023-09-14": ("paraformer", "model.int8.onnx tokens.txt"),
    "sherpa-onnx-nemo-canary-180m-flash-en-es-de-fr-int8": (
        "nemo_canary",
        "encoder.int8.onnx decoder.int8.onnx tokens.txt",
    ),
    "sherpa-onnx-moonshine-tiny-en-int8": (
        "moonshine",
        "preprocess.onnx encode.int8.onnx uncached_decode.int8.onnx cached_decode.int8.onnx tokens.txt",
    ),
    "sherpa-onnx-whisper-tiny.en": (
        "whisper",
        (
            "tiny.en-encoder.int8.onnx tiny.en-encoder.onnx tiny.en-decoder.int8.onnx tiny.en-decoder.onnx "
            "tiny.en-tokens.txt"
        ),
    ),
    "sherpa-onnx-nemo-ctc-en-citrinet-512": ("nemo_ctc", "model.onnx model.int8.onnx tokens.txt"),
}
"""What the project's published archives hold (k2-fsa.github.io/sherpa/onnx/pretrained_models), and their kind."""


@pytest.fixture(scope="module")
def settings(weights_cache: Path) -> EngineSettings:
    return Settings(cache_dir=weights_cache).for_engines


@pytest.fixture(scope="module")
def whisper(converted: Converted) -> Path:
    from engines.whisper_graphs import write_sherpa

    return converted("sherpa-onnx/sherpa-onnx-whisper-base", write_sherpa)


@pytest.mark.parametrize("compute_type", ["int8", "float32"])
def test_real_whisper_graphs_hear_what_faster_whisper_hears(
    whisper: Path, settings: EngineSettings, compute_type: str
) -> None:
    samples = decode(AUSTEN, max_seconds=60).samples
    engine = STTFactory.build("sherpa-onnx", str(whisper), "cpu", compute_type, settings=settings)
    faster = STTFactory.build("faster-whisper", "base", settings=settings)
    assert plain(engine.transcribe(samples)) == plain(faster.transcribe(samples))
    assert engine.compute_type == compute_type
    with pytest.raises(OptionUnsupported, match="does not measure when words"):
        list(engine.segments(samples, TranscribeOptions(language="en", word_timestamps=True)))
    engine.unload()


def test_words_of_a_ctc_model_lie_where_they_were_heard(tmp_path: Path, settings: EngineSettings) -> None:
    from engines.tiny_ctc import beeps, write_ctc

    write_ctc(tmp_path / "model", "tokens.txt")
    engine = STTFactory.build("sherpa-onnx", str(tmp_path / "model"), "cpu", "int8", settings=settings)
    (found,) = engine.segments(beeps(), TranscribeOptions(language="en", word_timestamps=True, vad_filter=False))
    assert (found.text, [word.word for word in found.words]) == ("do do", ["do", "do"])
    for word, start in zip(found.words or (), (0.5, 2.0), strict=True):
        assert abs(word.start - start) <= 0.08  # a step of the model
        assert word.end == pytest.approx(word.start + 0.08)
    assert engine.compute_type == "float32"  # there are no other graphs in the folder


@pytest.mark.parametrize("name", FOLDERS)
def test_each_kind_of_published_folder_is_recognised_by_its_files(name: str, tmp_path: Path) -> None:
    kind, files = FOLDERS[name]
    folder = tmp_path / name
    folder.mkdir()
    for file in files.split():
        (folder / file).touch()
    found = recognise(folder, int8=True)
    assert (found.kind.loader, found.int8) == (kind, "int8" in files)
    used = {Path(path).name for path in found.files.values()}
    assert used <= set(files.split())
    assert not any(name.endswith(".onnx") and name.replace(".onnx", ".int8.onnx") in files for name in used)


def test_a_folder_of_no_kind_is_refused(tmp_path: Path) -> None:
    for file in ("model.onnx", "decoder.onnx"):
        (tmp_path / file).touch()
    with pytest.raises(WeightsDamaged, match="holds no model"):
        recognise(tmp_path, int8=True)


def test_it_works_for_commands_and_over_http(whisper: Path, weights_cache: Path, tmp_path: Path) -> None:
    for answer in transcripts_on_all_faces(
        "sherpa-onnx", whisper, weights_cache, data_dir=tmp_path, options=("--language", "en")
    ):
        assert "Dashwood had then leisure" in answer["text"]
        assert (answer["model"]["type"], answer["model"]["compute_type"]) == ("sherpa-onnx", "int8")


def plain(text: str) -> str:
    return re.sub(r"[^a-z ]", "", text.lower().replace("mr.", "mister"))
