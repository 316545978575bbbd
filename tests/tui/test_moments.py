"""When something was, as a person writes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from orstt_core.errors import InvalidRequest
from orstt_tui import moments
from orstt_tui.moments import moment


@pytest.fixture(autouse=True)
def a_day_in_vienna(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An hour or two before UTC."""
    monkeypatch.setenv("TZ", "Europe/Vienna")
    time.tzset()
    monkeypatch.setattr(moments, "now", lambda: datetime(2026, 3, 30, 10, 0, tzinfo=UTC))
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("2026-03-28", "its beginning", "2026-03-27T23:00:00+00:00"),
        ("2026-03-28", "its end", "2026-03-28T23:00:00+00:00"),
        ("2026-03-29", "its end", "2026-03-29T22:00:00+00:00"),  # the clocks went forward
        ("today", "its beginning", "2026-03-29T22:00:00+00:00"),
        ("Yesterday", "its end", "2026-03-29T22:00:00+00:00"),
        ("2026-03-28 14:30", "its end", "2026-03-28T13:30:00+00:00"),
        ("2026-03-28T14:30:00+09:00", "its beginning", "2026-03-28T05:30:00+00:00"),
        ("36h", "its beginning", "2026-03-28T22:00:00+00:00"),
        ("2 w", "its beginning", "2026-03-16T10:00:00+00:00"),
    ],
)
def test_days_times_and_ages_are_understood(text: str, day: str, expected: str) -> None:
    assert moment(text, at_end=day == "its end").astimezone(UTC).isoformat() == expected


@pytest.mark.parametrize("text", ["", "noon", "2026-13-01", "999999w", "5 years"])
def test_anything_else_is_refused_with_examples(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no time") as refused:
        moment(text)
    assert "yesterday" in refused.value.hint
