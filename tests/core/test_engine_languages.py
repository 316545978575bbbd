"""Which languages are valid is the engine's and the model's to say, all the way from a request to the engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from counting import write_count
from polyglot import Gaelic, Polyglot

from orstt_core.engines import registry
from orstt_core.errors import LanguageUnknown, OptionUnsupported
from orstt_core.local import LocalBackend
from orstt_core.runtime.probe import probe_engine
from orstt_core.settings import Settings
from orstt_core.types import Done, JobQuery, ModelDraft, TranscribeOptions, TranscribeRequest


@pytest.fixture
async def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalBackend]:
    monkeypatch.setattr(registry, "_registered", {"gaelic": Gaelic, "polyglot": Polyglot})
    async with LocalBackend(Settings(data_dir=tmp_path / "data")) as backend:
        for name in ("wide", "narrow"):
            await backend.create_model(ModelDraft(name=name, model_type="gaelic"))
        await backend.create_model(ModelDraft(name="any", model_type="polyglot"))
        yield backend


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    return write_count(tmp_path / "count.wav", 1)


async def heard(backend: LocalBackend, audio: Path, model: str, language: str | None) -> str:
    request = TranscribeRequest(audio=audio, model=model, options=TranscribeOptions(language=language))
    (done,) = [event async for event in backend.transcribe(request) if isinstance(event, Done)]
    return "; ".join([done.transcript.text, *done.transcript.warnings])


async def test_an_engine_speaks_languages_that_whisper_does_not_know(backend: LocalBackend, audio: Path) -> None:
    assert await heard(backend, audio, "wide", "Scottish Gaelic") == "asked for gd"
    assert await heard(backend, audio, "narrow", "gle") == "asked for ga"
    assert await heard(backend, audio, "any", "ceb") == "asked for ceb"


async def test_a_language_that_the_model_does_not_know_is_refused_before_the_job_is_stored(
    backend: LocalBackend, audio: Path
) -> None:
    german = TranscribeOptions(language="de")
    with pytest.raises(LanguageUnknown, match=r"wide does not know the language German.*Irish, Scottish Gaelic, Manx"):
        await backend.submit_job(TranscribeRequest(audio=audio, model="wide", options=german))
    with pytest.raises(OptionUnsupported, match="narrow is for Irish only"):
        await backend.submit_job(TranscribeRequest(audio=audio, model="narrow", options=german))
    assert (await backend.jobs(JobQuery())).jobs == []
    with pytest.raises(LanguageUnknown, match="does not know the language German"):
        await heard(backend, audio, "wide", "de")


async def test_a_language_that_nobody_named_is_the_only_one_or_is_asked_for(backend: LocalBackend, audio: Path) -> None:
    assumed = "The language was not looked for: narrow takes all that is said for Irish."
    assert await heard(backend, audio, "narrow", None) == f"asked for ga; {assumed}"
    with pytest.raises(OptionUnsupported, match=r"cannot find out .*Name it: Irish, Scottish Gaelic, Manx\."):
        await heard(backend, audio, "wide", None)


def test_an_engine_says_what_each_of_its_models_knows() -> None:
    whisper = probe_engine("whisper")
    assert "haw" in whisper.languages_of("base")
    assert whisper.languages_of("tiny.en") == ["en"]
    assert whisper.languages_of("someone/else") == whisper.languages_of("base")
