"""The specification's example with three types, as it stands there, on three engines with real weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest
import soundfile
from core.test_seed_samples import ALL_WORK_THE_SAME_WAY, SEVERAL_TYPES, run
from engine_libraries import leaves_file_open, library
from engines.conftest import Weights

from orstt_core import STTFactory
from orstt_core.engines import registry
from orstt_core.engines.pocketsphinx_engine import PocketSphinxSTT
from orstt_core.engines.sentence import TEXT
from orstt_core.measurements.scoring import error_rate
from orstt_core.weights.catalogue import WeightsFormat

pytestmark = [pytest.mark.slow, pytest.mark.models, library("whisper"), library("pocketsphinx"), leaves_file_open]


class CustomSTT(PocketSphinxSTT):
    """Somebody's own engine, with a model called v1."""

    known_models: ClassVar = ("v1",)


def test_three_types_work_the_same_way(
    weights: Weights, austen: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # The weights of openai-whisper's `small` are no part of any package: those of base stand where they would be.
    checkpoint, resolve = weights("openai-whisper"), WeightsFormat.resolve
    monkeypatch.setattr(
        WeightsFormat,
        "resolve",
        lambda self, model: (
            checkpoint.parent if (self.name, model) == ("openai-whisper", "small") else resolve(self, model)
        ),
    )
    monkeypatch.setattr(registry, "_registered", {})
    STTFactory.register("custom", CustomSTT)
    audio, rate = soundfile.read(austen)
    namespace: dict[str, Any] = {"STTFactory": STTFactory, "audio": audio, "sr": rate, "heard": []}
    run(SEVERAL_TYPES, namespace)
    run(ALL_WORK_THE_SAME_WAY, namespace)
    scored = [error_rate(TEXT, text, "en") for text in namespace["heard"]]
    fast, openai, custom = (errors.wrong for errors in scored if errors)
    assert (fast, openai) == (0, 0)
    assert custom < 10
    assert "it will run on the CPU with float32" in caplog.text
