"""`orstt stats` on a scripted backend."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec
from cli.running import Result
from scripted import ScriptedBackend

from orstt_core.stats_table import COLUMNS
from orstt_core.types import MeasuredSetup, Stats, StatsQuery

Run = Callable[..., Result]
DAY = date(2026, 1, 31)
MEASURED = Stats(
    model="base",
    setup=MeasuredSetup(
        engine="whisper", device="cpu", compute_type="int8", settings={"workers": 2}, machine="A CPU, 2 cores, 8 GB"
    ),
    first_day=DAY,
    last_day=DAY,
    transcriptions=1_200,
    audio_seconds=3_725.0,
    seconds=298.0,
    speed=12.5,
    first_segment_seconds=0.42,
    load_seconds=1.25,
    peak_memory=312_000_000,
    confidence=0.874,
    repeated_share=0.031,
)
UNMEASURED = Stats(
    model="far", setup=MeasuredSetup(engine="openai"), first_day=DAY, last_day=DAY, transcriptions=1, audio_seconds=5.0
)


def test_statistics_are_a_table_csv_or_json(orstt: Run, scripted: ScriptedBackend) -> None:
    code, out, err = orstt("stats")
    assert (code, out) == (0, "")
    assert "nothing was measured that fits" in err
    scripted.statistics = [MEASURED, UNMEASURED]
    code, out, err = orstt("stats")
    assert (code, err) == (0, "")
    heading, base, far = (line.split() for line in out.splitlines())
    assert heading == ["MODEL", "COUNT", "SOUND", "SPEED", "FIRST", "LOAD", "MEMORY", "SURE", "AGAIN", "ENGINE", "ON"]
    assert " ".join(base) == "base 1,200 1:02:05 12.5x 0.42 s 1.2 s 312 MB 87% 3.1% whisper cpu, int8"
    assert far == ["far", "1", "0:05", "openai"]
    assert orstt("stats", "--by", "day").out.splitlines()[1].startswith("2026-01-31  base")
    setup = orstt("stats", "--by", "setup").out.splitlines()[1]
    assert setup.endswith('cpu, int8  {"workers":2}  A CPU, 2 cores, 8 GB')
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    scripted.statistics = [msgspec.structs.replace(MEASURED, at=at)]
    first, row = orstt("stats", "--by", "transcription").out.splitlines()
    assert (first.split()[:3], row.split()[0]) == (["AT", "MODEL", "SOUND"], f"{at.astimezone():%Y-%m-%d}")
    assert msgspec.json.decode(orstt("stats", "--json").out, type=list[Stats]) == scripted.statistics
    [line] = csv.DictReader(io.StringIO(orstt("stats", "--csv").out, newline=""))
    assert (tuple(line), line["speed"], line["at"]) == (COLUMNS, "12.5", "2026-01-31T12:00:00Z")


def test_what_is_asked_for_reaches_the_backend(orstt: Run, scripted: ScriptedBackend) -> None:
    asked = (
        "--by",
        "day",
        "--model",
        "base",
        "--since",
        "2026-01-30",
        "--until",
        "2026-01-31",
        "--here",
        "--limit",
        "5",
    )
    assert orstt("stats", *asked).code == 0
    expected = StatsQuery(by="day", model="base", since=date(2026, 1, 30), until=DAY, here=True, limit=5)
    assert scripted.stats_queries == [expected]
    for wrong in (["--csv", "--json"], ["--since", "yesterday"], ["--by", "week"], ["--limit", "0"]):
        assert orstt("stats", *wrong).code == 2
