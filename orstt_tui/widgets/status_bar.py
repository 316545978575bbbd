"""StatusBar: the two lines at the top that always say where one is and what is active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from orstt_tui.backend_connection import ConnectionState
from orstt_tui.embedded import ApiState
from orstt_tui.formatting import runs_on, shorten

if TYPE_CHECKING:
    from orstt_core.types import Model, RequestServed

TABS = {"models": "1 Models", "transcribe": "2 Transcribe", "jobs": "3 Jobs", "measure": "4 Measure"}
"""Mode -> what its tab says; the figure is the key."""
GAP = 2
"""Cells between what stands on the left and on the right, at least."""
SEPARATOR, API, CRUMB = " · ", "API ", " > "
LONGEST_NAME = 30
NAMED = 70
"""Cells from which on the program's name has room beside the tabs."""
SHORTEST_PATH = 12
"""Cells below which a path says nothing."""


class StatusBar(Widget):
    """Shows the tabs and the place over the active model and the embedded API, each as far as there is room.

    Tabs, the state of the connection and the model's name come first; addresses and names are cut in the middle.
    """

    connection_state: reactive[ConnectionState] = reactive(ConnectionState(location="local"))
    models: reactive[tuple[Model, ...]] = reactive(())
    api: reactive[ApiState] = reactive(ApiState())
    trail: reactive[tuple[tuple[int, str], ...]] = reactive(())
    """The screens that lead to the one on top: the place of each among them all, and its name."""

    def __init__(self, mode: str) -> None:
        super().__init__()
        self._mode = mode

    def render(self) -> Content:
        """Two lines."""
        width = self.content_size.width
        tabs = self._tabs(width)
        place = self._place(width - tabs.cell_length - GAP)
        served = self._served(width - self._active(0).cell_length - GAP)
        active = self._active(width - served.cell_length - GAP)
        if len(self.trail) > 1:
            served = self._active(0) + SEPARATOR + self._served(width // 4)
            active = self._crumbs(width - served.cell_length - GAP)
        return Content("\n").join([_apart(tabs, place, width), _apart(active, served, width)])

    def _tabs(self, width: int) -> Content:
        # In a narrow terminal one knows the program's name better than whether it is connected.
        parts = [Content.styled("OR-STT", "bold $text-accent")] if width >= NAMED else []
        for mode, label in TABS.items():
            if mode == self._mode:  # reverse video and brackets: told apart without colour too
                parts.append(Content.styled(f"[{label}]", "reverse bold $text-accent"))
            else:
                parts.append(Content(f" {label} ").stylize(f"@click=app.switch_mode('{mode}')"))
        return Content(" " if width >= NAMED else "").join(parts)

    def _crumbs(self, room: int) -> Content:
        """Return where one is; whoever clicks on a screen goes back to it."""
        names = [name for _, name in self.trail]
        over = max(sum(map(cell_len, names)) + len(CRUMB) * (len(names) - 1) - room, 0)
        longest = max(range(len(names)), key=lambda place: cell_len(names[place]))
        names[longest] = shorten(names[longest], max(cell_len(names[longest]) - over, SHORTEST_PATH))
        *before, here = zip(names, self.trail, strict=True)
        steps = [
            Content.styled(name, "dim").stylize(f"@click=app.go_back({depth})") + CRUMB for name, (depth, _) in before
        ]
        return Content("").join([*steps, Content.styled(here[0], "bold $text-primary")])

    def _active(self, room: int) -> Content:
        active = next((model for model in self.models if model.is_active), None)
        if active is None:
            return Content.styled("active: …", "dim")
        name = Content.assemble(("active: ", "dim"), (shorten(active.name, LONGEST_NAME), "bold"))
        details = f" ({active.model_type}, {runs_on(active)})"
        return name + Content.styled(details, "dim") if name.cell_length + len(details) <= room else name

    def _place(self, room: int) -> Content:
        state = self.connection_state
        words, style = {
            "opening": ("opening…", "$text-warning"),
            "ready": ("ready" if state.location == "local" else "connected", "$text-success"),
            "lost": ("disconnected", "bold $text-error"),
        }[state.phase]
        room -= len(SEPARATOR) + len(words)
        bare = state.location.rpartition("://")[2]
        location = state.location if len(state.location) <= room else shorten(bare, room)
        return Content.assemble((location, "bold"), SEPARATOR if location else "", (words, style))

    def _served(self, room: int) -> Content:
        if not self.api.address:
            return Content.styled("API off", "dim")
        address = shorten(self.api.address, room - len(API))
        room -= len(API) + len(address) + len(SEPARATOR)
        parts = [(API, "dim"), (address, "")]
        if self.api.requests and (request := _request(self.api.requests[-1], room)):
            parts.append((f"{SEPARATOR}{request}", "dim"))
        return Content.assemble(*parts)


def _request(request: RequestServed, room: int) -> str:
    """Return method, path and status; the status alone where there is room for little, and nothing for none."""
    path = shorten(request.path, room - len(request.method) - len(str(request.status)) - 2)
    if path == request.path or len(path) >= SHORTEST_PATH:
        return f"{request.method} {path} {request.status}"
    return str(request.status) if room >= len(str(request.status)) else ""


def _apart(left: Content, right: Content, width: int) -> Content:
    return left + " " * max(width - left.cell_length - right.cell_length, 1) + right
