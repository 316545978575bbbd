"""StatusBar: the two lines at the top that always say where one is and what is active."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.reactive import reactive
from textual.widgets import Static

from orstt_core.types import Model
from orstt_tui.backend_connection import ConnectionState
from orstt_tui.embedded import ApiState

TABS = {"models": "1 Models", "transcribe": "2 Transcribe", "jobs": "3 Jobs"}
"""Mode -> what its tab says; the figure is the key."""


class StatusBar(Horizontal):
    """Shows the tabs, the place, the state of the connection, the active model and the embedded API."""

    connection_state: reactive[ConnectionState] = reactive(ConnectionState(location="local"))
    models: reactive[tuple[Model, ...]] = reactive(())
    api: reactive[ApiState] = reactive(ApiState())

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode

    def compose(self) -> ComposeResult:
        """Two columns: tabs over the active model, the place over the API."""
        yield Static(id="status-left")
        yield Static(id="status-right")

    def on_mount(self) -> None:
        """Draw what is known already."""
        self._draw()

    def watch_connection_state(self) -> None:
        """Draw the new state."""
        self._draw()

    def watch_models(self) -> None:
        """Draw the active model."""
        self._draw()

    def watch_api(self) -> None:
        """Draw the address or the last request."""
        self._draw()

    def _draw(self) -> None:
        if self.children:
            self.query_one("#status-left", Static).update(Content("\n").join([self._tabs(), self._active()]))
            self.query_one("#status-right", Static).update(Content("\n").join([self._place(), self._served()]))

    def _tabs(self) -> Content:
        parts = [Content.styled("OR-STT", "bold")]
        for mode, label in TABS.items():
            # Reverse video and brackets: the open tab is told apart without colour too.
            style, shown = ("reverse bold", f"[{label}]") if mode == self._mode else ("", f" {label} ")
            parts.append(Content.styled(shown, style).stylize(f"@click=app.switch_mode('{mode}')"))
        return Content(" ").join(parts)

    def _active(self) -> Content:
        active = next((model for model in self.models if model.is_active), None)
        if active is None:
            return Content.styled("active: …", "dim")
        details = f" ({active.model_type}, {active.device}, {active.compute_type})"
        return Content.assemble(("active: ", "dim"), (active.name, "bold"), (details, "dim"))

    def _place(self) -> Content:
        state = self.connection_state
        words, style = {
            "opening": ("opening…", "$text-warning"),
            "ready": ("ready" if state.location == "local" else "connected", "$text-success"),
            "lost": ("disconnected", "bold $text-error"),
        }[state.phase]
        return Content.assemble((state.location, "bold"), " · ", (words, style))

    def _served(self) -> Content:
        if not self.api.address:
            return Content.styled("API off", "dim")
        parts = [("API ", "dim"), (self.api.address, "")]
        if self.api.requests:
            last = self.api.requests[-1]
            parts.append((f" · {last.method} {last.path} {last.status}", "dim"))
        return Content.assemble(*parts)
