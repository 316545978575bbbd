"""CircuitBreaker: keeps requests away from a model whose engine dies again and again, for a while."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta

from orstt_core.errors import EngineDied, ModelSuspended

MOST_DEATHS = 2
"""In a row, without an answer in between. The first may be the recording's fault or the machine's."""


class CircuitBreaker:
    """A circuit breaker: after a suspension one more death suspends again, and one answer mends all.

    Args:
        seconds: how long a suspension lasts.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._deaths = 0
        self._until = 0.0
        self._reason = ""

    @property
    def reason(self) -> str:
        """Why the model is suspended; empty when it is not."""
        return self._reason if self._left > 0 else ""

    @property
    def until(self) -> datetime | None:
        """When the suspension is over (UTC); None when there is none."""
        return datetime.now(UTC) + timedelta(seconds=self._left) if self._left > 0 else None

    def record_death(self, error: EngineDied) -> None:
        """Note that the engine died over a request."""
        self._deaths += 1
        if self._deaths >= MOST_DEATHS:
            # Without its last words in parentheses: they may be what it heard in somebody else's recording.
            self._reason = f"{error.message.partition(' (')[0].rstrip('.')}."
            self._until = time.monotonic() + self._seconds

    def record_answer(self) -> None:
        """Note that the engine finished a request."""
        self._deaths = 0
        self._until = 0.0

    def check(self, model: str) -> None:
        """Let a request pass.

        Raises:
            ModelSuspended: not now.
        """
        if self._left > 0:
            raise ModelSuspended(
                f"{model} is suspended because its engine died {self._deaths} times in a row: {self._reason}",
                hint=f"It is tried again in {math.ceil(self._left)} seconds; another model may be used meanwhile.",
            )

    @property
    def _left(self) -> float:
        return self._until - time.monotonic()
