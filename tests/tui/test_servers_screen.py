"""Servers in the terminal program: kept, asked, worked on, and left again; one that fails changes nothing."""

from __future__ import annotations

from scripted import ScriptedBackend
from scripted_jobs import a_job
from textual.widgets import Input
from tui.conftest import Open
from tui.piloting import line, notices, program, screen_text, until

from orstt_core.errors import ServerUnreachable, Unauthorized
from orstt_core.settings import Settings
from orstt_core.types import BackendInfo
from orstt_tui.screens.add_server import AddServerScreen
from orstt_tui.screens.servers import ServersScreen
from orstt_tui.servers import known_servers, resolved

LAB = "http://asr.lan:8000"


class Lab(ScriptedBackend):
    """A server that takes one key, with a model less, so that one sees where one is."""

    def __init__(self) -> None:
        super().__init__(location=LAB)
        del self.rows[1]
        self.silent = False
        self.key = ""
        """What it was reached with last."""

    async def info(self) -> BackendInfo:
        if self.silent:
            raise ServerUnreachable(f"No server answers at {LAB}.")
        if self.key != "sesame":
            raise Unauthorized("The key opens nothing.")
        return await super().info()


async def test_one_works_on_a_server_and_comes_back_without_leaving_the_program(
    open_app: Open, backend: ScriptedBackend
) -> None:
    lab = Lab()

    def reach(settings: Settings) -> ScriptedBackend:
        found = resolved(settings)
        lab.key = found.api_key
        return lab if found.remote else backend

    async with open_app(reach=reach, size=(100, 30)) as pilot:
        await pilot.press("C")
        await until(pilot, lambda: "●" in line(pilot, "this machine"))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, AddServerScreen))
        await pilot.press(*"lab", "tab", *LAB, "tab", *"wrong", "f5")
        await until(pilot, lambda: "The key opens nothing." in screen_text(pilot))
        assert known_servers() == []
        pilot.app.screen.query_one("#key", Input).value = "sesame"
        await pilot.press("f5")
        await until(pilot, lambda: bool(line(pilot, LAB)))
        assert "sesame" not in screen_text(pilot)
        await pilot.press("down", "t")
        await until(pilot, lambda: "May         everything" in screen_text(pilot))

        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AddServerScreen))
        pilot.app.screen.query_one("#address", Input).value = f"{LAB}/"
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, ServersScreen))
        lab.silent = True
        await pilot.press("enter")
        await until(pilot, lambda: any("No server answers" in notice for notice in notices(pilot)))
        assert program(pilot).connection_state.location == "local"
        assert isinstance(pilot.app.screen, ServersScreen)

        lab.silent = False
        running = backend.put(a_job(1, state="running"))
        await until(pilot, lambda: program(pilot).job == running)
        await pilot.press("enter")
        await until(pilot, lambda: "Switch to lab?" in screen_text(pilot))
        assert "1 job goes on when OR-STT works on" in " ".join(screen_text(pilot).split())
        await pilot.press("y")
        await until(pilot, lambda: "lab · connected" in screen_text(pilot) and len(program(pilot).models) == 4)
        assert "tiny" not in screen_text(pilot)
        await pilot.press("C", "down")
        await until(pilot, lambda: "●" in line(pilot, LAB))
        await pilot.press("d")
        await until(pilot, lambda: "OR-STT works there now: work elsewhere first." in notices(pilot))
        await pilot.press("up", "enter")
        await until(pilot, lambda: "local · ready" in screen_text(pilot) and len(program(pilot).models) == 5)
        assert "tiny" in screen_text(pilot)

        await pilot.press("C", "down", "d")
        await until(pilot, lambda: "Remove lab?" in screen_text(pilot))
        await pilot.press("y")
        await until(pilot, lambda: known_servers() == [] and not line(pilot, LAB))
