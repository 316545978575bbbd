"""Statistics as a table: plain rows, and CSV with a header for spreadsheets and plots."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import msgspec

from orstt_core.types import Stats

SETUP = ("engine", "weights", "device", "compute_type", "settings", "machine", "versions")
FIGURES = (
    "model", "setups", "first_day", "last_day", "at", "transcriptions", "audio_seconds", "speech_seconds", "seconds",
    "speed", "first_segment_seconds", "load_seconds", "peak_memory", "confidence", "repeated_share",
)  # fmt: skip
COLUMNS = FIGURES + SETUP


def stats_row(stats: Stats) -> dict[str, str]:
    """Return a row by the names of `COLUMNS`; what nobody measured is empty, settings and versions are JSON."""
    values = {name: getattr(stats, name) for name in FIGURES} | {name: getattr(stats.setup, name) for name in SETUP}
    return {name: _text(values[name]) for name in COLUMNS}


def to_csv(rows: Iterable[Stats]) -> str:
    """Return CSV (RFC 4180) with a header."""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, COLUMNS)
    writer.writeheader()
    writer.writerows(map(stats_row, rows))
    return table.getvalue()


def _text(value: object) -> str:
    if value is None or value == {}:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode().strip('"')
