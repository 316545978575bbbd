"""Experiments try a second model on live work: the same near and far, and on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from counting import write_count
from ends import Ends
from msgspec.structs import replace
from rivals import Rival, said

from orstt_core import make_request
from orstt_core.backend import Backend
from orstt_core.engines import registry
from orstt_core.errors import (
    Conflict,
    ExperimentNotFound,
    ExperimentOver,
    InvalidRequest,
    PairNotFound,
)
from orstt_core.types import Experiment, ExperimentDraft, Judgement, ModelDraft

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def rivals(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Backend]:
    """A backend with a good and a poor model, whose experiments are removed afterwards."""
    monkeypatch.setattr(registry, "_registered", {"rival": Rival})
    for name in ("good", "poor", "broken"):
        await ends.backend.create_model(ModelDraft(name=name, model_type="rival", model=name))
    yield ends.backend
    await ends.backend.activate_model("base")
    for each in await ends.backend.experiments():
        await ends.backend.delete_experiment(each.name)


async def until(backend: Backend, name: str, true: Callable[[Experiment], bool]) -> Experiment:
    """Return an experiment once something is true of it."""
    async with asyncio.timeout(60):
        while not true(found := await backend.experiment(name)):
            await asyncio.sleep(0.05)
    return found


async def heard(backend: Backend, folder: Path, seconds: int, model: str | None = "poor") -> str:
    """Transcribe a recording of so many seconds; return its job."""
    audio = folder / f"{seconds}.wav"
    if not audio.exists():  # written again it would be other bytes: the file says when
        write_count(audio, seconds)
    job = await backend.submit_job(replace(make_request(audio.read_bytes(), model), keep_alive=0.0))
    await backend.wait(job.id)
    return job.id


async def test_people_judge_a_shadow_and_the_better_model_is_promoted(rivals: Backend, tmp_path: Path) -> None:
    draft = ExperimentDraft(name="ward", a="poor", b="good", recordings=40)
    begun = await rivals.create_experiment(draft)
    assert (begun.state, begun.share, begun.result.judged) == ("running", 1.0, 0)
    jobs = [await heard(rivals, tmp_path, seconds) for seconds in (3, 4)]
    await heard(rivals, tmp_path, 4)  # the same again: it takes part once
    found = await until(rivals, "ward", lambda each: each.result.recordings == 2)
    assert (found.waiting, found.spent > 0) == (0, True)
    assert found.result.proxies[0].b == pytest.approx(90)

    asked = await rivals.pair_to_judge("ward")
    assert asked.pair is not None
    assert (asked.waiting, asked.judged, asked.pair.job) == (2, 0, jobs[0])
    texts = {"left": asked.pair.left, "right": asked.pair.right}
    [better] = [side for side, text in texts.items() if text == said(3)]
    assert "".join(piece.first for piece in asked.pair.pieces).strip() == asked.pair.left
    judgement = Judgement(pair=asked.pair.id, choice="left" if better == "left" else "right")
    after = await rivals.judge_pair("ward", judgement)
    assert after.pair is not None
    assert (after.waiting, after.judged, after.pair.job) == (1, 1, jobs[1])
    with pytest.raises(Conflict, match="already"):
        await rivals.judge_pair("ward", judgement)
    with pytest.raises(InvalidRequest) as caught:
        await rivals.judge_pair("ward", Judgement(pair=after.pair.id))
    assert caught.value.field == "choice"
    result = (await rivals.experiment("ward")).result
    assert (result.verdict, result.judged, result.main.difference) == ("undecided", 1, 100.0)
    assert "B (good) is better by 100.0 points" in result.words

    await rivals.delete_job(jobs[1])  # and with it both texts
    assert (await rivals.pair_to_judge("ward")).pair is None
    with pytest.raises(PairNotFound):
        await rivals.judge_pair("ward", Judgement(pair=after.pair.id, choice="equal"))
    assert (await rivals.experiment("ward")).result.recordings == 2  # figures stay

    with pytest.raises(Conflict, match="poor is not the active model"):
        await rivals.promote_experiment("ward")
    await rivals.activate_model("poor")
    promoted = await rivals.promote_experiment("ward")
    assert (promoted.state, (await rivals.info()).active_model) == ("promoted", "good")
    with pytest.raises(ExperimentOver):
        await rivals.resume_experiment("ward")
    with pytest.raises(ExperimentOver):
        await rivals.promote_experiment("ward")
    assert (await rivals.activate_model("poor")).model.is_active  # and back
    assert (await rivals.delete_experiment("ward")).name == "ward"
    with pytest.raises(ExperimentNotFound):
        await rivals.experiment("ward")
