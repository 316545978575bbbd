"""CommandScreen: where keys go on a screen of ours: to commands with keys of one's own, and from field to field.

A command that cannot be done now is not in the footer, and says why to whoever presses its key all the same.
"""

from __future__ import annotations

import re
from typing import ClassVar, TypeVar

from textual import events
from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Select

Result = TypeVar("Result")
PRESSING = frozenset({"enter", "space"})
"""What presses a button, opens a list and ends a line: they stay with those, whoever else has them."""


class CommandScreen(Screen[Result]):
    """Takes a key that a person gave to a command away from widgets nearer to the focus, such as a table's Enter."""

    COMMANDS_HELP: ClassVar = ""
    """What is said about its commands below the help of the widget that has the focus."""
    CRUMB: ClassVar = ""
    """What it is called in the line that says where one is; empty: by its class, `Edit model` for `EditModelScreen`."""
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-lowest"),
        (18, "-lower"),
        (24, "-low"),
        (36, "-high"),
    ]

    def on_compose(self) -> None:
        """Have the classes of the screen's size from the beginning: Textual styles all of it anew when they come."""
        size, sides = self.app.size, (self.HORIZONTAL_BREAKPOINTS, self.VERTICAL_BREAKPOINTS)
        for cells, breakpoints in zip(size, sides, strict=True):
            self.add_class(*self._get_breakpoint_classes(cells, breakpoints or []), update=False)

    @property
    def crumb(self) -> str:
        """What it is called in the line that says where one is."""
        words = re.sub("(?<=[a-z])(?=[A-Z])", " ", type(self).__name__.removesuffix("Screen"))
        return self.CRUMB or words.capitalize()

    def why_not(self, action: str) -> str:  # noqa: ARG002 - a screen's own commands override it
        """Return why a command cannot be done now; empty: it can."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Offer what can be done now."""
        return not self.why_not(action)

    def on_key(self, event: events.Key) -> None:
        """Say why, if the key is that of a command which cannot be done now, and of nothing else."""
        own = next(bindings for owner, bindings in self._binding_chain if owner is self)
        for binding in own.key_to_bindings.get(event.key, ()):
            reason = self.why_not(binding.action.partition("(")[0])
            if reason and event.key not in self.active_bindings:
                self.say_why_not(reason)

    def say_why_not(self, reason: str) -> None:
        """Say why a command cannot be done, in the place of other notices: who presses keys again reads it once."""
        self.app.clear_notifications()
        self.app.notify(reason, severity="warning", markup=False)

    @property
    def focus_chain(self) -> list[Widget]:
        """What can have the focus, in the order of the form: what has just appeared has no place on the screen yet."""
        order = {widget: place for place, widget in enumerate(self.walk_children(Widget))}
        return sorted(super().focus_chain, key=order.__getitem__)

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        chain = super()._binding_chain
        for place, (owner, bindings) in enumerate(chain):
            if isinstance(owner, Button):  # Textual's own takes Enter alone
                bindings.key_to_bindings.setdefault("space", bindings.key_to_bindings["enter"])
            for key, [binding, *_] in bindings.key_to_bindings.items():
                if self._is_own(binding) and owner.check_action(binding.action.partition("(")[0], ()):
                    for nearer, others in chain[:place]:
                        self._take(key, nearer, others)
        return chain

    def _take(self, key: str, widget: DOMNode, bindings: BindingsMap) -> None:
        pressing = key in PRESSING and isinstance(widget, Button | Input | Select)
        if not pressing and not any(map(self._is_own, bindings.key_to_bindings.get(key, ()))):
            bindings.key_to_bindings.pop(key, None)

    def _is_own(self, binding: Binding) -> bool:
        return binding.id in self.app._keymap  # noqa: SLF001 - Textual has no other way to ask
