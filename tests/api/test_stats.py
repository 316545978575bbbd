"""Statistics over HTTP, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date

import httpx2
import msgspec
import pytest
from scripted import ScriptedBackend

from orstt_core.stats_table import COLUMNS
from orstt_core.types import MeasuredSetup, Stats, StatsQuery

ROW = Stats(
    model='large, "v3"',
    setup=MeasuredSetup(engine="whisper", settings={"workers": 2}),
    first_day=date(2026, 1, 30),
    last_day=date(2026, 1, 31),
    transcriptions=3,
    audio_seconds=60.0,
    speed=12.5,
)


@pytest.mark.parametrize(
    ("accept", "form", "is_csv"),
    [
        ("*/*", None, False),
        ("application/json", None, False),
        ("text/csv", None, True),
        ("text/csv, application/json;q=0.5", None, True),
        ("application/json", "csv", True),
        ("text/csv", "json", False),
    ],
)
async def test_statistics_come_as_they_are_asked_for(
    http: httpx2.AsyncClient, backend: ScriptedBackend, accept: str, form: str | None, *, is_csv: bool
) -> None:
    backend.statistics = [ROW]
    asked = {"by": "day", "since": "2026-01-30", "here": "true", "limit": "5", **({"format": form} if form else {})}
    answer = await http.get("/api/v1/stats", params=asked, headers={"Accept": accept})
    assert backend.stats_queries == [StatsQuery(by="day", since=date(2026, 1, 30), here=True, limit=5)]
    if not is_csv:
        assert msgspec.json.decode(answer.content, type=list[Stats]) == [ROW]
        return
    assert answer.headers["content-type"].startswith("text/csv")
    [row] = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert tuple(row) == COLUMNS
    assert (row["model"], row["speed"], row["confidence"]) == ('large, "v3"', "12.5", "")
    assert (row["settings"], row["last_day"], row["engine"]) == ('{"workers":2}', "2026-01-31", "whisper")


@pytest.mark.parametrize("wrong", [{"by": "week"}, {"since": "yesterday"}, {"limit": "0"}, {"format": "xml"}])
async def test_what_cannot_be_asked_is_refused_by_name(http: httpx2.AsyncClient, wrong: dict[str, str]) -> None:
    answer = await http.get("/api/v1/stats", params=wrong)
    assert (answer.status_code, answer.json()["field"]) == (400, next(iter(wrong)))
