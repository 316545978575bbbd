"""Times, counts and dates as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orstt_tui.formatting import age, clock, count, date, now, rounded_duration, shorten, timestamp


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00"),
        (2.99, "0:03"),
        (7.1, "0:07"),
        (0.5, "0:01"),
        (59.9, "1:00"),
        (60, "1:00"),
        (3599, "59:59"),
        (3723, "1:02:03"),
        (-1, "0:00"),
    ],
)
def test_a_duration(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00.0"), (7.44, "0:07.4"), (59.96, "1:00.0"), (3599.99, "1:00:00.0")]
)
def test_a_moment_is_rounded_without_a_sixtieth_second(seconds: float, shown: str) -> None:
    assert timestamp(seconds) == shown


def test_one_is_not_many() -> None:
    assert [count(number, "segment") for number in (0, 1, 2, 5000)] == [
        "0 segments",
        "1 segment",
        "2 segments",
        "5,000 segments",
    ]


def test_a_date_is_that_of_the_wall_clock() -> None:
    assert date(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "2026-01-02 03:04"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(-5, "now"), (59, "now"), (61, "1 min"), (3601, "1 h"), (90_000, "1 d"), (1_300_000, "15 d")]
)
def test_an_age_is_rounded_down(seconds: int, shown: str) -> None:
    assert age(now() - timedelta(seconds=seconds)) == shown


def test_a_rounded_duration_has_two_or_more_of_its_unit() -> None:
    shown = [rounded_duration(seconds) for seconds in (-5, 45, 119, 120, 7_200, 2 * 86_400)]
    assert shown == ["0 s", "45 s", "119 s", "2 min", "2 h", "2 days"]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (21, "ward 7, 2026-01-2.wav"),
        (20, "ward 7…2026-01-2.wav"),
        (8, "wa…2.wav"),
        (2, "…v"),
        (1, "…"),
        (0, ""),
        (-3, ""),
    ],
)
def test_a_long_name_is_cut_in_the_middle(width: int, shown: str) -> None:
    assert shorten("ward 7, 2026-01-2.wav", width) == shown


def test_a_name_in_wide_characters_is_cut_between_two() -> None:
    assert shorten("手术室的录音一", 9) == "手…录音一"
