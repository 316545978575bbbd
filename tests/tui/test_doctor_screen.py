"""Doctor in the terminal program: findings by group, the cursor on what is wrong, and what mends it copied."""

from __future__ import annotations

from scripted import ScriptedBackend
from tui.conftest import Open
from tui.piloting import line, notices, screen_text, until

from orstt_core.errors import DatabaseUnavailable
from orstt_core.types import Diagnosis, Finding
from orstt_tui.screens.doctor import DoctorScreen


async def test_what_is_wrong_is_under_the_cursor_and_what_mends_it_is_copied(
    open_app: Open, backend: ScriptedBackend
) -> None:
    found = [
        Finding(group="service", subject="database", outcome="ok", detail="SQLite, 5 models"),
        Finding(group="service", subject="jobs", outcome="ok", detail="none"),
        Finding(
            group="models", subject="model small", outcome="missing", detail="no weights", fix="orstt models pull small"
        ),
        Finding(subject="from an older server", outcome="warning", detail="no group"),
    ]

    async def diagnosis() -> Diagnosis:
        if not found:
            raise DatabaseUnavailable("The database is gone.", hint="Start it.")
        return Diagnosis(findings=found)

    backend.diagnose = diagnosis
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("D")
        await until(pilot, lambda: "Doctor: 1 missing, 1 to know, 2 as it should be · local" in screen_text(pilot))
        assert "Mend it     orstt models pull small" in screen_text(pilot)
        assert "service" in line(pilot, "✓ ")
        assert "service" not in line(pilot, "jobs ")
        assert "✗" in line(pilot, "model small")
        assert "other" in line(pilot, "older server")
        await pilot.press("y")
        await until(pilot, lambda: "Copied: orstt models pull small" in notices(pilot))
        assert pilot.app.clipboard == "orstt models pull small"
        await pilot.press("up", "y")
        await until(pilot, lambda: "There is nothing to mend here." in notices(pilot))

        found.clear()
        await pilot.press("r")
        await until(pilot, lambda: "Mend it     Start it." in screen_text(pilot))
        await pilot.press("D")
        await until(pilot, lambda: not isinstance(pilot.app.screen, DoctorScreen))
