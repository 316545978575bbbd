"""A benchmark with results, and statistics of the same models, for screens that show them."""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace
from scripted import ScriptedBackend

from orstt_core.types import BenchmarkDraft, BenchmarkResult, ErrorRate, MeasuredSetup, Stats, StatsQuery

MODELS = {"base": (0.08, 12.0), "tiny": (0.15, 30.0), "large": (0.04, 1.5)}
"""Name -> its errors for each word, and its speed in times real time."""
RECORDINGS = 6
WORDS, SECONDS = 200, 60.0


async def measure(backend: ScriptedBackend, name: str = "ward") -> None:
    """Store a benchmark of the three models, whose errors vary by recording."""
    draft = BenchmarkDraft(name=name, set="folder /srv/speech", models=tuple(MODELS), recordings=RECORDINGS)
    made = await backend.create_benchmark(draft)
    for place in range(RECORDINGS):
        for model, (rate, speed) in MODELS.items():
            wrong = round(WORDS * rate) + place - RECORDINGS // 2
            result = BenchmarkResult(
                model=model,
                recording=f"visit-{place}.wav",
                digest=f"{place:064x}",
                audio_seconds=SECONDS,
                seconds=SECONDS / speed,
                peak_memory=400_000_000,
                errors=ErrorRate(
                    unit="words", total=WORDS, substitutions=wrong, deletions=0, insertions=0, rate=wrong / WORDS
                ),
            )
            await backend.add_benchmark_result(made.id, result)


def statistics() -> list[Stats]:
    """What the three models took at work."""
    return [
        Stats(
            model=model,
            setup=MeasuredSetup(engine="whisper", weights=model, device="cpu", compute_type="int8"),
            first_day=date(2026, 1, 1),
            last_day=date(2026, 1, 2),
            transcriptions=1214,
            audio_seconds=402_000.0,
            seconds=402_000.0 / speed,
            speed=speed,
            first_segment_seconds=0.4,
            load_seconds=2.1,
            peak_memory=412_000_000,
            confidence=0.87,
            repeated_share=0.021,
        )
        for model, (_, speed) in MODELS.items()
    ]


def measure_days(backend: ScriptedBackend) -> None:
    """Have the backend tell forty days of its models, of which tiny became less sure in the last ten."""
    backend.statistics = statistics()
    first, answer = date(2026, 1, 1), backend.stats

    async def stats(query: StatsQuery) -> list[Stats]:
        rows = await answer(query)
        late = query.here and query.until is None
        worse = {"tiny": 0.7} if late else {}
        if query.by != "day":
            return [replace(row, confidence=worse.get(row.model, row.confidence)) for row in rows]
        days = [(row, first + timedelta(days=day)) for day in reversed(range(40)) for row in rows]
        return [
            replace(
                row,
                first_day=day,
                last_day=day,
                transcriptions=31,
                speed=(row.speed or 0) * (1 + 0.02 * (day.day % 5)),
                confidence=0.7 if row.model == "tiny" and day > first + timedelta(days=30) else row.confidence,
            )
            for row, day in days
        ]

    backend.stats = stats
