"""A model that does worse than it did is named, and only where enough was transcribed to say so."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from orstt_core.diagnosis.drift import drift
from orstt_core.measurements.drift import changes, changes_lately
from orstt_core.types import MeasuredSetup, Stats, StatsQuery

DAY = date(2026, 3, 31)
PAST = Stats(
    model="base's",
    setup=MeasuredSetup(),
    first_day=DAY,
    last_day=DAY,
    transcriptions=20,
    audio_seconds=1200.0,
    speed=10.0,
    confidence=0.85,
    repeated_share=0.05,
    peak_memory=1_000_000_000,
)


def worse(recent: Stats, past: Stats = PAST) -> list[str]:
    return [change.figure for change in changes([recent], [past]) if change.is_worse]


@pytest.mark.parametrize(
    ("figure", "just", "not_yet"),
    [
        ("speed", 8.0, 8.1),
        ("confidence", 0.8, 0.81),
        ("repeated_share", 0.1, 0.099),
        ("peak_memory", 1_500_000_000, 1_499_000_000),
    ],
)
def test_a_figure_counts_from_its_threshold_on_and_never_for_the_better(
    figure: str, just: float, not_yet: float
) -> None:
    assert worse(replace(PAST, **{figure: just})) == [figure]
    assert worse(replace(PAST, **{figure: not_yet})) == []
    assert worse(PAST, replace(PAST, **{figure: just})) == []
    assert len(changes([replace(PAST, **{figure: None})], [PAST])) == 3  # what nobody measured is not guessed


def test_a_small_share_decoded_again_says_nothing_though_it_was_none_before() -> None:
    before = replace(PAST, repeated_share=0.0)
    assert worse(replace(PAST, repeated_share=0.019), before) == []
    assert worse(replace(PAST, repeated_share=0.02), before) == ["repeated_share"]


def test_little_work_on_either_side_or_another_model_says_nothing() -> None:
    slow = replace(PAST, speed=1.0)
    for few in ({"transcriptions": 19}, {"audio_seconds": 1199.0}, {"model": "other"}):
        assert changes([replace(slow, **few)], [PAST]) == []
        assert changes([slow], [replace(PAST, **few)]) == []


def test_doctor_says_all_of_a_model_in_words_with_both_figures() -> None:
    recent = replace(PAST, speed=5.0, confidence=0.7, repeated_share=0.25, peak_memory=2_000_000_000)
    [found] = drift(changes([recent, replace(PAST, model="same")], [PAST, replace(PAST, model="same")]))
    assert (found.subject, found.outcome) == ("drift of base's", "warning")
    assert found.detail == (
        "In the last 7 days, against the 30 before, it works at 5.0 times real time, 10.0 before; its mean confidence "
        "is 70.0%, 85.0% before; it decoded 25.0% of the windows again, 5.0% before; it took up to 2.0 GB of memory, "
        "1.0 GB before."
    )
    assert found.fix == """orstt stats --by setup --model 'base'"'"'s'"""


async def test_a_week_is_asked_for_and_the_thirty_days_before_it() -> None:
    asked: list[StatsQuery] = []

    async def stats(query: StatsQuery) -> list[Stats]:
        asked.append(query)
        return [replace(PAST, speed=1.0 if query.until is None else 10.0)]

    assert [change.is_worse for change in await changes_lately(stats, DAY)] == [True, False, False, False]
    assert asked == [
        StatsQuery(since=date(2026, 3, 25), here=True),
        StatsQuery(since=date(2026, 2, 23), until=date(2026, 3, 24), here=True),
    ]
