"""RecordingsScreen: a folder, what of it can be transcribed and how long that is; one or many are chosen."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from orstt_core.disk import why_not
from orstt_core.errors import FileProblem
from orstt_core.text import readable_bytes
from orstt_tui.folder_listing import ALL_BELOW, MOST, FolderEntry, list_folder
from orstt_tui.formatting import clock, count, home_path
from orstt_tui.recording_files import PATTERN, recordings_in
from orstt_tui.recording_lengths import length_text, stated_length
from orstt_tui.recording_queue import QueuedRecording, queued
from orstt_tui.screens.dialog import Dialog
from orstt_tui.terminal import draws_unicode
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.field import Field, labelled
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.pane import Pane, show_title
from orstt_tui.widgets.path_input import expanded

COLUMNS = Columns(
    names=("Name", "Length", "Size"), cut={"Name": Share(least=20)}, expendable=("Size",), prose=frozenset()
)
AT_ONCE = 32
"""Recordings whose headers are read before the list is drawn anew."""
DEBOUNCE = 0.15
"""Seconds without another change before a pattern is looked for."""


class RecordingsScreen(Dialog[list[QueuedRecording] | None]):
    """Gives the recordings that were chosen, or None.

    Args:
        folder: where to begin.
    """

    HELP = """\
# Recordings

The folders and recordings of a folder; what is no recording is left out. How long one is stands in its header, which
is read while you look; `?` is one that does not say.

- **Enter** opens a folder, or takes a recording. **Backspace** goes to the folder above.
- **Space** marks a recording, or a whole folder; **\\*** marks all. **F5** takes what is marked.
- **/** looks for a part of a name, or for a pattern: `*.wav`, `visit-??.flac`, `**/*.m4a` in all folders below, which
  **Escape** stops. What begins with `/` or `~`, or ends in `/`, is a folder: **Enter** goes there.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "take", "Take", id="form.accept", tooltip="Go ahead with what the form says"),
        Binding("space", "mark", "Mark", id="recordings.mark", tooltip="Mark the recording or folder, or no more"),
        Binding("asterisk", "mark_all", "Mark all", id="recordings.markall", tooltip="Mark all that are listed"),
        Binding("backspace,h", "up", "Up", id="recordings.up", tooltip="Go to the folder above"),
        Binding("l", "into", "Open", show=False, id="recordings.open", tooltip="Open the selected folder"),
        Binding("slash", "find", "Find", id="recordings.find", tooltip="Look for a name or a pattern"),
        Binding("escape", "leave", "Close", id="recordings.close"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder.absolute()
        self._entries: list[FolderEntry] = []
        self._lengths: dict[Path, float | None] = {}
        self._marked: dict[Path, FolderEntry] = {}
        self._sign = "●" if draws_unicode() else "*"

    def compose(self) -> ComposeResult:
        """The folder, the pattern, the list, the sums."""
        with Pane("Recordings", classes="dialog -list"):
            yield labelled(
                "Find", Field(id="pattern", placeholder="a part of a name, *.wav, **/*.flac, or a folder: ~/ or /mnt/")
            )
            yield ListTable(COLUMNS)
            yield Static(id="recordings-sums", classes="muted", markup=False)

    def on_mount(self) -> None:
        """Look into the folder."""
        self._table.focus()
        self.look()

    @property
    def _table(self) -> ListTable:
        return self.query_one(ListTable)

    @property
    def _selected(self) -> FolderEntry | None:
        row = self._table.cursor_row
        return self._entries[row] if 0 <= row < len(self._entries) else None

    # --- the folder -------------------------------------------------------------------------------

    @work(exclusive=True, group="look", exit_on_error=False)
    async def look(self, at: Path | None = None) -> None:
        """List the folder, then read how long its recordings are; the cursor goes to an entry, or to the first."""
        pattern = self.query_one("#pattern", Input).value.strip()
        sums = self.query_one("#recordings-sums", Static)
        stop = threading.Event()
        if ALL_BELOW in pattern.split("/"):
            sums.update("Looking in all folders below; Esc stops.")
        try:
            self._entries = await asyncio.to_thread(list_folder, self._folder, pattern, stop.is_set)
        except FileProblem as error:
            self._entries = []
            self._draw()
            sums.update(str(error))
            return
        finally:
            stop.set()  # whoever looks for something else, or closes this, does not wait for it
        self._draw()
        names = [entry.path for entry in self._entries]
        self._table.move_cursor(row=names.index(at) if at in names else 0)
        unread = [entry.path for entry in self._entries if entry.size is not None and entry.path not in self._lengths]
        for start in range(0, len(unread), AT_ONCE):
            self._lengths |= await asyncio.to_thread(_read, unread[start : start + AT_ONCE])
            self._draw()

    def _draw(self) -> None:
        show_title(self.query_one(Pane), f"Recordings in {home_path(self._folder)}")
        self._table.show_rows([self._words(entry) for entry in self._entries])
        marked = self._sums(list(self._marked.values()))
        here = self._sums([entry for entry in self._entries if entry.size is not None])
        said = f"{here} here" if here else "No recording is here."
        if len(self._entries) >= MOST:
            said = f"{said}; the first {MOST:,} are listed"
        self.query_one("#recordings-sums", Static).update(f"{marked} marked · {said}" if marked else said)
        self.refresh_bindings()

    def _words(self, entry: FolderEntry) -> dict[str, str]:
        mark = f"{self._sign} " if entry.path in self._marked else "  " if self._marked else ""
        inside = entry.path.is_relative_to(self._folder)
        name = str(entry.path.relative_to(self._folder)) if inside else str(entry.path)
        if entry.size is None:
            held = count(entry.recordings, "recording") if entry.recordings else ""
            return {"Name": f"{mark}{name}/", "Length": held, "Size": ""}
        length = length_text(self._lengths[entry.path]) if entry.path in self._lengths else "…"
        return {"Name": f"{mark}{name}", "Length": length, "Size": readable_bytes(entry.size)}

    def _sums(self, entries: list[FolderEntry]) -> str:
        if not entries:
            return ""
        number = sum(1 if entry.size is not None else entry.recordings for entry in entries)
        length = sum(self._lengths.get(entry.path) or 0.0 for entry in entries)
        return f"{count(number, 'recording')}{f', {clock(length)}' if length else ''}"

    # --- getting about ----------------------------------------------------------------------------

    def on_data_table_row_selected(self) -> None:
        """Open a folder; take a recording, and with it what is marked."""
        if (entry := self._selected) is None:
            return
        if entry.size is None:
            self._go(entry.path)
        else:
            self._marked.setdefault(entry.path, entry)
            self.action_take()

    def action_into(self) -> None:
        """Open the selected folder."""
        if (entry := self._selected) is not None and entry.size is None:
            self._go(entry.path)

    def action_up(self) -> None:
        """Go to the folder above."""
        self._go(self._folder.parent, self._folder)

    def _go(self, folder: Path, at: Path | None = None) -> None:
        with self.prevent(Input.Changed):
            self.query_one("#pattern", Input).value = ""
        self._folder = folder
        self.look(at)

    def action_find(self) -> None:
        """Ask for a part of a name, or a pattern."""
        self.set_focus(self.query_one("#pattern"))

    @on(Input.Changed)
    def _pattern_changed(self) -> None:
        self.find()

    @work(exclusive=True, group="find", exit_on_error=False)
    async def find(self) -> None:
        """Look for what was typed, once the person stops; to a folder it is gone when they say so."""
        await asyncio.sleep(DEBOUNCE)
        if (folder := self._named_folder) is None:
            self.look()
        else:
            self.query_one("#recordings-sums", Static).update(f"Enter goes to {home_path(folder)}")

    @property
    def _named_folder(self) -> Path | None:
        text = self.query_one("#pattern", Input).value.strip()
        if any(sign in text for sign in PATTERN) or not (text.startswith(("/", "~")) or text.endswith("/")):
            return None
        return Path(os.path.normpath(self._folder / expanded(text)))

    @on(Input.Submitted)
    async def _found(self) -> None:
        folder = self._named_folder
        if folder is not None:
            self.workers.cancel_group(self, "find")
            if not await asyncio.to_thread(folder.is_dir):
                self.query_one("#recordings-sums", Static).update(
                    f"There is no folder {self.query_one('#pattern', Input).value.strip()}."
                )
                return
            self._go(folder)
        self._table.focus()

    def action_leave(self) -> None:
        """Go back to the list; from there, close."""
        pattern = self.query_one("#pattern", Input)
        if self.focused is pattern or pattern.value:
            pattern.value = ""
            self._table.focus()
        else:
            self.dismiss(None)

    # --- what is chosen ---------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark the selected one, or no more, and go on to the next."""
        if (entry := self._selected) is not None:
            if self._marked.pop(entry.path, None) is None:
                self._marked[entry.path] = entry
            self._draw()
            self._table.action_cursor_down()

    def action_mark_all(self) -> None:
        """Mark all recordings that are listed; where they are, none."""
        files = {entry.path: entry for entry in self._entries if entry.size is not None}
        if files.keys() <= self._marked.keys():
            self._marked = {path: entry for path, entry in self._marked.items() if path not in files}
        else:
            self._marked |= files
        self._draw()

    def action_take(self) -> None:
        """Give what is marked; where nothing is, the selected recording."""
        entry = self._selected
        chosen = list(self._marked.values()) or ([entry] if entry is not None and entry.size is not None else [])
        if chosen:
            self.gather(chosen)
        else:
            self.notify("Mark a recording first: Space.", severity="warning")

    @work(exclusive=True, group="gather", exit_on_error=False)
    async def gather(self, chosen: list[FolderEntry]) -> None:
        """Look into the marked folders, and give all recordings in order."""
        self.dismiss(await asyncio.to_thread(_gathered, chosen, dict(self._lengths)))


def _read(paths: list[Path]) -> dict[Path, float | None]:
    return {path: stated_length(path) for path in paths}


def _gathered(chosen: list[FolderEntry], lengths: dict[Path, float | None]) -> list[QueuedRecording]:
    files = [path for entry in chosen for path in ([entry.path] if entry.size is not None else _inside(entry.path))]
    return [queued(path, lengths.get(path)) for path in dict.fromkeys(files)]


def _inside(folder: Path) -> list[Path]:
    try:
        return recordings_in(folder)
    except OSError as error:
        raise FileProblem(f"The folder {folder} cannot be read: {why_not(error)}.") from error
