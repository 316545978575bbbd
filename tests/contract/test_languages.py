"""A language that a model does not know is refused by name on every road, before anything is stored or loaded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from serving import served

from orstt_api.client import RemoteBackend
from orstt_core.backend import Backend
from orstt_core.errors import OptionUnsupported
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import JobQuery, ModelDraft, RawAudio, TranscribeOptions, TranscribeRequest

SECOND = RawAudio(data=b"\1\0" * 16_000, rate=16_000)


@pytest.fixture
async def near(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    """A backend with a model for English only, whose files are not here."""
    async with LocalBackend(Settings(data_dir=tmp_path)) as backend:
        await backend.create_model(ModelDraft(name="english", model="tiny.en"))
        yield backend


async def refusals(backend: Backend, options: TranscribeOptions) -> list[OptionUnsupported]:
    request = TranscribeRequest(audio=SECOND, model="english", options=options)
    with pytest.raises(OptionUnsupported) as waited:
        _ = [event async for event in backend.transcribe(request)]
    with pytest.raises(OptionUnsupported) as submitted:
        await backend.submit_job(request)
    return [waited.value, submitted.value]


async def test_another_language_than_the_models_is_refused_by_name_near_far_and_over_each_api(
    near: LocalBackend, austen: Path
) -> None:
    german, several = TranscribeOptions(language="German"), TranscribeOptions(languages=("en", "de"))
    async with served(near) as url, RemoteBackend(url) as far, httpx2.AsyncClient(base_url=url) as http:
        for backend in (near, far):
            for options, field in ((german, "language"), (several, "languages")):
                for refused in await refusals(backend, options):
                    assert (refused.message, refused.field) == ("english is for English only.", field)
        for path, file in (
            ("/v1/audio/transcriptions", "file"),
            ("/api/v1/transcriptions", "audio"),
            ("/api/jobs", "audio"),
        ):
            form = {"model": "english", "language": "de"}
            answer = await http.post(path, data=form, files={file: ("austen.wav", austen.read_bytes())})
            assert answer.status_code == (400 if path.startswith("/v1") else 422), answer.text
            assert "english is for English only." in answer.text
    assert (await near.jobs(JobQuery())).jobs == []
