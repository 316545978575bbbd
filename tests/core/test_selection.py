"""Promises of the choice of a model: made once the recording is decoded, stored, kept, and made anew once at most."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from counting import Counting, count_of
from counting_backend import SECONDS, asked, ended
from msgspec.structs import replace
from pace import QUICK

from orstt_core.db.job_records import ClaimedJob
from orstt_core.engines import registry
from orstt_core.local import LocalBackend
from orstt_core.runtime.protocol import SoundFile
from orstt_core.selection.selector import Chosen, Selectors
from orstt_core.settings import Settings
from orstt_core.types import (
    Job,
    JobQuery,
    Model,
    ModelChoice,
    ModelDraft,
    NewSegment,
    Restarted,
    Started,
    StatsQuery,
    TranscribeRequest,
)


class Scripted:
    """Chooses what it was told to, and remembers how long the recordings were."""

    def __init__(self, first: Model, again: Model | None = None) -> None:
        self.first, self.again, self.durations = first, again, list[float]()

    async def may_choose(self, job: ClaimedJob) -> bool:
        return True

    async def choose(self, job: ClaimedJob, sound: SoundFile) -> Chosen | None:
        self.durations.append(sound.duration)
        choice = ModelChoice(asked=job.model.name, model=self.first.name, why="By lot.", experiment="e1", arm="b")
        return Chosen(model=self.first, choice=choice)

    async def choose_again(self, job: ClaimedJob, *_: Any) -> Chosen | None:
        if self.again is None or job.choice is None:
            return None
        why = f"{self.first.name} was not sure."
        choice = ModelChoice(asked="counting", model=self.again.name, why=why, instead_of=self.first.name)
        return Chosen(model=self.again, choice=choice)


def choose_by(backend: LocalBackend, selector: Scripted) -> None:
    backend._jobs._pipeline._selectors = Selectors(selector)


async def until(backend: LocalBackend, job: Job, seen: Callable[[Job], bool]) -> Job:
    async with asyncio.timeout(60):
        while not seen(found := await backend.job(job.id)):
            await asyncio.sleep(0.02)
    return found


@asynccontextmanager
async def counting_models(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[LocalBackend]:
    """A backend with the models `counting` and `other`, each with a folder that tells it how to behave."""
    monkeypatch.setitem(registry._registered, "counting", Counting)
    async with LocalBackend(settings, pace=QUICK) as backend:
        names = {model.name for model in await backend.models()}
        for name in {"counting", "other"} - names:
            (folder / name).mkdir(exist_ok=True)
            await backend.create_model(ModelDraft(name=name, model_type="counting", model=str(folder / name)))
        yield backend


async def test_a_choice_outlives_the_process_that_made_it_and_a_cancel(
    database_url: str, tmp_path: Path, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url, job_lease=1.0)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/hang-at").write_text("2")
    recording = replace(recording, model="counting")
    async with counting_models(settings, tmp_path, monkeypatch) as backend:
        choose_by(backend, first := Scripted(await backend.model("other")))
        job = await backend.submit_job(recording)
        begun = await until(backend, job, lambda job: len(job.segments) == 1)
        choice = ModelChoice(asked="counting", model="other", why="By lot.", experiment="e1", arm="b")
        assert (begun.model, begun.choice, first.durations) == ("other", choice, [float(SECONDS)])
    (tmp_path / "other/hang-at").write_text("3")
    async with counting_models(settings, tmp_path, monkeypatch) as backend:
        choose_by(backend, second := Scripted(await backend.model("base")))
        await until(backend, job, lambda job: len(job.segments) == 2)
        await backend.cancel_job(job.id)
        (tmp_path / "other/hang-at").unlink()
        await backend.retry_job(job.id)
        done = await ended(backend, job)
        assert (done.model, done.text, done.choice) == ("other", count_of(SECONDS), choice)
        assert done.result
        assert done.result.choice == choice
        assert (asked(tmp_path / "other"), second.durations) == ([1, 2, 3], [])
        told = [event async for event in backend.follow_job(job.id) if isinstance(event, Started)]
        assert [event.choice for event in told] == [choice]


async def test_a_recording_is_transcribed_once_more_by_another_model_and_nothing_of_the_first_stays(
    database_url: str, tmp_path: Path, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=database_url)
    async with counting_models(settings, tmp_path, monkeypatch) as backend:
        choose_by(backend, Scripted(await backend.model("counting"), await backend.model("other")))
        events = [event async for event in backend.transcribe(replace(recording, model="counting"))]
        started = [event.model.name for event in events if isinstance(event, Started)]
        assert started == ["counting", "other"]
        [restarted] = [event for event in events if isinstance(event, Restarted)]
        assert (restarted.kept, restarted.reason) == (0, "counting was not sure.")
        assert sum(isinstance(event, NewSegment) for event in events) == 2 * SECONDS
        [job] = (await backend.jobs(JobQuery())).jobs
        done = await backend.job(job.id)
        assert (done.model, done.text, len(done.segments)) == ("other", count_of(SECONDS), SECONDS)
        assert done.choice
        assert (done.choice.instead_of, done.choice.asked) == ("counting", "counting")
        assert (asked(tmp_path / "counting"), asked(tmp_path / "other")) == ([1], [1])
        single = await backend.stats(StatsQuery(by="transcription"))  # the one that was given up was measured, too
        assert [(row.model, row.setup.weights, row.audio_seconds) for row in single] == [
            (name, str(tmp_path / name), SECONDS) for name in ("other", "counting")
        ]

        (tmp_path / "other/always-die").touch()  # the text that is there already is not lost with it
        events = [event async for event in backend.transcribe(replace(recording, model="counting"))]
        [*_, last] = [place for place, event in enumerate(events) if isinstance(event, Restarted)]
        told = [event.segment.text for event in events[last:] if isinstance(event, NewSegment)]
        [job, _] = (await backend.jobs(JobQuery())).jobs
        done = await backend.job(job.id)
        assert (done.state, done.model, done.text, " ".join(told)) == ("done", "counting", *[count_of(SECONDS)] * 2)
        assert done.result
        assert done.choice == done.result.choice
        assert done.choice
        assert done.choice.instead_of == ""
        assert [row.model for row in await backend.stats(StatsQuery(by="transcription"))][:-2] == ["counting"]
        assert done.choice.why.startswith("By lot. other was to transcribe it once more, and could not: ")
