"""API keys in the terminal program: created, their secret shown once, revoked after a question."""

from __future__ import annotations

from scripted import ScriptedBackend
from textual.pilot import Pilot
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import notices, screen_text, until

from orstt_core.errors import Forbidden
from orstt_core.types import KeyDraft
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.create_key import CreateKeyScreen, SecretScreen
from orstt_tui.screens.keys import NONE, KeysScreen


async def shown(pilot: Pilot[None], words: str) -> None:
    await until(pilot, lambda: words in screen_text(pilot))


async def test_a_key_is_created_and_its_secret_shown_once(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("K")
        await shown(pilot, NONE)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, CreateKeyScreen))
        for field, text, complaint in (
            ("name", " ", "Give it a name."),
            ("days", "soon", "'soon' is no number."),
            ("days", "0", "0 is not between 0 and 36500"),
            ("rate", "-1", "-1 is not between"),
            ("rate", "1.5", "Requests are counted whole."),
            ("concurrent", "nan", "nan is not between"),
        ):
            box = pilot.app.screen.query_one(f"#{field}", Input)
            box.value, before = text, box.value
            await pilot.pause()
            await pilot.press("f5")
            await shown(pilot, complaint)
            box.value = before or ("ward [7]" if field == "name" else "")
        assert backend.held == []

        pilot.app.screen.query_one("#scope", Select).value = "manage"
        pilot.app.screen.query_one("#days", Input).value = "36500"
        pilot.app.screen.query_one("#rate", Input).value = "60"
        await pilot.press("f5")
        await shown(pilot, "secret of ward [7]")
        assert "shown only now" in screen_text(pilot)
        await pilot.press("q", "enter", "n")
        assert isinstance(pilot.app.screen, SecretScreen), "it stays until it is closed"
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == "secret of ward [7]")
        await pilot.press("escape")
        await shown(pilot, "1 of 1 can be used")
        assert "secret of" not in screen_text(pilot)
        assert "ward [7]" in screen_text(pilot)
        [key] = backend.held
        assert (key.scope, key.requests_per_minute, key.concurrent_requests) == ("manage", 60, 0)
        assert key.expires_at is not None
        assert (key.expires_at - key.created_at).total_seconds() == 36_500 * 86_400

        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, CreateKeyScreen))
        pilot.app.screen.query_one("#name", Input).value = "ward [7]"
        await pilot.press("enter")
        await shown(pilot, "was created before")
        assert isinstance(pilot.app.screen, CreateKeyScreen)


async def test_a_key_is_revoked_after_a_question(open_app: Open, backend: ScriptedBackend) -> None:
    for name in ("first", "second"):
        await backend.create_key(KeyDraft(name=name))
    async with open_app() as pilot:
        await pilot.press("K")
        await shown(pilot, "2 of 2 can be used")
        await pilot.press("j", "r")
        await shown(pilot, "Revoke first?")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, KeysScreen))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("y")
        await shown(pilot, "1 of 2 can be used")
        assert "Revoked first." in notices(pilot)
        await until(pilot, lambda: "r Revoke" not in screen_text(pilot))
        await pilot.press("r")
        assert isinstance(pilot.app.screen, KeysScreen), "what is revoked stays so"
        assert "first is revoked already." in notices(pilot)
        assert [key.revoked_at is None for key in backend.held] == [False, True]

        await pilot.press("k", "r")
        await shown(pilot, "Revoke second?")
        await shown(pilot, "this machine too")
        await pilot.press("y")
        await shown(pilot, "No key can be used: the API refuses everybody, this machine too.")

        await pilot.press("escape")
        backend.failure = Forbidden("This key may not do that.", hint="Ask for one with the scope admin.")
        await pilot.press("K")
        await shown(pilot, "Ask for one with the scope admin.")
