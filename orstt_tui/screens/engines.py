"""EnginesScreen: which engines there are, what each can do, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from orstt_core.errors import OrsttError
from orstt_core.languages import languages_in_words
from orstt_core.types import EngineInfo
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.engine_facts import engine_facts
from orstt_tui.formatting import SENDS_SOUND
from orstt_tui.screens.list_dialog import ListDialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.facts import Line

COLUMNS = Columns(
    names=("", "Type", "Engine", "Runs here", "Devices", "Languages"),
    cut={"Type": Share(least=24, weight=3), "Engine": Share(least=12, weight=2)},
    expendable=("Devices", "Languages", "Engine"),  # the details say it too
    prose=frozenset({"Type", "Engine"}),
)
READY, MISSING, OFF = "●", "○", "-"
"""Mark of an engine that runs here, of one that does not, and of one that may not send sound out."""
Named = tuple[Sequence[str], EngineInfo]


class EnginesScreen(ListDialog[Named]):
    """Lists the engines with everything about the one under the cursor."""

    HELP = """\
# Engines

Every speech engine: **●** runs here, **○** does not yet, and what it lacks stands in its details with the command that
installs it (**y** copies that). **-** sends sound out of this machine and is off until the settings allow the hosts.

A model of an engine is added on the Models screen (**n**).
"""
    COLUMNS = COLUMNS
    HEADING = "Engines"
    WAITING = "Looking at the engines…"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="engines.copy", tooltip="Copy the command that installs it"),
        Binding("escape,E,q", "close", "Close", id="engines.close"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection

    def on_mount(self) -> None:
        """Have the engines looked at."""
        self.read()

    @work(exclusive=True, group="engines", exit_on_error=False)
    async def read(self) -> None:
        """Show the engines; those that run here come first."""
        try:
            listed = await self.connection.backend.engines()
        except OrsttError as error:
            self.show_problem(str(error))
            return
        engines = sorted(listed.by_names, key=lambda named: not named[1].available)
        ready = sum(engine.available for _, engine in engines)
        self.show_title(f"Engines: {ready} of {len(engines)} run here")
        self.show_items(engines)

    def why_not(self, action: str) -> str:
        """Return why there is nothing to copy."""
        engine = self.selected[1] if action == "copy" and self.is_mounted and self.selected else None
        return f"{engine.title} needs nothing that could be installed." if engine and not engine.install else ""

    def action_copy(self) -> None:
        """Copy the command that installs the selected engine."""
        if self.selected is not None:
            self.app.copy_to_clipboard(self.selected[1].install)
            self.app.notify(f"Copied: {self.selected[1].install}", markup=False)

    def words(self, item: Named) -> dict[str, str]:
        """Return its mark, names, title, state, devices and languages."""
        return _words(*item)

    def facts(self, item: Named) -> Sequence[Line]:
        """Return what it can do, and what is missing."""
        return _facts(*item)

    def colour(self, item: Named) -> str:
        """Return the colour of its mark."""
        return {READY: "text-success", MISSING: "text-warning", OFF: ""}[_state(item[1])[0]]


def _state(engine: EngineInfo) -> tuple[str, str]:
    if engine.available:
        return READY, "yes"
    return (OFF, "off") if engine.sends_sound else (MISSING, "not installed" if engine.install else "no")


def _words(names: Sequence[str], engine: EngineInfo) -> dict[str, str]:
    mark, state = _state(engine)
    state += ", sends sound out" * engine.sends_sound
    languages = languages_in_words(engine.languages_of("")) if engine.available else ""
    words = (mark, ", ".join(names), engine.title, state, ", ".join(engine.compute_types), languages)
    return dict(zip(COLUMNS.names, words, strict=True))


def _facts(names: Sequence[str], engine: EngineInfo) -> Sequence[Line]:
    lines: list[Line] = [Content.styled(f"{engine.title} ({', '.join(names)})", "bold $text-primary")]
    if engine.sends_sound:
        lines.append(Content.styled(SENDS_SOUND.capitalize(), "bold $text-warning"))
    if not engine.available:
        lines.append(Content.styled(engine.reason, "$text-warning"))
    if engine.install:
        lines.append(("Install it", Content.styled(engine.install, "bold")))
    return [*lines, *engine_facts(engine)]
