"""PathInput: a text field for a file, that completes what one types from what is on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
from collections.abc import Collection
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.suggester import SuggestionReady
from textual.widgets import Input, Static

from orstt_core.recording_names import AUDIO_SUFFIXES
from orstt_tui.widgets.field import Field

SHOWN = 12
"""Matches listed under the field at most."""
URL = re.compile(r"file:(//(localhost)?)?(?=/)", re.IGNORECASE)
LISTING_TIMEOUT = 1.0
"""Seconds that Tab waits for a folder to be listed."""


def expanded(text: str) -> Path:
    """Return a path with `~` expanded; a `~name` that nobody has stays as it is."""
    return Path(os.path.expanduser(text))  # noqa: PTH111 - Path.expanduser raises there


def bare_path(text: str) -> str:
    """Return a path without what is around it for a shell or a browser: quotes, backslashes, `file://`.

    Of several, as when more than one file is dropped on a terminal, the first. A file that has all that in its name
    is named as it is.
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if (line.startswith(("'", '"')) or "\\" in line) and not os.path.lexists(expanded(line)):
        with contextlib.suppress(ValueError):  # a quote that is not closed is part of the name
            line = next(iter(shlex.split(line)), "")
    url = URL.match(line)
    return unquote(line[url.end() :]) if url else line


def pasted_paths(text: str) -> list[str]:
    """Return the paths in a text, as terminals write them when files are dropped: in lines, or one behind the other.

    Several in a line are told from one with spaces in it by their being there.
    """
    found: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        parts: list[str] = []
        with contextlib.suppress(ValueError):
            parts = [bare_path(part) for part in shlex.split(line)]
        several = len(parts) > 1 and not os.path.lexists(expanded(line))
        if several and all(os.path.lexists(expanded(part)) for part in parts):
            found += parts
        else:
            found.append(bare_path(line))
    return found


def matches(text: str, suffixes: Collection[str]) -> list[str]:
    """Return what `text` could become: folders, ending in `/`, and files with one of these suffixes.

    Each begins with `text` as it was typed, `~` included. What cannot be listed has no matches.
    """
    head, name = os.path.split(text)
    folder = expanded(head or ".")
    found = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith(name) or (entry.name.startswith(".") and not name.startswith(".")):
                    continue
                start = text[: len(text) - len(name)]
                if entry.is_dir():
                    found.append(f"{start}{entry.name}/")
                elif os.path.splitext(entry.name)[1].lower() in suffixes:  # noqa: PTH122 - no Path for each of 10,000
                    found.append(f"{start}{entry.name}")
    except (OSError, ValueError):
        return []
    return sorted(found)


class PathField(Field):
    """A text field for a path, pasted in whatever way a terminal or a file manager writes it."""

    takes_several = False
    """Whether whoever has the field takes several paths at once."""

    class SeveralPasted(Message):
        """Several paths were pasted into a field that takes them."""

        def __init__(self, paths: list[Path]) -> None:
            super().__init__()
            self.paths = paths

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        paths = pasted_paths(event.text)
        if self.takes_several and len(paths) > 1:
            self.post_message(self.SeveralPasted([expanded(path) for path in paths]))
        elif paths:
            self.replace(paths[0], *self.selection)

    @property
    def path(self) -> Path:
        """The file named, with `~` expanded."""
        return expanded(bare_path(self.value))


class PathInput(PathField):
    """The field: Tab and Right take the completion shown, Up and Down change it."""

    HELP = """\
# A file

Type a path; `~` is your home. What it could become shows grey behind the cursor, further matches stand below.
A path may be pasted, or a file dropped on the terminal: quotes, backslashes and `file://` are understood.

- **Tab** or **Right** takes the completion, **Up / Down** chooses another match.
- **Tab** with nothing to complete goes to the next field, **Shift+Tab** always back.
- **Enter** goes ahead with what is typed.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False, id="path.complete"),
        Binding("down", "other(1)", "Next match", show=False, id="path.next"),
        Binding("up", "other(-1)", "Previous match", show=False, id="path.previous"),
    ]

    class Offered(Message):
        """What the text could become, and which of it shows behind the cursor."""

        def __init__(self, field: PathInput, found: list[str], chosen: int) -> None:
            super().__init__()
            self.field = field
            self.found = found
            self.chosen = chosen

        @property
        def control(self) -> PathInput:
            """The field; lets handlers tell several apart."""
            return self.field

    def __init__(
        self,
        value: str = "",
        *,
        suffixes: Collection[str] = AUDIO_SUFFIXES,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(value, placeholder=placeholder, id=id)
        self._suffixes = suffixes
        self._found: list[str] = []
        self._chosen = 0
        self._listed: str | None = None

    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        if event.input is self:
            self._list(self.value)

    def on_focus(self) -> None:
        """Look again: files may have come since."""
        self._list(self.value)

    def on_blur(self) -> None:
        """Offer nothing any more: whoever is elsewhere does not complete."""
        self._offer(0)

    @work(exclusive=True, group="completion", exit_on_error=False)
    async def _list(self, text: str) -> None:
        # A folder on a slow network drive must not hold up the keyboard.
        self._take(text, await asyncio.to_thread(matches, text, self._suffixes))

    def _take(self, text: str, found: list[str]) -> None:
        if text == self.value:
            self._listed, self._found = text, [] if found == [text] else found
            self._offer(0)

    def _offer(self, chosen: int) -> None:
        self._chosen = chosen % len(self._found) if self._found else 0
        if self._found and self.value and self._listed == self.value:
            self.post_message(SuggestionReady(self.value, self._found[self._chosen]))
        self.post_message(self.Offered(self, self._found if self.has_focus else [], self._chosen))

    def action_other(self, step: int) -> None:
        """Show another match behind the cursor."""
        self._offer(self._chosen + step)

    async def action_complete(self) -> None:
        """Take the completion; with nothing to complete, go to the next field."""
        if self.value:
            # Tab may be faster than the list: look now, as a shell does, but not for long.
            await asyncio.wait({asyncio.ensure_future(self._ensure_listed())}, timeout=LISTING_TIMEOUT)
        if self.value and self._found:
            self.value = self._found[self._chosen]
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()

    async def _ensure_listed(self) -> None:
        if self._listed != self.value:
            self._take(self.value, await asyncio.to_thread(matches, self.value, self._suffixes))


class Matches(Static):
    """One line that lists what a PathInput's text could become; the one shown in the field is marked."""

    def show(self, offered: PathInput.Offered) -> None:
        """List the matches from the chosen one on."""
        found, chosen = offered.found, offered.chosen
        names = [Path(name).name + ("/" if name.endswith("/") else "") for name in found]
        listed = names[chosen : chosen + SHOWN]
        parts: list[Content] = [
            Content.styled(name, "reverse" if place == 0 and offered.field.value else "dim")
            for place, name in enumerate(listed)
        ]
        if len(names) > len(listed):
            parts.append(Content.styled(f"({len(names)} in all)", "dim"))
        self.update(Content("  ").join(parts))
