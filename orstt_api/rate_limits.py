"""How much one key may ask of this process: requests a minute, and requests at once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from orstt_core.errors import RateLimited
from orstt_core.types import ApiKey

MINUTE = 60.0


class _Bucket:
    def __init__(self, allowance: float) -> None:
        self.allowance, self.at, self.under_way = allowance, time.monotonic(), 0


class RateLimiter:
    """Counts what keys do: a token bucket each, which a minute fills, and their requests under way."""

    def __init__(self) -> None:
        self._uses: dict[str, _Bucket] = {}

    @contextmanager
    def request(self, key: ApiKey) -> Iterator[None]:
        """Count a request for as long as it is under way.

        Raises:
            RateLimited: the key sent as many as it may; it says when to come back.
        """
        use = self._uses.setdefault(key.id, _Bucket(key.requests_per_minute))
        if key.concurrent_requests and use.under_way >= key.concurrent_requests:
            raise RateLimited(
                f"This key has {use.under_way} requests under way, as many as it may.", hint="Wait for one to end."
            )
        self._spend(use, key.requests_per_minute)
        use.under_way += 1
        try:
            yield
        finally:
            use.under_way -= 1

    def _spend(self, use: _Bucket, limit: int) -> None:
        if not limit:
            return
        now = time.monotonic()
        use.allowance = min(limit, use.allowance + (now - use.at) * limit / MINUTE)
        use.at = now
        if use.allowance < 1:
            wait = math.ceil((1 - use.allowance) * MINUTE / limit)
            raise RateLimited(
                f"This key may send {limit} requests a minute, and has.",
                hint=f"Try again in {wait} s.",
                retry_after=wait,
            )
        use.allowance -= 1
