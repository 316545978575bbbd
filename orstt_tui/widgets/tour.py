"""Tour: six lines on how one gets about, over the footer until a key is pressed; 60 columns hold each."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.widgets import Static

TABS = ("app.models", "app.transcribe", "app.jobs", "app.measure")
"""The commands that lead to the main screens."""


class Tour(Static):
    """Takes no key away from what is behind it.

    Args:
        key_of: returns the key of a command of the program, by its id.
    """

    def __init__(self, key_of: Callable[[str], str]) -> None:
        steps = [
            (" ".join(map(key_of, TABS)), "go to Models, Transcribe, Jobs and Measure"),
            (key_of("app.transcribe"), "turns a recording into text: type its path, Enter"),
            (key_of("app.jobs"), "has what was transcribed: Enter reads, e corrects"),
            (f": {key_of('app.commands')}", "find every command, screen, model and job by name"),
            (key_of("app.jump"), "puts a letter on every place; Esc goes back"),
            (key_of("app.help"), f"says what works here; {key_of('app.tour')} shows these lines again"),
        ]
        width = max(len(key) for key, _ in steps)
        lines = [Content.assemble((key.rjust(width), "bold"), f"  {what}") for key, what in steps]
        super().__init__(Content("\n").join(lines))
