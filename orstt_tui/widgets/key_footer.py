"""KeyFooter: the keys that work here, in the last line, as many as fit."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # not exported, and what Footer is made of

EVERYWHERE = frozenset({"help", "app.help", "command_palette", "quit"})
"""What is in every footer, behind the keys of the place: they lead to all the others."""

BEHIND = 1
"""Cells behind a key."""


class KeyFooter(Footer):
    """Textual's footer, drawn again only where its keys changed: Textual's own is at every change of the focus.

    The keys of the place come in the order of their declaration; one that does not fit whole is left out.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._drawn: tuple[int, list[tuple[Binding, bool, str]]] = (0, [])

    def compose(self) -> ComposeResult:
        """One widget a key, which is remembered."""
        self._drawn = self._keys()
        keys = [key for key in super().compose() if isinstance(key, FooterKey)]
        yield from fitting(keys, self.app.size.width - self.styles.gutter.width)

    async def recompose(self) -> None:
        """Draw other keys; nothing is done where they are the same."""
        if not self.children or self._keys() != self._drawn:
            await super().recompose()

    def on_resize(self) -> None:
        """Show more keys, or fewer."""
        self.call_after_refresh(self.recompose)

    def _keys(self) -> tuple[int, list[tuple[Binding, bool, str]]]:
        active = self.screen.active_bindings.values()
        shown = [(key.binding, key.enabled, key.tooltip) for key in active if key.binding.show]
        return self.app.size.width, shown


def fitting(keys: Sequence[FooterKey], width: int) -> list[FooterKey]:
    """Return the keys that fit into so many cells, those that are everywhere first of all, at the end."""
    room = width + BEHIND - sum(_cells(key) for key in keys if key.action in EVERYWHERE)
    kept = []
    for key in keys:
        if key.action not in EVERYWHERE and _cells(key) <= room:
            room -= _cells(key)
            kept.append(key)
    return [*kept, *(key for key in keys if key.action in EVERYWHERE)]


def _cells(key: FooterKey) -> int:
    return cell_len(key.key_display) + 1 + cell_len(key.description) + BEHIND
