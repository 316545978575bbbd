"""How two transcripts beside, or below, each other look; see `test_snapshots.py`."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace
from scripted import ScriptedBackend
from scripted_experiments import experiment, pair
from textual.pilot import Pilot
from tui.pictures import DARK, LIGHT, USUAL, WIDE, Compare, themed
from tui.piloting import screen_text, until
from tui.test_compare_screen import a_job_of

from orstt_core.measurements.alignment import Alignment
from orstt_core.types import Correction, Job, MeasuredSetup, Segment, SetText, Stats, Word

BASE = (
    "It is a truth universally acknowledged, that a single man in possession of a good fortune,",
    "must be in want of a wife.",
    "However little known the feelings or views of such a man may be on his first entering a neighbourhood,",
    "this truth is so well fixed in the minds of the surrounding families,",
    "that he is considered as the rightful property of some one or other of their daughters.",
)
TINY = (
    "it is a truce universally acknowledged that a single man in possession of a fortune",
    "must be in want of a wife",
    "However little known the feelings or views of such a man may be on his first entering a neighborhood",
    "this truth is so well fixed in the minds of the surrounding families",
    "that he is considered as the rightful property of someone or other of their own daughters.",
)


def measured(job: Job) -> Job:
    """The job with how sure the engine was of each word: the longer, the surer."""
    segments = [
        replace(
            each,
            words=[Word(start=0, end=1, word=word, probability=min(len(word), 10) / 11) for word in each.text.split()],
        )
        for each in job.segments
    ]
    assert job.result is not None
    return replace(job, segments=segments, result=replace(job.result, segments=segments))


@pytest.mark.parametrize(
    ("theme", "size"),
    [(DARK, USUAL), (DARK, WIDE), (LIGHT, USUAL), (LIGHT, WIDE)],
    ids=["dark-80x24", "dark-140x40", "light-80x24", "light-140x40"],
)
def test_comparison(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int], theme: str) -> None:
    backend.put(measured(a_job_of(1, "base", *BASE)))
    backend.put(measured(a_job_of(2, "tiny", *TINY)))
    day = date(2026, 1, 2)
    backend.statistics = [
        Stats(
            model=name,
            setup=MeasuredSetup(),
            first_day=day,
            last_day=day,
            transcriptions=1,
            audio_seconds=10.0,
            peak_memory=memory,
        )
        for name, memory in (("base", 290_000_000), ("tiny", 150_000_000))
    ]

    async def steps(pilot: Pilot[None]) -> None:
        edit = SetText(segment=4, text=BASE[4].replace("some one", "someone"))
        await backend.correct_transcript("1" * 16, Correction(version=0, edits=[edit]))
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "tiny" in screen_text(pilot))
        await pilot.press("j", "equals_sign")
        await until(pilot, lambda: "done," in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "difference 1/3" in screen_text(pilot))
        await pilot.press("n")

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "size"), [(DARK, USUAL), (LIGHT, WIDE)], ids=["dark-80x24", "light-140x40"])
def test_judging(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int], theme: str) -> None:
    backend.trials["ward"] = experiment()
    first, second = ([Segment(id=0, start=None, end=None, text=f" {text}") for text in texts] for texts in (BASE, TINY))
    pieces = [piece for row in Alignment(first, second, ("en", "en")).rows() for piece in row.pieces]
    backend.pairs = [replace(pair(1, " ".join(BASE), " ".join(TINY)), pieces=pieces), pair(2, "Yes.", "No.")]

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("4", "X")
        await until(pilot, lambda: "ward" in screen_text(pilot))
        await pilot.press("v")
        await until(pilot, lambda: "0 judged, 2 to go" in screen_text(pilot))

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)
