"""When something was, as a person writes it: `2026-11-29`, `2026-11-29 14:30`, `today`, `yesterday`, `7d`, `12h`."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from orstt_core.errors import InvalidRequest
from orstt_tui.formatting import now

EXAMPLES = "2026-11-29, 2026-11-29 14:30, today, yesterday, 7d, 12h"
_DAYS_AGO = {"today": 0, "yesterday": 1}
_AGO = re.compile(r"(\d{1,5})\s*(min|h|d|w)(?: ago)?")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def moment(text: str, *, at_end: bool = False) -> datetime:
    """Return the time that a text stands for, in the time zone of the machine where it says none.

    Args:
        text: as in `EXAMPLES`.
        at_end: of a whole day, take its end instead of its beginning.

    Raises:
        InvalidRequest: it stands for none.
    """
    said = text.strip().lower()
    try:
        if said in _DAYS_AGO:
            return _midnight(now().astimezone().date() - timedelta(days=_DAYS_AGO[said] - at_end))
        if match := _AGO.fullmatch(said):
            return now() - timedelta(**{_UNITS[match[2]]: int(match[1])})
        if re.fullmatch(r"\d{4}-\d\d-\d\d", said):
            return _midnight(date.fromisoformat(said) + timedelta(days=at_end))
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError) as error:
        raise InvalidRequest(f"{text.strip()[:60]!r} is no time.", hint=f"Write one as {EXAMPLES}.") from error


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day).astimezone()
