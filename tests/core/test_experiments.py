"""What an experiment concludes, where a recording falls, and that a shadow keeps nobody waiting."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attentive import Attentive
from counting import write_count
from engine_work import until
from msgspec.structs import replace
from pace import QUICK
from rivals import Distant, Patient, Rival

from orstt_core import make_request
from orstt_core.bucketing import bucket
from orstt_core.caller import Caller, acting
from orstt_core.db import experiment_shadows
from orstt_core.db.experiment_records import JudgedPair, Observation, StoredExperiment
from orstt_core.db.experiment_shadows import ShadowStore
from orstt_core.db.experiments import ExperimentStore
from orstt_core.db.job_records import ClaimedJob
from orstt_core.engines import registry
from orstt_core.errors import DatabaseUnavailable, InvalidRequest, PairNotFound
from orstt_core.experiments.judging import blinded
from orstt_core.experiments.results import agreement, is_harmful, result
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import (
    ExperimentDraft,
    Judgement,
    Model,
    ModelDraft,
    Segment,
    Transcript,
    TranscriptionFigures,
    UsedModel,
    VocabularyDraft,
    Word,
    to_json,
)

BEGAN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FIGURES = TranscriptionFigures(audio_seconds=60.0, seconds=6.0, confidence=0.75, windows=8, repeated_windows=2)


def stored(**draft: object) -> StoredExperiment:
    return StoredExperiment(
        id="e1",
        created_at=BEGAN,
        created_by="user ana",
        draft=ExperimentDraft(name="ward", a="base", b="tiny", **draft),  # type: ignore[arg-type]
        setups=("", ""),
        state="running",
        cause="",
        reason="",
        changed_at=BEGAN,
        spent=0.0,
    )


def test_a_pair_tells_texts_and_no_model_nor_how_sure_one_was() -> None:
    texts = {"a": "The knee.", "b": "The new."}
    heard = {
        arm: Transcript(
            text=text,
            segments=[
                Segment(
                    id=0,
                    start=0.0,
                    end=2.0,
                    text=text,
                    words=[
                        Word(start=place, end=place + 1.0, word=f" {word}", probability=0.3)
                        for place, word in enumerate(text.split())
                    ],
                )
            ],
            language="en",
            language_probability=None,
            duration=2.0,
            task="transcribe",
            model=UsedModel(name=f"model {arm}", type="rival", device="cpu", compute_type=""),
        )
        for arm, text in texts.items()
    }
    pair = JudgedPair(observation=1, digest="d", job="j", filename="visit.wav", a=heard["a"], b=heard["b"])
    shown = blinded(pair, "b")
    assert (shown.left, shown.right) == (texts["b"], texts["a"])
    assert [piece.first.strip() for piece in shown.pieces if piece.differs] == ["new."]
    assert not any(word in to_json(shown) for word in (b"confidence", b"0.3", b"model", b"rival"))


def test_the_answer_is_in_words_and_says_how_sure_it_is() -> None:
    found = result(stored(), [Observation(state="waiting")])
    assert found.words == "Nothing is judged yet: 0 recordings heard, 1 waiting for B (tiny)."
    ended = result(replace(stored(), state="promoted"), [Observation()])
    assert ended.words == "Nothing was judged: 1 recording heard."
    assert result(stored(), [Observation(loss_a=0.5, loss_b=0.5)] * 3, by_people=1).alike == 2
    better = [Observation(loss_a=1.0, loss_b=0.0)] * 60
    found = result(stored(), [*better, Observation()])
    assert (found.verdict, found.recordings, found.judged, found.main.a, found.main.b) == ("better", 61, 60, 0.0, 100.0)
    assert found.words.startswith("B (tiny) is better by 100.0 points, 95 % between ")
    assert found.words.endswith(" and 100.0, after 60 recordings.")
    assert is_harmful(stored(), found) == ""
    undecided = result(stored(judge="proxies"), [Observation(loss_a=0.2, loss_b=0.2, figures_a=FIGURES)])
    assert undecided.words.startswith("Not decided yet: B (tiny) is as good as A, by a proxy, 95 % between ")
    assert [(figure.name, figure.a, figure.b, figure.proxy) for figure in undecided.proxies] == [
        ("repeated", None, None, True),  # of pairs only those count of which both are known
        ("speed", 10.0, None, True),
    ]
    assert agreement([["a"], ["a", "a"], ["b", "equal"]]) == (
        "2 recordings were judged by several people, who agreed on 1; the first judgement counts."
    )


def test_harm_is_a_model_that_is_surely_worse_than_it_may_be_or_fails_too_often() -> None:
    worse = result(stored(), [Observation(loss_a=0.0, loss_b=1.0)] * 60)
    assert worse.verdict == "worse"
    assert "is worse by 100.0 points" in is_harmful(stored(), worse)
    assert is_harmful(stored(harm=100.0), worse) == ""
    failing = [*[Observation(state="failed", arm="b")] * 3, *[Observation(state="failed", arm="a")] * 3]
    assert "could not transcribe 3 recordings" in is_harmful(
        stored(kind="split", judge="proxies"), result(stored(), failing)
    )
    assert is_harmful(stored(), result(stored(), [*failing, *[Observation()] * 12])) == ""
    split = stored(kind="split", judge="references")
    arms = [Observation(arm="a", loss_a=0.1), Observation(arm="b", loss_b=0.9)] * 200
    found = result(split, arms)
    assert (found.paired, found.judged, found.main.recordings_a, found.verdict) == (False, 400, 200, "worse")
    assert found.main.difference == pytest.approx(-80.0)


def test_recordings_fall_evenly_and_always_to_the_same_side() -> None:
    numbers = [bucket("e1", str(recording)) for recording in range(4000)]
    assert numbers[:100] == [bucket("e1", str(recording)) for recording in range(100)]
    assert bucket("e1", "0") == pytest.approx(0.013998877545991325)  # sha256sum says so, too
    assert abs(sum(number < 0.2 for number in numbers) / 4000 - 0.2) < 0.03
    other = [bucket("e2", str(recording)) for recording in range(4000)]
    assert abs(sum((a < 0.5) == (b < 0.5) for a, b in zip(numbers, other, strict=True)) / 4000 - 0.5) < 0.04


async def test_a_shadow_gives_way_at_once_goes_on_later_and_sends_nothing_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", {"rival": Rival, "patient": Patient, "distant": Distant})
    folder, own = tmp_path / "patient", write_count(tmp_path / "own.wav", 2)
    folder.mkdir()
    begun = folder / "begun"
    settings = Settings(data_dir=tmp_path / "data", max_loaded=2, cloud_hosts=["example.org"])
    async with LocalBackend(settings, pace=QUICK) as backend, asyncio.timeout(60):
        await backend.create_model(ModelDraft(name="a", model_type="rival", model="good"))
        await backend.create_model(ModelDraft(name="b", model_type="patient", model=str(folder)))
        await backend.create_model(ModelDraft(name="cloud", model_type="distant", model="good"))
        with pytest.raises(InvalidRequest, match="sends sound out of this machine") as refused:
            await backend.create_experiment(ExperimentDraft(name="ward", a="a", b="cloud"))
        assert refused.value.field == "cloud"
        await backend.create_experiment(ExperimentDraft(name="ward", a="a", b="b", judge="references"))
        job = await backend.submit_job(make_request(own, "a"))
        await backend.wait(job.id)
        await until(begun.exists)  # B works on it
        await backend.pause_experiment("ward")
        while not (await backend.experiment("ward")).spent:  # given up, although B is not done
            await asyncio.sleep(0.05)
        await backend.resume_experiment("ward")
        await until(lambda: len(begun.read_text().split()) > 1)
        other = write_count(tmp_path / "other.wav", 3)
        assert (await backend.transcript(other, "a", word_timestamps=False)).text  # though B would never be done
        assert ((found := await backend.experiment("ward")).result.recordings, found.waiting) == (0, 2)
        (folder / "go").touch()
        while (found := await backend.experiment("ward")).waiting:
            await asyncio.sleep(0.05)
        assert (found.result.recordings, found.spent > 0) == (2, True)
        assert begun.read_text().split()[:2] == ["all", "rest"]  # what was transcribed is kept
        pair = (await backend.pair_to_judge("ward")).pair
        assert pair is not None
        assert {pair.left, pair.right} == {"apple river", "begun done"}
        with acting(Caller(name="key other", scope="transcribe")):  # who sees its own jobs only
            assert (await backend.pair_to_judge("ward")).waiting == 0
            with pytest.raises(PairNotFound):
                await backend.judge_pair("ward", Judgement(pair=pair.id, reference="apple"))
        job = await backend.submit_job(make_request(own, "a"))  # the same sound, by its path: it takes part once
        await backend.wait(job.id)
        while (found := await backend.experiment("ward")).waiting:
            await asyncio.sleep(0.05)
        assert found.result.recordings == 2


async def test_a_shadow_hears_with_the_same_vocabulary_and_only_by_the_model_that_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", {"attentive": Attentive, "rival": Rival, "distant": Distant})
    settings = Settings(data_dir=tmp_path / "data", cloud_hosts=["example.org"])
    worked: list[ClaimedJob] = []

    class Away:
        async def running(self) -> None:
            raise DatabaseUnavailable("It is away.")

    class Broken:
        async def has_room(self, _: Model) -> bool:
            return True

        async def run(self, job: ClaimedJob, *_: object) -> None:
            worked.append(job)
            raise RuntimeError("a mistake of ours")

    async with LocalBackend(settings, drain=False, pace=QUICK) as backend:
        await backend.create_vocabulary(VocabularyDraft(name="fruit", terms=("apple",)))
        await backend.create_model(ModelDraft(name="a", model_type="attentive", model="any"))
        await backend.create_model(ModelDraft(name="b", model_type="rival", model="poor"))
        await backend.create_experiment(ExperimentDraft(name="ward", a="a", b="b"))
        monkeypatch.setattr(backend._shadows, "_pipeline", Broken())
        for seconds in (2, 3):
            await backend.transcript(
                write_count(tmp_path / f"{seconds}.wav", seconds), "a", vocabulary=["fruit"], word_timestamps=False
            )
        assert await backend._shadows._work_once()
        assert worked[0].terms == ["apple"]
        found = await backend.experiment("ward")
        assert (found.result.failed, found.waiting, found.spent > 0) == (1, 1, True)  # it is not tried for ever
        await backend.delete_model("b")
        await backend.create_model(ModelDraft(name="b", model_type="distant", model="poor"))
        assert not await backend._shadows._work_once()  # nothing leaves this machine
        [stopped] = await ExperimentStore(backend._database).list()
        assert (len(worked), stopped.state, stopped.cause) == (1, "stopped", "changed")

        await backend.activate_model("a")
        await backend.create_experiment(
            ExperimentDraft(name="half", a="a", b="b", kind="split", judge="proxies", cloud=True, share=1e-9)
        )
        for _ in range(2):  # the same file, by its path: it takes part once
            text = await backend.transcript(tmp_path / "2.wav", word_timestamps=False)
            assert text.choice
            assert (text.choice.arm, len(text.choice.digest)) == ("a", 64)
        assert (await backend.experiment("half")).result.recordings == 1
        [arms, _] = backend._jobs._pipeline._selectors._selectors
        monkeypatch.setattr(arms, "_store", Away())
        assert (
            await backend.transcript(tmp_path / "2.wav", word_timestamps=False)
        ).model.name == "a"  # it goes without
        async with backend._database.transaction():
            assert not await ExperimentStore(backend._database).change_state(stopped.id, "paused")  # too late


async def test_a_recording_is_one_workers_until_its_lease_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", {"rival": Rival})
    async with LocalBackend(Settings(data_dir=tmp_path / "data"), drain=False, pace=QUICK) as backend:
        for name in ("good", "poor"):
            await backend.create_model(ModelDraft(name=name, model_type="rival", model=name))
        await backend.create_experiment(ExperimentDraft(name="ward", a="good", b="poor"))
        await backend.transcript(write_count(tmp_path / "own.wav", 2), "good", word_timestamps=False)
        store = ShadowStore(backend._database)
        [experiment] = await ExperimentStore(backend._database).running()
        work = await store.claim(experiment, "one")
        assert work is not None
        assert await store.claim(experiment, "two") is None
        assert await store.keep(work, "one")
        await store.put_back(work, "one", 1.5)
        monkeypatch.setattr(experiment_shadows, "LEASE", timedelta(0))
        assert await store.claim(experiment, "one") == work
        assert await store.claim(experiment, "two") == work  # as if the other had died
        assert not await store.keep(work, "one")
        await store.fail(work, "one", 2.0)  # it is not its own any more
        assert ((found := await backend.experiment("ward")).waiting, found.result.failed, found.spent) == (1, 0, 3.5)
        await store.fail(work, "two", 0.0)
        assert ((found := await backend.experiment("ward")).waiting, found.result.failed) == (0, 1)
