"""An error is the same on both ends of the wire: class, code, message, hint and field."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from serving import served

from orstt_api.client import RemoteBackend
from orstt_core.backend import Backend
from orstt_core.errors import BY_CODE, OrsttError
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import (
    JobQuery,
    KeyDraft,
    ModelDraft,
    RawAudio,
    StoredRecording,
    TranscribeOptions,
    TranscribeRequest,
)

Ask = Callable[[Backend], Awaitable[object]]
TYPO: Any = "translte"
NOTHING: Any = None
NOISE = RawAudio(data=b"\0\0", rate=16000)


@pytest.fixture
async def near(tmp_path: Path) -> AsyncIterator[LocalBackend]:
    async with LocalBackend(Settings(data_dir=tmp_path)) as backend:
        yield backend


@pytest.fixture
async def far(near: LocalBackend) -> AsyncIterator[RemoteBackend]:
    async with served(near) as url, RemoteBackend(url) as remote:
        yield remote


async def error(ask: Ask, backend: Backend) -> OrsttError:
    with pytest.raises(OrsttError) as raised:
        await ask(backend)
    return raised.value


def parts(error: OrsttError) -> tuple[object, ...]:
    return (type(error), error.code, error.status, error.exit_code, error.message, error.hint, error.field)


def transcribing(**request: object) -> Ask:
    async def ask(backend: Backend) -> object:
        return [event async for event in backend.transcribe(TranscribeRequest(**request))]  # type: ignore[arg-type]

    return ask


def noise(**options: Any) -> TranscribeRequest:
    return TranscribeRequest(audio=NOISE, options=TranscribeOptions(**options))


ASKED: dict[str, Ask] = {
    "a name that is not there": lambda backend: backend.model("nope"),
    "a name that is nearly there": lambda backend: backend.activate_model("smal"),
    "no name": lambda backend: backend.delete_model(""),
    "a name with slashes": lambda backend: backend.model("a/../b"),
    "an id that is not there": lambda backend: backend.activate_model(10**12),
    "digits that are no name": lambda backend: backend.model("007"),
    "a taken name": lambda backend: backend.create_model(ModelDraft(name="base")),
    "a blank name": lambda backend: backend.create_model(ModelDraft(name=" ")),
    "a long name": lambda backend: backend.create_model(ModelDraft(name="x" * 101)),
    "an unknown engine": lambda backend: backend.create_model(ModelDraft(name="x", model_type="nope")),
    "an unknown device": lambda backend: backend.create_model(ModelDraft(name="x", device="toaster")),
    "a model that cannot run": lambda backend: backend.activate_model("large"),
    "the active model": lambda backend: backend.delete_model("base"),
    "an unknown model to transcribe with": transcribing(audio=NOISE, model="nope"),
    "an unknown id to transcribe with": transcribing(audio=NOISE, model=999),
    "no model to transcribe with": transcribing(audio=NOISE, model=""),
    "an unknown language": transcribing(audio=NOISE, options=TranscribeOptions(language="xx")),
    "samples at no rate": transcribing(audio=RawAudio(data=b"\0\0", rate=0)),
    "no samples": transcribing(audio=RawAudio(data=b"", rate=16000)),
    "a missing file": transcribing(audio=Path("/no/such/file.wav")),
    "a folder": transcribing(audio=Path("/")),
    "no recording at all": transcribing(audio=(16000, [0.0])),
    "a name of another type": lambda backend: backend.model(NOTHING),
    "a number of another type": lambda backend: backend.activate_model(TYPO.__class__),
    "weights of another type": lambda backend: anext(backend.pull_model(NOTHING)),
    "no job": lambda backend: backend.job(""),
    "a job's id of another type": lambda backend: backend.wait(NOTHING),
    "a beginning that is too short": lambda backend: backend.cancel_job("abc"),
    "no key": lambda backend: backend.revoke_key(""),
    "a key of another type": lambda backend: backend.revoke_key(NOTHING),
    "a path for a request": lambda backend: backend.submit_job(TYPO),
    "nothing for a request": lambda backend: anext(backend.transcribe(NOTHING)),
    "nothing for a query": lambda backend: backend.jobs(NOTHING),
    "nothing for a draft": lambda backend: backend.create_model(NOTHING),
    "nothing for an update": lambda backend: backend.update_model("base", NOTHING),
    "nothing for a key": lambda backend: backend.create_key(NOTHING),
    "half of a character": lambda backend: backend.submit_job(noise(initial_prompt="a\ud800")),
    "half of a character to look for": lambda backend: backend.jobs(JobQuery(text="\ud800")),
    "half of a character in a name": lambda backend: backend.create_model(ModelDraft(name="\ud800")),
    "an id beyond all": transcribing(audio=NOISE, model=10**30),
    "a rate beyond all": lambda backend: backend.submit_job(TranscribeRequest(audio=RawAudio(data=b"", rate=10**12))),
    "no stored recording": lambda backend: backend.submit_job(TranscribeRequest(audio=StoredRecording(id=""))),
    "too large a beam": lambda backend: backend.submit_job(noise(beam_size=99)),
    "a task that is none": lambda backend: backend.submit_job(noise(task=TYPO)),
    "a temperature that is no list": lambda backend: backend.submit_job(noise(temperature=0.5)),
    "too much of a detail": transcribing(audio=NOISE, options={"vad_threshold": 2}),
    "less than no time to keep a model": transcribing(audio=NOISE, keep_alive=-5),
    "less than no time to keep a loaded model": lambda backend: backend.load_model("base", keep_alive=-5),
    "no number of seconds": lambda backend: backend.load_model("base", keep_alive=float("nan")),
    "states that are no list": lambda backend: backend.jobs(JobQuery(states=TYPO)),
    "a state that is none": lambda backend: backend.jobs(JobQuery(states=[TYPO])),
    "a time without a time zone": lambda backend: backend.jobs(JobQuery(since=datetime(2026, 1, 2))),  # noqa: DTZ001 - it
    "an order that is none": lambda backend: backend.jobs(JobQuery(sort=TYPO)),
    "no jobs": lambda backend: backend.jobs(JobQuery(limit=0)),
    "no entries": lambda backend: backend.audit(limit=0),
    "jobs of the future": lambda backend: backend.purge_jobs(older_than_days=-1),
    "a name that is no text": lambda backend: backend.create_model(ModelDraft(name=NOTHING)),
    "a scope that is none": lambda backend: backend.create_key(KeyDraft(name="x", scope=TYPO)),
}


async def test_an_error_is_the_same_near_and_far(near: LocalBackend, far: RemoteBackend) -> None:
    for asked, ask in ASKED.items():
        assert parts(await error(ask, far)) == parts(await error(ask, near)), asked


async def test_every_class_of_error_crosses_the_wire(near: LocalBackend) -> None:
    async with served(near, documented=False) as url, RemoteBackend(url) as far:
        for kind in BY_CODE.values():
            raised = kind("It went wrong - überall.", hint="Mend it.", field="name")

            async def fail(raised: OrsttError = raised) -> None:
                raise raised

            near.info = fail  # type: ignore[assignment]  # the error
            assert parts(await error(lambda backend: backend.info(), far)) == parts(raised)
