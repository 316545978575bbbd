"""How often a server that answers "later" (429, 5xx) is asked again, and how long is waited in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeVar

LATER = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may succeed."""
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further attempt; there are no more of them."""
LONGEST_WAIT = 60.0
"""Seconds that a server may ask us to wait; one that asks for more is given up."""
LOOK_SECONDS = 0.25
"""How often somebody who waits is asked whether they still want it."""

Result = TypeVar("Result")


class RetryLater(Exception):
    """The server answers, but not now.

    Attributes:
        wait: seconds that it asks for; None: it does not say.
    """

    def __init__(self, status: int, wait: float | None) -> None:
        super().__init__(f"it answers {status} ({HTTPStatus(status).phrase})")
        self.wait = wait


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return what `Retry-After` asks for, which is a number of seconds or a date (RFC 9110, 10.2.3)."""
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        when = parsedate_to_datetime(said)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def retry(ask: Callable[[], Result], say: Callable[[str], None]) -> Result:
    """Return what `ask` does, asking again where the server wants to be asked later.

    Args:
        ask: may raise `RetryLater`.
        say: told every now and then how long it still takes; may raise to give up.

    Raises:
        RetryLater: it does not answer, or asks to wait for too long.
    """
    for pause in PAUSES:
        try:
            return ask()
        except RetryLater as answer:
            if (answer.wait or 0) > LONGEST_WAIT:
                raise
            _wait(max(pause, answer.wait or 0), say)
    return ask()


def _wait(seconds: float, say: Callable[[str], None]) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        say(f"the server asks to wait: {left:.0f} s")
        time.sleep(min(left, LOOK_SECONDS))
