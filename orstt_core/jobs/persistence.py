"""Writes of a job that must not be lost: tried until the database takes them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from orstt_core.errors import DatabaseUnavailable
from orstt_core.jobs.pace import Pace

T = TypeVar("T")

logger = logging.getLogger(__name__)

WRITE_TRIES = 5
"""How often a write that fails although the database is there is tried."""


async def persist(
    write: Callable[[], Awaitable[T]],
    what: str,
    pace: Pace,
    closing: asyncio.Event,
    *,
    on_refusal: Callable[[], None] = lambda: None,
) -> T | None:
    """Write until it is written; a process that stops tries once, and the job is begun again elsewhere.

    Args:
        write: does it once.
        what: what it writes, for the log.
        pace: how often it is tried.
        closing: set when this process stops.
        on_refusal: called when the write fails although the database is there.

    Returns:
        What `write` returned; None: it was given up, which a job held by nobody makes up for by being queued again.
    """
    pause, tries = pace.retry_write, WRITE_TRIES
    while tries:
        try:
            return await write()
        except DatabaseUnavailable as error:
            logger.warning("%s cannot be written now, it is tried again: %s", what, error.message)
        except Exception:
            logger.exception("%s could not be written.", what)
            on_refusal()
            tries -= 1
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await closing.wait()
        if closing.is_set():
            return None
        pause = min(2 * pause, pace.longest_retry)
    return None
