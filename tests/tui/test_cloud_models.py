"""A model of each cloud provider, from the form to its text on the screen: its own protocol, on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from engines.providers import PROVIDERS, SECRET
from loopback_service import Reply, serving
from msgspec.structs import replace
from published_requests import CheckedService
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.pictures import WIDE
from tui.piloting import can_add, line, name_a_model, notices, offered, screen_text, transcribe, until

from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_tui.formatting import SENDS_SOUND

SECONDS = 300.0
"""How long all engines, and this provider's, may take to be looked at beside others' work."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2 * SECONDS)]


@pytest.mark.parametrize("name", PROVIDERS)
async def test_a_provider_is_added_by_the_form_transcribes_and_what_it_refuses_is_said(
    name: str, open_app: Open, austen: Path, tmp_path: Path
) -> None:
    provider = PROVIDERS[name]
    cloud = CheckedService(provider.check, Reply(body=provider.heard))
    with serving(cloud):
        settings = replace(Settings(data_dir=tmp_path, cloud_hosts=[cloud.host]), **provider.credentials)
        async with open_app(lambda: LocalBackend(settings), settings=settings, size=WIDE, seconds=SECONDS) as pilot:
            await name_a_model(pilot, "ward", SECONDS)
            form = pilot.app.screen
            types = form.query_one("#type", Select)
            assert [SENDS_SOUND in str(label) for label, value in types._options if value == name] == [True]
            types.value = name
            await until(pilot, lambda: form.query("#option-endpoint"), SECONDS)
            form.query_one("#weights", Input).value = provider.model
            for option, value in {**provider.options, "endpoint": cloud.host}.items():
                form.query_one(f"#option-{option}", Input).value = str(value)
            await until(pilot, lambda: can_add(pilot), SECONDS)
            await pilot.press("f5")
            await until(pilot, lambda: "Added ward" in notices(pilot), SECONDS)
            assert "ward" in line(pilot, "sends sound out")
            assert not [request for request in cloud.asked if request.method == "POST"]

            await pilot.press("2")
            await until(pilot, lambda: "ward" in offered(pilot, "#model"))
            pilot.app.screen.query_one("#model", Select).value = "ward"
            await until(pilot, lambda: f"ward {SENDS_SOUND}." in screen_text(pilot))
            await transcribe(pilot, austen)
            await until(pilot, lambda: "Dashwood" in screen_text(pilot) and "ward on a server" in screen_text(pilot))

            # It asks to come back in an hour, for which nobody is kept waiting.
            cloud.replies = [replace(provider.throttled, headers={"retry-after": "3600"})]
            await pilot.press("f5")
            await until(pilot, lambda: "takes no more just now. It says:" in screen_text(pilot))
            cloud.replies = [provider.refused]
            await pilot.press("f5")
            await until(pilot, lambda: "refuses the key" in screen_text(pilot))
            assert "Dashwood" in screen_text(pilot), "what was heard before stays"
            assert SECRET not in screen_text(pilot) + "".join(notices(pilot))
    assert not cloud.violations
    assert len([request for request in cloud.asked if request.method == "POST"]) == 3
