"""How the list of jobs and the form to submit some look; see `test_snapshots.py`."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job
from textual.pilot import Pilot
from tui.pictures import DARK, LIGHT, NOW, SMALL, TEXTS, USUAL, WIDE, Compare, themed
from tui.piloting import at_rest, ending, screen_text, until

from orstt_core.errors import EngineDied
from orstt_core.types import (
    Correction,
    Done,
    Job,
    Peaks,
    Segment,
    SetText,
    SpeechSpan,
    TranscribeOptions,
    Word,
    problem,
)
from orstt_tui import formatting

JOB_SIZES = pytest.mark.parametrize("size", [SMALL, USUAL, WIDE], ids=["60x20", "80x24", "140x40"])


def several_jobs(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the backend a job in every state, minutes apart."""
    monkeypatch.setattr(formatting, "now", lambda: NOW)
    transcript = next(event.transcript for event in ending(*TEXTS, seconds=2.4) if isinstance(event, Done))
    died = problem(EngineDied("The engine's process ended three times over it.", hint="Try a smaller model."))
    changes: list[dict[str, object]] = [
        {"state": "done", "text": transcript.text, "segments": transcript.segments, "result": transcript},
        {
            "state": "failed",
            "error": died,
            "attempt": 3,
            "recording": "0" * 64,
            "filename": "a rather long name of a recording.flac",
        },
        {"state": "cancelled", "duration": 62.0, "text": "Good morning."},
        {"state": "running", "position": 3.0, "duration": 6.0, "text": TEXTS[0]},
        {"state": "queued"},
        {"state": "queued", "ahead": 1, "options": TranscribeOptions(language="de", task="translate")},
    ]
    for number, change in enumerate(changes, start=1):
        backend.put(a_job(number, created_at=NOW - timedelta(hours=7 - number), **change))
    backend.script = [*speech(*TEXTS)[:4], 600.0]


def a_call() -> Job:
    """A job whose text has two channels, doubtful segments and words, and more lines than a screen."""
    lines = [
        ("Dear Mr Bennet, have you heard that Netherfield Park is let at last?", 0.93),
        ("I have not.", 0.51),
        ("But it is, for Mrs Long has just been here, and she told me all about it.", 0.88),
        ("Do not you want to know who has taken it, Mr Bennet?", 0.9),
        ("You want to tell me, and I have no objection to hearing it.", 0.3),
    ] * 8
    segments = [
        Segment(id=number, start=4.0 * number, end=4.0 * number + 3.5, text=text, confidence=sure, language="en")
        for number, (text, sure) in enumerate(lines)
    ]
    segments = [replace(each, channel=1 + each.id % 2, words=_words(each)) for each in segments]
    done = next(event.transcript for event in ending("Hello.", seconds=9.7) if isinstance(event, Done))
    warning = "The recording is cut off at 2:40."
    result = replace(done, segments=segments, duration=160.0, load_seconds=1.2, warnings=[warning])
    options = TranscribeOptions(language="en", channels="separate", word_timestamps=True, vocabulary=("Longbourn",))
    return a_job(1, state="done", options=options, segments=segments, result=result, duration=160.0, attempt=2)


def _words(segment: Segment) -> list[Word]:
    """Words of which Netherfield was hardly heard."""
    sure = {"Netherfield": 0.1, "Park": 0.4}
    return [Word(start=0, end=1, word=word, probability=sure.get(word, 0.95)) for word in segment.text.split()]


@pytest.mark.slow
def test_jobs_empty(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "No jobs yet." in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=SMALL, run_before=steps)


@pytest.mark.parametrize(
    ("theme", "size"),
    [(DARK, SMALL), (DARK, USUAL), (DARK, WIDE), (LIGHT, USUAL)],
    ids=["dark-60x20", "dark-80x24", "dark-140x40", "light-80x24"],
)
def test_jobs_in_every_state(
    snap_compare: Compare,
    backend: ScriptedBackend,
    size: tuple[int, int],
    theme: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several_jobs(backend, monkeypatch)

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("j", "j")
        await until(pilot, lambda: "a single man" in str(screen_text(pilot).split("attempt")[-1]))

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)


@pytest.mark.slow
@pytest.mark.parametrize("size", [USUAL, WIDE], ids=["80x24", "140x40"])
def test_jobs_marked_and_sorted(
    snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    several_jobs(backend, monkeypatch)

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("o", "O")
        await until(pilot, lambda: "Length" not in screen_text(pilot) or "Length ▲" in screen_text(pilot))
        await at_rest(pilot)
        await pilot.press("j", "space", "space")
        await until(pilot, lambda: "2 marked" in screen_text(pilot))
        await at_rest(pilot)

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@pytest.mark.slow
def test_jobs_a_failed_one(snap_compare: Compare, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    several_jobs(backend, monkeypatch)

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("j", "j", "j", "j")
        await until(pilot, lambda: "Try a smaller model." in screen_text(pilot) and "r Retry" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=SMALL, run_before=steps)


@pytest.mark.slow
def test_jobs_searched(snap_compare: Compare, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    several_jobs(backend, monkeypatch)

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("slash", *"families")
        await until(pilot, lambda: "Jobs: 1 job" in screen_text(pilot) and "f7 Save" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=SMALL, run_before=steps)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("theme", "size"), [(DARK, USUAL), (DARK, WIDE), (LIGHT, WIDE)], ids=["dark-80x24", "dark-140x40", "light-140x40"]
)
def test_a_transcript_at_what_was_searched_for(
    snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int], theme: str
) -> None:
    job = backend.put(replace(a_call(), recording="0" * 64))
    waves = [round(100 + 80 * math.sin(number / 2) * math.cos(number / 31)) for number in range(1600)]
    pauses = [20 if number % 40 > 34 else wave for number, wave in enumerate(waves)]
    backend.peaks_of[job.id] = Peaks(
        peaks=pauses, speech=[SpeechSpan(4.0 * number, 4.0 * number + 3.5) for number in range(40)]
    )

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "Dear Mr Bennet" in screen_text(pilot) and "1:00.0" in screen_text(pilot))
        await pilot.press("slash", *"mr", "enter", "n", "shift+down")
        await until(pilot, lambda: "2 selected" in screen_text(pilot))
        await until(pilot, lambda: "on average" in screen_text(pilot) or size == USUAL)

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)


@pytest.mark.slow
@JOB_SIZES
def test_submit_form(
    snap_compare: Compare,
    backend: ScriptedBackend,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "round.wav").touch()

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4", "n", *"rou")
        await until(pilot, lambda: "round.wav" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@pytest.mark.slow
@pytest.mark.parametrize(("theme", "size"), [(DARK, USUAL), (LIGHT, WIDE)], ids=["dark-80x24", "light-140x40"])
def test_a_segment_that_is_corrected_over_those_that_were(
    snap_compare: Compare, backend: ScriptedBackend, theme: str, size: tuple[int, int]
) -> None:
    job = backend.put(a_call())
    mended = SetText(segment=3, text="Do you not want to know who has taken it?")

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await backend.correct_transcript(job.id, Correction(version=0, edits=[mended]))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "Do you not want" in screen_text(pilot) and "e Correct" in screen_text(pilot))
        await until(pilot, lambda: size == USUAL or "version 1" in screen_text(pilot))
        await pilot.press("e")
        await until(pilot, lambda: "Segment 1 of 40" in screen_text(pilot) and "f8 Split" in screen_text(pilot))

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)
