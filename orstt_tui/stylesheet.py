"""CachedStylesheet: Textual's stylesheet, which parses each source once for each theme.

Textual parses all sources anew whenever a screen brings one of its own, and whenever a theme is set: five times until
the first frame.
"""

from __future__ import annotations

from functools import cache

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

MOST_SOURCES = 1024
"""How many are remembered for one theme: ours and those of widgets, a hundred or so; Textual keeps 64."""


class CachedStylesheet(Stylesheet):
    """A stylesheet that remembers what it parsed; rules depend on nothing but their source and the variables.

    Args:
        variables: the theme's, by name.
    """

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = _parsed(frozenset(variables.items()))

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take other variables; nothing is forgotten where they are the same."""
        if variables != self._variables:
            self._parse_cache = LRUCache(MOST_SOURCES)  # Textual clears it
            super().set_variables(variables)
            self._parse_cache = _parsed(frozenset(variables.items()))

    def reparse(self) -> None:
        """Parse what is not parsed yet; a source that cannot be parsed leaves the rules as they were.

        Raises:
            StylesheetError: there is such a source.
        """
        self.parse()


@cache
def _parsed(_variables: frozenset[tuple[str, str]]) -> LRUCache[tuple[object, ...], list[RuleSet]]:
    return LRUCache(MOST_SOURCES)
