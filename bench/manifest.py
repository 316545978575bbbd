"""Recordings with their transcripts in a folder with a `manifest.jsonl`: a line for each.

A line has `file`, `language`, `duration_s`, `transcript` and perhaps `alternatives`, that are right as well; an entry
with a `score` is a recording without a transcript.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LONGEST = 35.0


def clips(folder: Path) -> list[dict[str, Any]]:
    """Return the entries with a transcript of recordings that are not too long."""
    entries = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    return [entry for entry in entries if entry.get("score") is None and entry["duration_s"] <= LONGEST]
