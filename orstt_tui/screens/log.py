"""LogScreen: what this program logs, as it is written."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from orstt_tui.log_tail import LEVELS, LogRecord, LogTail
from orstt_tui.screens.list_dialog import ListDialog
from orstt_tui.terminal import log_file
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.facts import Line

SECONDS = 1.0
"""How often the file is looked at."""
OUTPUT = "output"
"""In the place of a level: what a library wrote by itself."""
COLOURS = {
    "DEBUG": "text-muted",
    "INFO": "",
    "WARNING": "text-warning",
    "ERROR": "text-error",
    "CRITICAL": "text-error",
}


class LogScreen(ListDialog[LogRecord]):
    """Lists the latest records, oldest first; the end is followed while the cursor is on it."""

    HELP = """\
# Log

What this program and its libraries log, as it is written: only here, on this machine. What was said in a recording is
not in it, unless the setting *log_level* is *debug* and an error quotes it.

- **d**, **i**, **w**, **e**: show debug, info, warnings or errors, and what is graver.
- **/** shows only lines with the words you type; **G** or **End** follows the end.
- The setting *log_level* says what is logged at all (**S**).
"""
    COLUMNS = Columns(
        names=("Level", "Time", "From", "Message"),
        cut={"From": Share(least=10), "Message": Share(least=30, weight=4)},
        expendable=("From",),
        prose=frozenset({"Message"}),
    )
    HEADING = "Log"
    BESIDE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "show_level('DEBUG')", "Debug", id="log.debug", tooltip="Show everything that is logged"),
        Binding("i", "show_level('INFO')", "Info", id="log.info", tooltip="Show information and graver"),
        Binding("w", "show_level('WARNING')", "Warnings", id="log.warnings", tooltip="Show warnings and errors"),
        Binding("e", "show_level('ERROR')", "Errors", id="log.errors", tooltip="Show errors"),
        Binding("escape,L,q", "close", "Close", id="log.close"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._tail = LogTail(log_file())
        self._least = LEVELS.index("DEBUG")

    def on_mount(self) -> None:
        """Show what there is, and follow."""
        self.follow(always=True)
        self.set_interval(SECONDS, self.follow)

    def follow(self, *, always: bool = False) -> None:
        """Show what was written meanwhile.

        Args:
            always: show the list anew although nothing was.
        """
        try:
            if not self._tail.read() and not always:
                return
        except OSError as error:
            self.show_problem(f"{log_file()} cannot be read: {error.strerror}.")
            return
        chosen, at_end = self.selected, self.table.cursor_row >= self.table.row_count - 1
        found = [record for record in self._tail.records if record.severity >= self._least]
        self.show_items(found, go_to=chosen)
        if at_end:
            self.go_to_line(self.table.row_count - 1)
        least = LEVELS[self._least].lower()
        shown = f"{len(found)} of {len(self._tail.records)} lines" if found else "no lines"
        self.show_title(f"Log: {least} and graver, {shown} · logged: {_logged()} and graver")

    def action_show_level(self, level: str) -> None:
        """Show records of this level and graver."""
        self._least = LEVELS.index(level)
        self.follow(always=True)

    def nothing(self) -> str:
        """Return what to say of an empty list."""
        return (
            f"Nothing of this kind was logged. The setting log_level, which is {_logged()}, says what is.\n{log_file()}"
        )

    def words(self, item: LogRecord) -> dict[str, str]:
        """Return level, time of the day, logger and message."""
        words = (item.level.lower() or OUTPUT, item.at[-8:], item.logger, item.text.partition("\n")[0])
        return dict(zip(self.COLUMNS.names, words, strict=True))

    def facts(self, item: LogRecord) -> Sequence[Line]:
        """Return all of it."""
        head = " ".join(filter(None, (item.at, item.level.lower() or OUTPUT, item.logger)))
        return [Content.styled(head, "bold $text-primary"), Content(item.text)]

    def searched(self, item: LogRecord) -> str:
        """Return all of it: an error is found by where it came from, too."""
        return f"{item.at} {item.level} {item.logger} {item.text}"

    def colour(self, item: LogRecord) -> str:
        """Return the colour of its level."""
        return COLOURS.get(item.level, "")


def _logged() -> str:
    return logging.getLevelName(logging.getLogger().level).lower()
