"""LogTail: the end of the program's own log, read as it grows and within a bounded memory."""

from __future__ import annotations

import os
import re
from collections import deque
from pathlib import Path

from msgspec import Struct

LINE = re.compile(r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d+ (?P<level>[A-Z]+) (?P<logger>[\w.-]+): (?P<text>.*)")
"""A record's first line, as `orstt_tui.terminal` writes it."""
MOST_BYTES = 1 << 18
"""Read at once; of more than that, the end."""
MOST_RECORDS = 1_000
MOST_LINES = 60
"""Of one record, such as an error with where it came from."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class LogRecord(Struct, frozen=True):
    """One record; what a library wrote to standard error by itself has neither time nor logger.

    Attributes:
        at: the time as the file has it.
        text: its lines, of which the first is the message.
    """

    at: str
    level: str
    logger: str
    text: str

    @property
    def severity(self) -> int:
        """The place of its level in `LEVELS`."""
        return LEVELS.index(self.level) if self.level in LEVELS else LEVELS.index("WARNING")


class LogTail:
    """Follows a file that need not exist, and may be begun anew.

    Args:
        path: the log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0
        self._file = (0, 0)
        self._rest = b""
        self.records: deque[LogRecord] = deque(maxlen=MOST_RECORDS)
        """The latest, oldest first."""

    def read(self) -> bool:
        """Take in what was written since the last call, and return whether there was anything.

        Raises:
            OSError: the file is there and cannot be read.
        """
        try:
            with self._path.open("rb") as file:
                return self._read_new(file.fileno())
        except FileNotFoundError:
            return False

    def _read_new(self, file: int) -> bool:
        status = os.fstat(file)
        if (status.st_dev, status.st_ino) != self._file or status.st_size < self._place:
            self._file, self._place, self._rest = (status.st_dev, status.st_ino), 0, b""
            self.records.clear()
        if status.st_size == self._place:
            return False
        start = max(self._place, status.st_size - MOST_BYTES)
        data = os.pread(file, status.st_size - start, start)
        if start > self._place:  # a line that is cut says nothing
            self._rest, data = b"", data.partition(b"\n")[2]
        self._place = status.st_size
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-MOST_BYTES:]
        for line in lines:
            self._add(line.decode(errors="replace").rstrip())
        return bool(lines)

    def _add(self, line: str) -> None:
        if begin := LINE.fullmatch(line):
            self.records.append(LogRecord(*begin.groups()))
        elif line and self.records and line[0].isspace():
            last = self.records[-1]
            if last.text.count("\n") < MOST_LINES:
                self.records[-1] = LogRecord(last.at, last.level, last.logger, f"{last.text}\n{line}")
        elif line:
            self.records.append(LogRecord("", "", "", line))
