"""`orstt experiments` on a scripted backend: begun, looked at, judged, changed, promoted and removed."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable

import pytest
from cli.running import Result
from msgspec.structs import replace
from scripted import ScriptedBackend
from scripted_experiments import UNJUDGED, experiment, pair

from orstt_core.types import Judgement, LoadedModel
from orstt_tui.commands.jobs import drain

Run = Callable[..., Result]
FOUND = replace(
    UNJUDGED,
    words="Not decided yet: B (tiny) is better by 1.2 points, 95 % between -0.4 and 2.0, after 24 recordings.",
    main=replace(UNJUDGED.main, a=40.0, b=41.2, difference=1.2, low=-0.4, high=2.0, recordings_a=24, recordings_b=24),
    remarks=["People agreed."],
)


def test_an_experiment_goes_from_its_beginning_to_its_end(orstt: Run, scripted: ScriptedBackend) -> None:
    assert "there is no experiment yet" in orstt("experiments", "list").err
    code, out, err = orstt("experiments", "create", "ward", "--b", "tiny", "--share", "20%", "--until", "2027-01-31")
    assert (code, out) == (0, "Began ward: base does the work, tiny is tried on 20% of the recordings\n")
    assert ("orstt jobs drain" in err, "orstt experiments judge ward" in err) == (True, True)
    begun = scripted.trials["ward"]
    assert (begun.a, begun.share, begun.judge, begun.until is not None) == ("base", 0.2, "people", True)
    orstt("experiments", "create", "half", "--a", "base", "--b", "tiny", "--kind", "split")
    assert (scripted.trials["half"].judge, scripted.trials["half"].share) == ("references", 0.5)
    assert orstt("experiments", "create", "x", "--b", "tiny", "--share", "200%").code == 2

    scripted.trials["ward"] = experiment(result=FOUND, spent=61.0)
    assert FOUND.words.split()[0] in orstt("experiments", "list").out
    out = orstt("experiments", "show", "ward").out
    assert out.startswith(FOUND.words)
    assert "better by 1.2" in out
    assert "-0.4 and +2.0" in out
    assert "People agreed." in out
    assert json.loads(orstt("experiments", "show", "ward", "--json").out)["spent"] == 61.0
    worse = replace(FOUND, judged=24, alike=3, main=replace(FOUND.main, difference=-50.0, low=-70.0, high=4.0))
    scripted.trials["ward"] = experiment(result=worse)
    out = orstt("experiments", "show", "ward").out
    assert [words in out for words in ("worse by 50.0", "-4.0 and +70.0", "3 of them by themselves")] == [True] * 3

    for verb, told in (
        ("pause", "Paused ward"),
        ("resume", "Resumed ward"),
        ("promote", "tiny took the place of base"),
    ):
        code, out, err = orstt("experiments", verb, "ward")
        assert (code, told in out) == (0, True)
        assert (verb == "promote") == (FOUND.words in err)  # it was not decided that B is better
    assert scripted.rows[1].is_active
    assert orstt("experiments", "stop", "ward").code == 4
    assert orstt("experiments", "delete", "ward").out == (
        "Removed ward: tiny took the place of base; `orstt models activate base` takes it back.\n"
    )
    assert orstt("experiments", "show", "ward").code == 3


def test_pairs_are_judged_by_questions_or_by_options(
    orstt: Run, scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.trials["ward"] = experiment()
    scripted.pairs = [pair(1, "one fish", "one dish"), pair(2, "a", "b"), pair(3, "c", "d")]
    monkeypatch.setattr(sys, "stdin", io.StringIO("x\nleft\nE\nq\n"))
    code, out, err = orstt("experiments", "judge", "ward")
    assert "'x' is no answer" in err
    assert (code, "[-one fish-]" in out, "{+one dish+}" in out) == (0, True, True)
    assert scripted.judgements == [Judgement(pair=1, choice="left"), Judgement(pair=2, choice="equal")]
    asked = json.loads(orstt("experiments", "judge", "ward", "--json").out)
    assert (asked["pair"]["id"], asked["waiting"], asked["judged"]) == (3, 1, 2)
    assert orstt("experiments", "judge", "ward", "--pair", "3").code == 2
    assert "nothing to judge now" in orstt("experiments", "judge", "ward", "--pair", "3", "--choice", "neither").err
    assert "a pair comes with each further recording" in orstt("experiments", "judge", "ward").err
    scripted.trials["ward"] = experiment(waiting=2)
    assert "2 recordings still to be heard by B" in orstt("experiments", "judge", "ward").err

    scripted.trials["ward"] = experiment(judge="references")
    scripted.pairs = [pair(4, "e", "f"), pair(5, "g", "h")]
    monkeypatch.setattr(sys, "stdin", io.StringIO("what was said\n\n"))
    orstt("experiments", "judge", "ward")
    assert scripted.judgements[-1] == Judgement(pair=4, reference="what was said")


def test_drain_goes_on_for_what_experiments_left_and_makes_room_for_it(
    orstt: Run, scripted: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "INTERVAL", 0.01)
    scripted.trials = {"ward": experiment(waiting=2), "old": experiment(name="old", state="paused", waiting=3)}

    async def loaded() -> list[LoadedModel]:
        scripted.trials["ward"] = experiment(waiting=max(0, scripted.trials["ward"].waiting - 1))
        return list(scripted.loaded)

    asyncio.run(scripted.load_model("tiny"))
    asyncio.run(scripted.load_model("base"))
    monkeypatch.setattr(scripted, "loaded_models", loaded)
    assert orstt("jobs", "drain").code == 0
    assert scripted.trials["ward"].waiting == 0
    assert [each.names for each in scripted.loaded] == [["tiny"]]  # B stays
