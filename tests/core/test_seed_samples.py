"""The code samples of the specification, as they stand there (imports aside), run on real weights.

They are a contract: what a sample shows must keep working, however the rest changes.
"""

import inspect
import logging
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from orstt_core import BaseSTT, STTFactory
from orstt_core.engines import registry
from orstt_core.engines.faster_whisper import FasterWhisperSTT

REGISTER_AND_USE = """
    # 2. Registered in the factory
    STTFactory.register('whisper', FasterWhisperSTT)

    # 3. Created with validation
    stt = STTFactory.create('whisper', 'base', 'cpu', 'int8')

    # 4. Used for transcription
    audio_16k = stt.preprocess((sr, audio))
    text = stt.transcribe(audio_16k, language='en')
"""

# Two names that the sample leaves to its reader come first.
CUSTOM_ENGINE = """
    from orstt_core import BaseSTT
    import numpy as np

    processed_audio = np.zeros(16_000, np.float32)
    text = "what was said"

    class CustomSTT(BaseSTT):
        def __init__(self, model_name, device, compute_type):
            super().__init__(model_name, device, compute_type)
            # Initialize your model here

        def preprocess(self, audio_tuple):
            # Preprocess audio
            return processed_audio

        def transcribe(self, audio_data, language="en"):
            # Transcribe to text
            return text

        def is_available(self):
            # Check if dependencies are installed
            try:
                import your_library
                return True
            except ImportError:
                return False
"""

REGISTER_IMPLEMENTATIONS = """
    def _register_implementations():
        # Existing registrations...

        # Add your implementation
        try:
            from stt_custom import CustomSTT
            STTFactory.register('custom', CustomSTT)
        except ImportError as e:
            logging.warning(f"Could not register CustomSTT: {e}")
"""

# These two are run on real weights in tests/engines/test_seed_example.py.
SEVERAL_TYPES = """
    # Same interface, different implementations
    stt_fast = STTFactory.create('faster-whisper', 'base', 'cpu', 'int8')
    stt_openai = STTFactory.create('openai-whisper', 'small', 'cuda', 'float16')
    stt_custom = STTFactory.create('custom', 'v1', 'cpu', 'int8')
"""

ALL_WORK_THE_SAME_WAY = """
    # All work the same way
    for stt in [stt_fast, stt_openai, stt_custom]:
        audio_16k = stt.preprocess((sr, audio))
        text = stt.transcribe(audio_16k, language='en')
        heard.append(text)
"""


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})


@pytest.fixture
def namespace(austen: Path) -> dict[str, Any]:
    """What the samples take for granted."""
    audio, sr = soundfile.read(austen)
    return {
        "STTFactory": STTFactory,
        "FasterWhisperSTT": FasterWhisperSTT,
        "logging": logging,
        "audio": audio,
        "sr": sr,
    }


@pytest.fixture
def stt_custom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of Step 1, where Python finds it."""
    (tmp_path / "stt_custom.py").write_text(textwrap.dedent(CUSTOM_ENGINE))
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for module in ("stt_custom", "your_library"):
        sys.modules.pop(module, None)


@pytest.fixture
def your_library(stt_custom: Path) -> None:
    """The library that the custom engine needs."""
    (stt_custom / "your_library.py").write_text("")


def run(sample: str, namespace: dict[str, Any]) -> dict[str, Any]:
    exec(textwrap.dedent(sample), namespace)
    return namespace


def test_an_engine_has_the_three_methods_with_these_parameters() -> None:
    for method, parameters in {
        "preprocess": ["self", "audio_tuple"],
        "transcribe": ["self", "audio_data", "language"],
        "is_available": ["self"],
    }.items():
        assert list(inspect.signature(getattr(BaseSTT, method)).parameters) == parameters
        assert list(inspect.signature(getattr(FasterWhisperSTT, method)).parameters) == parameters
    assert BaseSTT.__abstractmethods__ == {"preprocess", "transcribe", "is_available"}


@pytest.mark.slow
@pytest.mark.models
def test_how_it_works(namespace: dict[str, Any]) -> None:
    text = run(REGISTER_AND_USE, namespace)["text"]
    assert "Dashwood had then leisure to consider" in text


def test_a_custom_engine_is_registered_and_used(namespace: dict[str, Any], your_library: None) -> None:
    run(REGISTER_IMPLEMENTATIONS, namespace)["_register_implementations"]()
    assert "custom" in STTFactory.get_available_types()
    validation = STTFactory.validate_model("custom", "v1", "cpu", "int8")
    assert (validation.valid, validation.available, validation.warnings) == (True, True, [])
    stt = STTFactory.create("custom", "v1", "cpu", "int8")
    audio_16k = stt.preprocess((namespace["sr"], namespace["audio"]))
    assert stt.transcribe(audio_16k, language="en") == "what was said"


def test_a_custom_engine_without_its_library_is_none_and_the_log_says_why(
    namespace: dict[str, Any], stt_custom: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run(REGISTER_IMPLEMENTATIONS, namespace)["_register_implementations"]()
    assert STTFactory.create("custom", "v1", "cpu", "int8") is None
    assert "not installed" in caplog.text
    validation = STTFactory.validate_model("custom", "v1", "cpu", "int8")
    assert not validation.available
    assert "The dependencies check failed" in validation.message


def test_a_custom_engine_that_cannot_be_imported_is_a_warning(
    namespace: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    run(REGISTER_IMPLEMENTATIONS, namespace)["_register_implementations"]()
    assert "Could not register CustomSTT" in caplog.text
    assert "custom" not in STTFactory.get_available_types()


@pytest.mark.slow
@pytest.mark.models
def test_several_types_of_which_one_is_not_there(
    namespace: dict[str, Any], your_library: None, caplog: pytest.LogCaptureFixture
) -> None:
    run(REGISTER_IMPLEMENTATIONS, namespace)["_register_implementations"]()
    run(SEVERAL_TYPES, namespace)
    assert isinstance(namespace["stt_fast"], FasterWhisperSTT)
    assert namespace["stt_openai"] is None
    assert "openai-whisper" in caplog.text
    assert namespace["stt_custom"].model_name == "v1"
