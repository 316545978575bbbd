"""JumpScreen: a letter stands at everything that can be focused or pressed; pressing the letter goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.errors import NoWidget
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button, Label

LETTERS = "asdfghjklqwertyuiopzxcvbnm1234567890ASDFGHJKLQWERTYUIOPZXCVBNM"
"""Those under the fingers first."""


class Target(NamedTuple):
    """Where one can go: its cell on the screen, and what goes there."""

    x: int
    y: int
    go: Callable[[], object]


class JumpScreen(ModalScreen[Target]):
    """Shows the letters over a screen.

    Args:
        targets: where one can go, in reading order.
    """

    CSS_PATH = "jump.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "dismiss(None)", "Back", id="jump.close", tooltip="Go nowhere")
    ]

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        """A letter at each place."""
        for letter, target in self._targets.items():
            label = Label(f" {letter} ", markup=False)
            label.styles.offset = (target.x, target.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go where the letter stands; any other key is for the screen no more than for this."""
        if event.character is not None and (target := self._targets.get(event.character)) is not None:
            event.stop()
            self.dismiss(target)


def targets_on(screen: Screen[object]) -> list[Target]:
    """Return where one can go on a screen, in reading order: what takes the focus, buttons, and text to be clicked."""
    found = [target for widget in screen.walk_children(Widget) for target in _targets_at(screen, widget)]
    return sorted(found, key=lambda target: (target.y, target.x))


def _targets_at(screen: Screen[object], widget: Widget) -> Iterator[Target]:
    try:
        geometry = screen.find_widget(widget)
    except NoWidget:
        return
    seen = geometry.visible_region
    if not seen or not widget.visible:
        return
    if widget.focusable:
        yield Target(seen.x, seen.y, widget.press if isinstance(widget, Button) else widget.focus)
    elif not widget.children:
        yield from _links(widget, geometry.region, seen)


def _links(widget: Widget, region: Region, seen: Region) -> Iterator[Target]:
    """Yield the beginning of each piece of text that does something where it is clicked."""
    for y, strip in enumerate(widget.render_lines(Region(0, 0, region.width, region.height))):
        x, last = 0, None
        for segment in strip:
            action = segment.style.meta.get("@click") if segment.style is not None else None
            if isinstance(action, str) and action != last and seen.contains(region.x + x, region.y + y):
                yield Target(region.x + x, region.y + y, partial(widget.run_action, action))
            last = action
            x += segment.cell_length
