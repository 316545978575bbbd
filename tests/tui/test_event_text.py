"""Events are put into words in one place, for the commands and for the screen."""

from __future__ import annotations

import pytest
from tui.piloting import ending

from orstt_core.types import Accepted, Done, Loading, Progress, Restarted, Started, UsedModel
from orstt_tui.event_text import (
    Stage,
    amount,
    queue_position,
    remarks,
    restart_line,
    restart_sentence,
    short_stage,
    stage_sentence,
    summary,
)

MODEL = UsedModel(name="base", type="whisper", device="cpu", compute_type="int8")


@pytest.mark.parametrize(
    ("stage", "short", "sentence", "done"),
    [
        (Accepted(model="base", ahead=0), "waiting", "Waiting for base: starting", None),
        (
            Accepted(model="base", ahead=2),
            "waiting, 2 before it",
            "Waiting for base: 2 recordings before this one",
            None,
        ),
        (Loading(detail="loading base"), "loading base", "Loading base", None),
        (
            Loading(detail="fetching", done=45_000_000, total=145_000_000),
            "fetching 45 MB of 145 MB",
            "Loading base: fetching · 45 MB of 145 MB",
            (45e6, 145e6),
        ),
        (Loading(detail="fetching", done=45_000_000), "fetching 45 MB", "Loading base: fetching · 45 MB", (45e6, 0)),
        (Started(duration=70, model=MODEL), "0% 0.0/70.0 s", "Transcribing with base: 0:00 of 1:10", (0, 70)),
        (
            Progress(position=35, duration=70),
            "50% 35.0/70.0 s",
            "Transcribing with base: 0:35 of 1:10",
            (35, 70),
        ),
        (Restarted(reason="It died.", kept=1), "waiting", "Waiting for base: starting", None),
    ],
)
def test_each_stage_is_short_for_a_line_and_a_sentence_for_the_screen(
    stage: Stage, short: str, sentence: str, done: tuple[float, float] | None
) -> None:
    assert short_stage(stage) == short
    assert stage_sentence(stage, "base") == sentence
    assert amount(stage) == done


def test_a_restart_says_why_and_what_is_left() -> None:
    kept, all_over = Restarted(reason="It died.", kept=2), Restarted(reason="It died.", kept=0)
    assert restart_line(kept) == "It died; going on from there"
    assert restart_line(all_over) == "It died; beginning again"
    assert restart_sentence(kept) == "Begun again, 2 segments kept: It died."
    assert restart_sentence(all_over) == "Begun again, from the beginning: It died."


def test_the_end_says_what_was_found() -> None:
    *_, done = ending("One.", warnings=["The sound is clipped."], seconds=2.0, duration=70.0)
    assert isinstance(done, Done)
    assert list(remarks(done.transcript, "a.wav")) == ["warning: The sound is clipped."]
    assert summary(done.transcript).startswith("Done: 1:10 of sound in 0:02 · 1 segment · ")
    *_, silent = ending(text="", segments=[])
    assert isinstance(silent, Done)
    assert list(remarks(silent.transcript, "a.wav")) == ["no speech was found in a.wav"]
    assert "no speech found" in summary(silent.transcript)


def test_a_queue_position_names_who_is_next() -> None:
    assert [queue_position(ahead) for ahead in (0, 3)] == ["next", "3 before it"]
