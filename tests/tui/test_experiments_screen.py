"""Experiments in the terminal: begun, judged without knowing whose text is whose, promoted, and deleted."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from counting import write_count
from msgspec.structs import replace
from pace import QUICK
from rivals import Rival, said
from scripted import ScriptedBackend
from scripted_experiments import UNJUDGED, experiment, pair
from textual.pilot import Pilot
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import line, notices, screen_text, until

from orstt_core import make_request
from orstt_core.engines import registry
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import (
    Choice,
    ComparedPiece,
    ExperimentDraft,
    ExperimentFigure,
    ExperimentPair,
    ExperimentResult,
    Judgement,
    ModelDraft,
)
from orstt_tui import player
from orstt_tui.comparison_text import rows_of_pieces
from orstt_tui.screens.create_experiment import CreateExperimentScreen
from orstt_tui.screens.experiments import ExperimentsScreen
from orstt_tui.screens.judging import JudgingScreen

FOUND = ExperimentResult(
    words="tiny is better than base by 12.0 points, 95 % between 4.0 and 20.0, after 214 recordings.",
    verdict="better",
    paired=True,
    recordings=220,
    judged=214,
    main=ExperimentFigure(
        name="preference", proxy=False, a=40.0, b=52.0, recordings_a=214, recordings_b=214,
        difference=12.0, low=4.0, high=20.0,
    ),
    proxies=[ExperimentFigure(name="speed", proxy=True, unit="times", a=12.0, b=30.0)],
    remarks=["People who judged the same recording agreed on 9 of 10."],
)  # fmt: skip


def a_pair(number: int = 1) -> ExperimentPair:
    """A pair of which one word differs."""
    pieces = [
        ComparedPiece(first="The ", second="The "),
        ComparedPiece(first="knee ", second="new ", differs=True),
        ComparedPiece(first="is stable.", second="is stable."),
    ]
    return replace(pair(number, "The knee is stable.", "The new is stable."), pieces=pieces)


async def open_experiments(pilot: Pilot[None]) -> None:
    """Open the list."""
    await pilot.press("4", "X")
    await until(pilot, lambda: isinstance(pilot.app.screen, ExperimentsScreen))


async def goes_on_reading(pilot: Pilot[None], backend: ScriptedBackend) -> None:
    """Read the end of the details of `ward` while it is looked at anew and another one begins."""
    experiments = pilot.app.screen
    assert isinstance(experiments, ExperimentsScreen)
    details = experiments.query_one(".list-detail")
    details.scroll_end(animate=False)
    await until(pilot, lambda: details.scroll_y > 0)
    backend.trials |= {"ward": replace(backend.trials["ward"]), "later": experiment(name="later")}
    experiments.look_again()
    await until(pilot, lambda: "2 running" in screen_text(pilot))
    assert experiments.selected is not None
    assert (experiments.selected.name, details.scroll_y > 0) == ("ward", True)
    details.scroll_home(animate=False)
    del backend.trials["later"]


async def test_an_experiment_is_begun_paused_stopped_and_deleted(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await open_experiments(pilot)
        await until(pilot, lambda: "No experiment yet" in screen_text(pilot))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, CreateExperimentScreen))
        form = pilot.app.screen
        await until(pilot, lambda: form.query_one("#a", Select).value == "base")
        await pilot.press("f5")
        await until(pilot, lambda: "Give it a name." in screen_text(pilot))
        form.query_one("#name", Input).value = "ward"
        await pilot.press("f5")
        await until(pilot, lambda: "Choose both models." in screen_text(pilot))
        form.query_one("#b", Select).value = "small"
        form.query_one("#share", Input).value = "150"
        await pilot.press("f5")
        await until(pilot, lambda: "not between 0 and 100." in screen_text(pilot))
        form.query_one("#share", Input).value = "25"
        form.query_one("#minutes", Input).value = "90"
        form.query_one("#until", Input).value = "some day"
        await pilot.press("f5")
        await until(pilot, lambda: "is no time." in screen_text(pilot))
        form.query_one("#until", Input).value = "2027-01-31"
        form.query_one("#cloud", Select).value = "yes"
        await pilot.press("f5")
        await until(pilot, lambda: "Began the experiment ward." in " ".join(notices(pilot)))
        begun = backend.trials["ward"]
        assert (begun.a, begun.b, begun.kind, begun.judge) == ("base", "small", "shadow", "people")
        assert (begun.share, begun.seconds, begun.recordings) == (0.25, 5400.0, 500)
        assert begun.until == datetime(2027, 2, 1).astimezone()  # the end of that day
        assert backend.drafts["ward"].cloud

        await until(pilot, lambda: "1 running" in screen_text(pilot))
        await goes_on_reading(pilot, backend)
        await pilot.press("p")
        await until(pilot, lambda: backend.trials["ward"].state == "paused")
        await until(pilot, lambda: "paused since" in screen_text(pilot))
        await pilot.press("p")
        await until(pilot, lambda: "running since" in screen_text(pilot))
        await pilot.press("s")
        await until(pilot, lambda: "Stop ward for good?" in screen_text(pilot))
        await pilot.press("n")
        assert backend.trials["ward"].state == "running"
        await pilot.press("s", "y")
        await until(pilot, lambda: "stopped on" in screen_text(pilot))
        await pilot.press("p")
        await until(pilot, lambda: "ward is stopped: begin another one." in " ".join(notices(pilot)))
        await pilot.press("d", "y")
        await until(pilot, lambda: "No experiment yet" in screen_text(pilot))
        assert backend.trials == {}


async def test_two_texts_are_judged_by_a_key_and_nothing_says_whose_they_are(
    open_app: Open, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "find_program", list)
    backend.trials["ward"] = experiment(result=replace(UNJUDGED, judged=3, alike=3))
    backend.pairs = [a_pair(number) for number in range(1, 5)]
    async with open_app(size=(140, 40)) as pilot:
        await open_experiments(pilot)
        await until(pilot, lambda: "base" in line(pilot, "▶  ward"))
        assert "undecided, 3 judged (3 alike)" in line(pilot, "▶  ward")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, JudgingScreen) and "knee" in screen_text(pilot))
        assert line(pilot, "left").index("left") < line(pilot, "left").index("right")
        assert line(pilot, "knee").index("knee") < line(pilot, "knee").index("new")
        await until(pilot, partial(line, pilot, "0 judged, 4 to go · 3 alike"))
        shown = screen_text(pilot).split("\n", 2)[2]  # below the status bar, which says which model is active
        assert "tiny" not in shown
        assert "base" not in shown
        await pilot.press("space")
        await until(pilot, lambda: any("orstt audio 00000000" in notice for notice in notices(pilot)))
        for key in ("left", "l", "equals_sign", "x"):
            await until(pilot, lambda: f"call-{len(backend.judgements) + 1}.wav" in screen_text(pilot))
            await pilot.press(key)
        await until(pilot, lambda: "There is nothing to judge now" in screen_text(pilot))
        choices: list[Choice] = ["left", "right", "equal", "neither"]
        assert backend.judgements == [
            Judgement(pair=number, choice=choice) for number, choice in enumerate(choices, start=1)
        ]
        await until(pilot, partial(line, pilot, "4 judged, 0 to go"))
        await pilot.press("left")  # judges nothing
        assert len(backend.judgements) == 4

        backend.trials["ward"] = experiment(result=FOUND)
        await pilot.press("escape")
        await until(pilot, lambda: "tiny is better than base by 12.0 points" in screen_text(pilot))
        assert "A 40.0 % · B 52.0 %" in line(pilot, "Preferred")
        assert "+4.0 and +20.0" in screen_text(pilot)
        assert "B is better, 214 judged" in line(pilot, "▶  ward")
        await pilot.press("m")
        await until(pilot, lambda: "Make tiny the active model in the place of base?" in screen_text(pilot))
        await pilot.press("y")
        await until(pilot, lambda: backend.trials["ward"].state == "promoted")
        assert (await backend.info()).active_model == "tiny"
        await until(pilot, lambda: "✓  ward" in screen_text(pilot))
        await until(pilot, partial(line, pilot, "promoted on"))
        await pilot.press("v")
        await until(pilot, partial(line, pilot, "nothing left to judge: the experiment is promoted"))


def test_texts_without_times_are_in_rows_of_a_sentence_and_lose_nothing() -> None:
    same = "It is a truth universally acknowledged. A single man must be in want of a wife! "
    pieces = [
        ComparedPiece(first=same, second=same.upper()),
        ComparedPiece(first="However ", second="", differs=True),
        ComparedPiece(first="little known.", second="little known."),
    ]
    rows = rows_of_pieces(pieces)
    assert ["".join(piece.first for piece in row.pieces) for row in rows] == [
        "It is a truth universally acknowledged. ",
        "A single man must be in want of a wife! ",
        "However little known.",
    ]
    assert "".join(piece.second for row in rows for piece in row.pieces) == same.upper() + "little known."
    assert [row.differs for row in rows] == [False, False, True]


@pytest.mark.slow
async def test_a_real_experiment_is_judged_and_the_better_model_promoted(
    open_app: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", {"rival": Rival})
    settings = Settings(data_dir=tmp_path / "data", max_loaded=2)
    async with LocalBackend(settings, pace=QUICK) as backend:
        for name in ("good", "poor"):
            await backend.create_model(ModelDraft(name=name, model_type="rival", model=name))
        await backend.activate_model("poor")
        await backend.create_experiment(ExperimentDraft(name="ward", a="poor", b="good"))
        for seconds in (3, 4):
            write_count(tmp_path / f"{seconds}.wav", seconds)
            await backend.wait((await backend.submit_job(make_request(tmp_path / f"{seconds}.wav", "poor"))).id)
    async with open_app(lambda: LocalBackend(settings, pace=QUICK), size=(140, 40)) as pilot:
        await open_experiments(pilot)
        await until(pilot, lambda: "2 recordings" in line(pilot, "Heard"))
        await pilot.press("v")
        for seconds, progress in ((3, "0 judged, 2 to go"), (4, "1 judged, 1 to go")):
            await until(pilot, partial(line, pilot, progress))
            await until(pilot, partial(line, pilot, said(seconds)))
            both = line(pilot, said(seconds))
            await pilot.press("left" if both.index(said(seconds)) < both.index("ish") else "right")
        await until(pilot, lambda: "There is nothing to judge now" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "undecided, 2 judged" in screen_text(pilot))
        assert "A 0.0 % · B 100.0 %" in line(pilot, "Preferred")
        await pilot.press("m", "y")
        await until(pilot, lambda: "✓  ward" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "active: good" in screen_text(pilot))
