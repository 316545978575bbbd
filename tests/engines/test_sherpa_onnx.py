"""SherpaOnnxSTT: each kind of folder is recognised by its files. What Whisper hears: test_whispers.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_libraries import library
from engines.conftest import Samples, Weights
from engines.words import plain

from orstt_core import BaseSTT, STTFactory
from orstt_core.engines.sherpa_folder import recognise
from orstt_core.errors import WeightsDamaged
from orstt_core.settings import EngineSettings
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


def test_of_graphs_in_both_number_formats_the_wanted_ones_are_used(
    weights: Weights, settings: EngineSettings, faster: BaseSTT, speech: Samples
) -> None:
    engine = STTFactory.build("sherpa-onnx", str(weights("sherpa-onnx")), "cpu", "float32", settings=settings)
    assert plain(engine.transcribe(speech)) == plain(faster.transcribe(speech))
    assert engine.compute_type == "float32"
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
