"""Columns: how those of a table share the room there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from rich.cells import cell_len

PADDING = 2
"""Cells around what is in a column."""


class Share(NamedTuple):
    """A column that may be cut.

    Attributes:
        least: cells below which another column goes before it is cut further.
        weight: how much of the room it gets beside others that want more than there is.
    """

    least: int
    weight: int = 1


class Columns(NamedTuple):
    """The columns of a table. Each is as wide as what is in it, as far as there is room.

    Attributes:
        names: their headers, from the left.
        cut: those whose contents are cut where there is less room; the others never are.
        expendable: those that go, in this order, before the former are cut below their least.
        prose: those of which the beginning is shown; what tells names apart is at their ends.
        titles: headers that say more than the name.
    """

    names: tuple[str, ...]
    cut: Mapping[str, Share]
    expendable: tuple[str, ...] = ()
    prose: frozenset[str] = frozenset()
    titles: Mapping[str, str] = MappingProxyType({})

    def title(self, name: str) -> str:
        """Return the header of a column."""
        return self.titles.get(name, name)

    def needed(self, rows: Sequence[Mapping[str, str]]) -> dict[str, int]:
        """Return how many cells each column needs to show these rows whole."""
        return {name: max(1, cell_len(self.title(name)), *(cell_len(row[name]) for row in rows)) for name in self.names}

    def widths(self, needed: Mapping[str, int], room: int) -> dict[str, int]:
        """Return the columns to show, with their widths in cells, where that many cells are needed and there."""
        columns = dict(needed)
        widths = self._share(columns, room)
        for expendable in self.expendable:
            if self._fit(widths, columns):
                break
            del columns[expendable]
            widths = self._share(columns, room)
        return {name: max(width, 1) for name, width in widths.items()}

    def _fit(self, widths: dict[str, int], needed: dict[str, int]) -> bool:
        least = {name: min(needed[name], self.cut[name].least) for name in needed if name in self.cut}
        return all(widths[name] >= least[name] for name in least)

    def _share(self, needed: dict[str, int], room: int) -> dict[str, int]:
        widths = dict(needed)
        left = room - sum(PADDING + (0 if name in self.cut else width) for name, width in needed.items())
        wanting = {name: share.weight for name, share in self.cut.items() if name in needed}
        # What one does not need is for those that want more.
        for name in sorted(wanting, key=lambda name: needed[name] / wanting[name]):
            widths[name] = min(needed[name], left * wanting[name] // sum(wanting.values()))
            left -= widths[name]
            del wanting[name]
        return widths
