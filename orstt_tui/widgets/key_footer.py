"""KeyFooter: the keys that work here, in the last line."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Footer


class KeyFooter(Footer):
    """Textual's footer, drawn again only where its keys changed: Textual's own is at every change of the focus."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._drawn: list[tuple[Binding, bool, str]] = []

    def compose(self) -> ComposeResult:
        """One widget a key, which is remembered."""
        self._drawn = self._keys()
        yield from super().compose()

    async def recompose(self) -> None:
        """Draw other keys; nothing is done where they are the same."""
        if not self.children or self._keys() != self._drawn:
            await super().recompose()

    def _keys(self) -> list[tuple[Binding, bool, str]]:
        active = self.screen.active_bindings.values()
        return [(key.binding, key.enabled, key.tooltip) for key in active if key.binding.show]
