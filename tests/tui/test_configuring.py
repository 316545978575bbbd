"""Models configured in the terminal: duplicated, made the default, tuned; who did that, and what they took."""

from __future__ import annotations

from datetime import date

import msgspec
from cli.test_tune import FAST_SETTING, tuned
from scripted import WHEN, ScriptedBackend
from textual.widgets import Input
from tui.conftest import Open
from tui.piloting import can_add, line, notices, screen_text, until

from orstt_core.errors import Conflict
from orstt_core.types import AuditEntry, MeasuredSetup, Stats, StatsQuery, Tuned, TuningStatus, TuningTried
from orstt_tui.screens.add_model import AddModelScreen
from orstt_tui.screens.audit import AuditScreen
from orstt_tui.screens.configuring import another_name
from orstt_tui.screens.models import ModelsScreen

FOREVER = 600.0
MEASURED = Stats(
    model="base",
    setup=MeasuredSetup(engine="whisper", weights="base", compute_type="int8"),
    first_day=date(2026, 1, 30),
    last_day=date(2026, 1, 31),
    transcriptions=3,
    audio_seconds=60.0,
    speed=12.5,
    first_segment_seconds=0.42,
    load_seconds=1.2,
    peak_memory=312_000_000,
    confidence=0.87,
    repeated_share=0.031,
)


async def test_a_model_shows_what_it_took_and_is_duplicated_made_the_default_and_looked_up_in_the_audit(
    open_app: Open, backend: ScriptedBackend
) -> None:
    other = msgspec.structs.replace(MEASURED.setup, weights="elsewhere")
    later = msgspec.structs.replace(MEASURED, setup=other, speed=1.0, last_day=date(2026, 2, 1))
    backend.statistics = [later, MEASURED]
    backend.entries = [
        AuditEntry(id=2, at=WHEN, actor="user alice", action="model.updated", subject="base", detail="device"),
        AuditEntry(id=1, at=WHEN, actor="user alice", action="model.created", subject="tiny"),
    ]
    template = backend.rows[1]
    for number in range(10, 40):
        backend.rows[number] = msgspec.structs.replace(template, id=number, name=f"model-{number}")
    async with open_app(size=(80, 24)) as pilot:
        await until(pilot, lambda: "12.5x real time" in screen_text(pilot))
        assert backend.stats_queries == [StatsQuery(by="setup", here=True)]
        words = " ".join(screen_text(pilot).replace("│", " ").split())
        for figure in ("first text after 0.42 s", "loads in 1.2 s", "312 MB at most", "87% sure", "3.1% decoded again"):
            assert figure in words
        assert "3 recordings" in words

        await pilot.press("h")
        await until(pilot, lambda: "1 entry " in screen_text(pilot))
        assert isinstance(pilot.app.screen, AuditScreen)
        assert "Audit: base" in screen_text(pilot)
        assert "model.created" not in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))

        await pilot.press("m")
        await until(pilot, lambda: "base is the default model already." in notices(pilot))
        await pilot.press("N")
        await until(pilot, lambda: isinstance(pilot.app.screen, AddModelScreen))
        assert pilot.app.screen.query_one("#name", Input).value == "base-2"
        assert pilot.app.screen.query_one("#weights", Input).value == "base"
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        # Its row is seen in the list, and its details below.
        await until(pilot, lambda: sum("base-2" in row for row in screen_text(pilot).splitlines()) == 2)
        await pilot.press("m")
        await until(pilot, lambda: "default" in line(pilot, "base-2"))
        assert [row.name for row in backend.rows.values() if row.is_default] == ["base-2"]

    assert another_name("x" * 100, ["x" * 98 + "-2"]) == "x" * 98 + "-3"


async def test_a_model_is_tuned_as_one_watches_stopped_and_put_back(open_app: Open, backend: ScriptedBackend) -> None:
    backend.tuning = [TuningStatus(text="round 1 of 3, 75 s of speech"), FOREVER]
    async with open_app(size=(140, 40)) as pilot:
        await pilot.press("t")
        await until(pilot, lambda: "Tuning base · round 1 of 3, 75 s of speech" in screen_text(pilot))
        await until(pilot, lambda: "tuning" in line(pilot, "● "))
        assert "Tuning base takes a minute or two; Escape stops it." in notices(pilot)
        await pilot.press("t")
        await until(pilot, lambda: any(note.startswith("Wait: Tuning base") for note in notices(pilot)))
        await pilot.press("escape")
        await until(pilot, lambda: "Stopped the tuning of base. Nothing was changed." in notices(pilot))
        await until(pilot, lambda: "Tuning base" not in line(pilot, "elapsed"))

        tuning = tuned()
        backend.tuning = [TuningTried(trial=tuning.trials[0]), Tuned(tuning=tuning)]
        await pilot.press("t")
        done = f"base is now 2.00 times as fast: {FAST_SETTING.in_words}."
        await until(pilot, lambda: any(note.startswith(done) for note in notices(pilot)))
        backend.tuning = [Tuned(tuning=tuned(kept=False))]
        await pilot.press("t")
        await until(pilot, lambda: "Nothing that was tried is faster by 5 %: base stays as it is." in notices(pilot))
        backend.tuning = [Conflict("There is nothing to tune about base.")]
        await pilot.press("t")
        await until(pilot, lambda: any("There is nothing to tune about base." in note for note in notices(pilot)))
        assert backend.tunings == 4

        backend.rows[2] = msgspec.structs.replace(backend.rows[2], compute_type="float32")
        await pilot.press("T")
        await until(pilot, lambda: "base is as it was before it was tuned." in notices(pilot))
        assert backend.rows[2].compute_type == "int8"
