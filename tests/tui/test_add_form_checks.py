"""What the form for a new model says as one types, and what keeps one from adding it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from scripted import ScriptedBackend
from textual.widgets import Input
from tui.conftest import Open
from tui.piloting import can_add, name_a_model, notices, screen_text, until

from orstt_core.errors import InvalidRequest, ServerUnreachable
from orstt_core.types import Change, Check, ModelDraft, Validation
from orstt_tui.screens.add_model import AddModelScreen

NOT_INSTALLED = Validation(
    valid=False,
    available=False,
    message="The engine is not installed.",
    checks=[
        Check(name="type", outcome="passed", detail="whisper is registered"),
        Check(name="dependencies", outcome="failed", detail="no faster_whisper", fix="pip install faster-whisper"),
        Check(name="device", outcome="skipped", detail=""),
        Check(name="model", outcome="skipped", detail=""),
    ],
)
WITHOUT_FILES = Validation(
    valid=True, available=False, message="Its files are not here.", warnings=["large needs 10 GB."]
)


@pytest.mark.slow
async def test_the_name_is_looked_at_while_one_types(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await name_a_model(pilot, "base")
        await until(pilot, lambda: "There is a model called base already." in screen_text(pilot))
        await until(pilot, lambda: backend.validation.message in screen_text(pilot))
        assert not can_add(pilot)
        await pilot.press("2")
        await until(pilot, lambda: can_add(pilot))
        assert "already" not in screen_text(pilot)

        pilot.app.screen.query_one("#name", Input).value = ""
        await until(pilot, lambda: "Give it a name." in screen_text(pilot))
        await pilot.press("f5", "enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, AddModelScreen)

        await pilot.press("x")
        await until(pilot, lambda: can_add(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, AddModelScreen))
        await name_a_model(pilot, "x")
        await pilot.click("#cancel")
        await until(pilot, lambda: not isinstance(pilot.app.screen, AddModelScreen))
        assert len(backend.rows) == 5, "who cancels adds nothing"

        backend.failure = ServerUnreachable("The server does not answer.")
        await pilot.press("n")
        await until(pilot, lambda: any("does not answer" in notice for notice in notices(pilot)))
        assert isinstance(pilot.app.screen, AddModelScreen)


async def test_each_check_is_shown_and_only_what_could_never_work_cannot_be_added(
    open_app: Open, backend: ScriptedBackend
) -> None:
    async def refused(draft: ModelDraft) -> Change:
        raise InvalidRequest("There is no compute type int7.", hint="Choose int8.")

    create = backend.create_model
    backend.validation = NOT_INSTALLED
    async with open_app(size=(80, 24)) as pilot:
        await name_a_model(pilot, "x")
        await until(pilot, lambda: "Mend it: pip install faster-whisper" in screen_text(pilot))
        assert "skipped model" in screen_text(pilot)
        assert not can_add(pilot)

        backend.validation = WITHOUT_FILES
        await pilot.press("y")
        await until(pilot, lambda: "Warning: large needs 10 GB." in screen_text(pilot))
        await until(pilot, lambda: can_add(pilot))

        backend.create_model = refused  # the failure under test
        await pilot.press("f5")
        await until(pilot, lambda: "There is no compute type int7. Choose int8." in screen_text(pilot))
        assert pilot.app.screen.query_one("#name", Input).value == "xy"

        backend.create_model = create
        await pilot.press("f5")
        await until(pilot, lambda: "large needs 10 GB." in notices(pilot))


async def test_only_the_last_of_many_keystrokes_is_checked(open_app: Open, backend: ScriptedBackend) -> None:
    checked: list[str] = []
    given_up: list[str] = []

    async def endless_for_short_names(draft: ModelDraft) -> Validation:
        checked.append(draft.name)
        try:
            await asyncio.sleep(600 if len(draft.name) < 3 else 0)
        except asyncio.CancelledError:
            given_up.append(draft.name)
            raise
        return msgspec.structs.replace(backend.validation, message=f"checked {draft.name}")

    backend.validate_model = endless_for_short_names  # the same, slow and noted
    async with open_app() as pilot:
        await name_a_model(pilot, "ab")
        await until(pilot, lambda: "ab" in checked)
        name = pilot.app.screen.query_one("#name", Input)
        for typed in ("abc", "abcd", "abcde"):  # in one piece, however slow the machine is
            name.value = typed
        await until(pilot, lambda: "checked abcde" in screen_text(pilot))
    assert checked[-2:] == ["ab", "abcde"]
    assert given_up[-1] == "ab"
