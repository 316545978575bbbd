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
    EngineFailed,
    ExperimentExists,
    ExperimentNotFound,
    ExperimentOver,
    InvalidRequest,
    PairNotFound,
)
from orstt_core.types import Correction, Experiment, ExperimentDraft, JobQuery, Judgement, ModelDraft, SetText
from orstt_core.types.comparisons import LONGEST_REFERENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def rivals(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Backend]:
    """A backend with a good and a poor model, whose experiments are removed afterwards."""
    monkeypatch.setattr(registry, "_registered", {"rival": Rival})
    for name in ("good", "poor", "broken"):
        await ends.backend.create_model(ModelDraft(name=name, model_type="rival", model=name))
    yield ends.backend
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
    draft = ExperimentDraft(name="ward", a="poor", b="good", recordings=2)
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
    left = await rivals.experiment("ward")
    assert left.result.recordings == 2  # figures stay
    assert (left.cause, "1 cannot be judged any more" in left.reason) == ("budget", True)  # it would wait for ever

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


async def test_references_judge_and_a_spent_budget_stops(rivals: Backend, tmp_path: Path) -> None:
    for field, draft in (
        ("judge", ExperimentDraft(name="x", a="good", b="poor", kind="split", judge="people")),
        ("b", ExperimentDraft(name="x", a="good", b="good")),
        ("name", ExperimentDraft(name=" ", a="good", b="poor")),
    ):
        with pytest.raises(InvalidRequest) as refused:
            await rivals.create_experiment(draft)
        assert refused.value.field == field

    await rivals.create_experiment(ExperimentDraft(name="refs", a="poor", b="good", judge="references", recordings=2))
    with pytest.raises(ExperimentExists):
        await rivals.create_experiment(ExperimentDraft(name="refs", a="poor", b="good"))
    await rivals.pause_experiment("refs")
    await heard(rivals, tmp_path, 2)  # takes no part
    assert (await rivals.resume_experiment("refs")).state == "running"
    jobs = [await heard(rivals, tmp_path, seconds) for seconds in (4, 6, 8)]
    await until(rivals, "refs", lambda each: each.result.recordings == 2)
    correction = Correction(version=0, edits=[SetText(segment=0, text=f"{said(4)}.")])
    await rivals.correct_transcript(jobs[0], correction)
    found = (await rivals.experiment("refs")).result
    assert (found.judged, found.main.a, found.main.b, found.main.difference) == (1, 50.0, 0.0, 50.0)
    asked = await rivals.pair_to_judge("refs")
    assert asked.pair is not None
    assert (asked.waiting, asked.pair.job) == (1, jobs[1])
    with pytest.raises(InvalidRequest, match="no word"):
        await rivals.judge_pair("refs", Judgement(pair=asked.pair.id, reference="…" * LONGEST_REFERENCE))
    assert (await rivals.judge_pair("refs", Judgement(pair=asked.pair.id, reference=said(6)))).pair is None
    spent = await rivals.experiment("refs")
    assert (spent.state, spent.cause, spent.result.judged, spent.result.main.difference) == (
        "stopped",
        "budget",
        2,
        50.0,
    )


async def test_a_split_shares_the_work_by_a_hash_and_stops_when_it_does_harm(rivals: Backend, tmp_path: Path) -> None:
    await rivals.activate_model("good")
    split = ExperimentDraft(name="half", a="good", b="broken", kind="split", judge="proxies", share=1.0)
    await rivals.create_experiment(split)
    with pytest.raises(ExperimentExists, match="splits the work of good"):
        await rivals.create_experiment(replace(split, name="another"))
    with pytest.raises(Conflict, match="proxies"):
        await rivals.pair_to_judge("half")
    named = await rivals.job(await heard(rivals, tmp_path, 1, "good"))
    assert (named.model, named.choice) == ("good", None)  # who asks for a model by its name gets it
    for seconds in (1, 2, 3):
        with pytest.raises(EngineFailed):
            await heard(rivals, tmp_path, seconds, None)
        if seconds == 1:
            failed = (await rivals.jobs(JobQuery(states=["failed"]))).jobs[0]
            await rivals.retry_job(failed.id)
            assert (await rivals.wait(failed.id)).model.name == "good"  # B is not asked again
    harmed = await rivals.experiment("half")
    assert (harmed.state, harmed.cause, harmed.result.failed) == ("stopped", "harm", 3)
    told = (await rivals.audit(1))[0]
    assert (told.actor, told.action, told.subject) == ("experiment", "experiment.stopped", "half")
    await rivals.create_experiment(replace(split, name="poorer", b="poor", share=0.5))
    jobs_of = [await rivals.job(await heard(rivals, tmp_path, seconds, None)) for seconds in (1, 2, 3, 4)]
    found = (await rivals.experiment("poorer")).result
    arms = [job.choice.arm for job in jobs_of if job.choice]
    assert [{"a": "good", "b": "poor"}[arm] for arm in arms] == [job.model for job in jobs_of]
    again = await rivals.job(await heard(rivals, tmp_path, 1, None))
    assert again.choice == jobs_of[0].choice  # the same recording falls to the same side
    assert (found.main.recordings_a, found.main.recordings_b) == (arms.count("a"), arms.count("b"))
    assert found.main.proxy
    assert "proxy" in found.words or not (found.main.recordings_a and found.main.recordings_b)
