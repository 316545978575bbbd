"""A model that is one file is found by its folder, or among others by its own path."""

from __future__ import annotations

from pathlib import Path

import pytest

from orstt_core.engines.model_file import model_file
from orstt_core.engines.openai_whisper import OpenAIWhisperSTT
from orstt_core.engines.whisper_cpp import WhisperCppSTT
from orstt_core.errors import WeightsDamaged, WeightsNotFound
from orstt_core.weights.formats import format_called


def test_the_only_model_of_a_folder_is_meant_and_one_of_several_is_named(tmp_path: Path) -> None:
    first, second = tmp_path / "base.pt", tmp_path / "small.pt"
    first.write_bytes(b"weights")
    assert model_file(OpenAIWhisperSTT(str(tmp_path)), "*.pt") == first
    second.write_bytes(b"others")
    with pytest.raises(WeightsDamaged, match=r"2 models: base\.pt, small\.pt"):
        model_file(OpenAIWhisperSTT(str(tmp_path)), "*.pt")
    assert model_file(OpenAIWhisperSTT(str(second)), "*.pt") == second
    with pytest.raises(WeightsNotFound):
        model_file(OpenAIWhisperSTT(str(tmp_path / "tiny.pt")), "*.pt")
    need = format_called("openai-whisper").memory_need
    assert need(second, "float32") < need(tmp_path, "float32")


def test_a_model_for_english_only_says_so_by_its_name() -> None:
    assert OpenAIWhisperSTT.languages("/models/base.en.pt") == ("en",)
    for name in ("base.en", "base.en-q5_1", "/models/ggml-base.en-q8_0.bin"):
        assert WhisperCppSTT.languages(name) == ("en",)
    assert "de" in WhisperCppSTT.languages("base-q5_1")
