"""EnginesScreen: which engines there are, what each can do, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from orstt_core.errors import OrsttError
from orstt_core.languages import language_name, languages_in_words
from orstt_core.types import EngineInfo
from orstt_core.types.options import Capability
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import SENDS_SOUND
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.list_table import ListTable

COLUMNS = Columns(
    names=("", "Type", "Engine", "Runs here", "Devices", "Languages"),
    cut={"Type": Share(least=24, weight=3), "Engine": Share(least=12, weight=2)},
    expendable=("Devices", "Languages", "Engine"),  # the details say it too
)
READY, MISSING, OFF = "●", "○", "-"
"""Mark of an engine that runs here, of one that does not, and of one that may not send sound out."""
CAPABILITIES: dict[Capability, str] = {
    "segments": "times",
    "words": "word times",
    "language_detection": "finds the language",
    "translate": "translates to English",
    "prompt": "prompt",
    "hotwords": "words to expect",
    "vad": "own speech detection",
    "beam_size": "beam search",
    "temperature": "temperature",
    "logprobs": "confidence",
    "modes": "fast and classic mode",
}
"""Capability -> what it is to a person."""
Named = tuple[Sequence[str], EngineInfo]


class EnginesScreen(Dialog[None]):
    """Lists the engines over everything about the one under the cursor."""

    HELP = """\
# Engines

Every speech engine: **●** runs here, **○** does not yet, and what it lacks stands below with the command that installs
it (**y** copies that). **-** sends sound out of this machine and is off until the settings allow the hosts.

A model of an engine is added on the Models screen (**n**).
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="engines.copy", tooltip="Copy the command that installs it"),
        Binding("escape,E,q", "dismiss", "Close", id="engines.close"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection
        self._engines: list[Named] = []

    def compose(self) -> ComposeResult:
        """The list over the details."""
        with Vertical(classes="dialog", id="engines"):
            yield Static("Engines", id="engines-title", classes="dialog-title")
            yield ListTable(COLUMNS)
            with VerticalScroll(id="engine-detail"):
                yield Static("Looking at the engines…", id="engine-facts")

    def on_mount(self) -> None:
        """Have the engines looked at."""
        self.query_one(ListTable).focus()
        self.read()

    @work(exclusive=True, group="engines", exit_on_error=False)
    async def read(self) -> None:
        """Show the engines; those that run here come first."""
        try:
            listed = await self.connection.backend.engines()
        except OrsttError as error:
            self.query_one("#engine-facts", Static).update(Content(str(error)))
            return
        self._engines = sorted(listed.by_names, key=lambda named: not named[1].available)
        self.query_one(ListTable).show_rows([_words(*named) for named in self._engines])
        ready = sum(engine.available for _, engine in self._engines)
        self.query_one("#engines-title", Static).update(f"Engines: {ready} of {len(self._engines)} run here")
        self._show_selected()

    def on_data_table_row_highlighted(self) -> None:
        """Show the one to which the cursor came."""
        self._show_selected()

    def why_not(self, action: str) -> str:
        """Return why there is nothing to copy."""
        engine = self._selected[1] if action == "copy" and self.is_mounted and self._selected else None
        return f"{engine.title} needs nothing that could be installed." if engine and not engine.install else ""

    def action_copy(self) -> None:
        """Copy the command that installs the selected engine."""
        if self._selected is not None:
            self.app.copy_to_clipboard(self._selected[1].install)
            self.app.notify(f"Copied: {self._selected[1].install}", markup=False)

    def _show_selected(self) -> None:
        if self._selected is not None:
            self.query_one("#engine-facts", Static).update(_facts(*self._selected))
            self.query_one("#engine-detail").scroll_home(animate=False)
        self.refresh_bindings()

    @property
    def _selected(self) -> Named | None:
        row = self.query_one(ListTable).cursor_row
        return self._engines[row] if 0 <= row < len(self._engines) else None


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


def _facts(names: Sequence[str], engine: EngineInfo) -> Content:
    lines = [Content.styled(f"{engine.title} ({', '.join(names)})", "bold $text-primary")]
    if engine.sends_sound:
        lines.append(Content.styled(SENDS_SOUND.capitalize(), "bold $text-warning"))
    if not engine.available:
        lines.append(Content.styled(engine.reason, "$text-warning"))
    if engine.install:
        lines.append(Content.assemble(("Install it: ", "dim"), (engine.install, "bold")))
    known = engine.languages_of("")
    devices = (": ".join(filter(None, (name, ", ".join(kinds)))) for name, kinds in engine.compute_types.items())
    facts = {
        "Can": ", ".join(CAPABILITIES[each] for each in engine.capabilities),
        "Devices": "; ".join(devices),
        "Models": ", ".join(engine.models),
        "Weights": engine.weights_format,
        "Options": ", ".join(field.name for field in engine.options),
        "Languages": ", ".join(map(language_name, known)) or languages_in_words(known) if engine.available else "",
    }
    lines += [Content.assemble((f"{name:<11}", "dim"), value) for name, value in facts.items() if value]
    return Content("\n").join(lines)
