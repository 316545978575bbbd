"""What a hostile server or recording says is drawn, and not obeyed."""

from __future__ import annotations

from scripted import ScriptedBackend
from scripted_jobs import a_job
from tui.conftest import Open
from tui.piloting import at_rest, show_jobs

from orstt_core.text import CONTROLS

HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202e\u200f\u2028gnp.exe\u2069\r\x08"


async def test_no_screen_draws_a_control_code(open_app: Open, backend: ScriptedBackend) -> None:
    backend.put(a_job(1, state="done", filename=f"one{HOSTILE}.wav", text=f"two{HOSTILE}", submitted_by=f"me{HOSTILE}"))
    async with open_app(size=(200, 40)) as pilot:
        await show_jobs(pilot, "one")
        await at_rest(pilot)
        drawn = ["".join(part.text for part in strip) for strip in pilot.app.screen._compositor.render_strips()]
        assert not any(map(CONTROLS.search, drawn))
        shown = "\n".join(drawn)
        for word in ("one", "two", "gnp.exe"):
            assert word in shown
