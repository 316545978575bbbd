"""ServiceOperations: what is asked of the service itself: where it is, whether it works, and what happens in it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from orstt_core.settings.listing import Setting
from orstt_core.types import (
    AuditEntry,
    BackendEvent,
    BackendInfo,
    Diagnosis,
    Measurement,
    Readiness,
    Stats,
    StatsQuery,
)


class ServiceOperations(Protocol):
    """Whoever does the work, seen as a whole."""

    async def info(self) -> BackendInfo:
        """Say where this is and which model is active."""
        ...

    async def audit(self, limit: int = 100, subject: str = "") -> list[AuditEntry]:
        """Return the latest entries of the audit table, newest first.

        Args:
            limit: how many.
            subject: only those about this model, by its name, or this job, by its whole id; empty: all.

        Raises:
            InvalidRequest: a limit below 1, or above 10,000.
        """
        ...

    async def readiness(self) -> Readiness:
        """Say whether another recording would be taken now, and of which kind; never raises for what it finds."""
        ...

    def events(self) -> AsyncGenerator[BackendEvent]:
        """Yield what changes from now on, whoever changes it, until closed; of jobs, those that the caller may see."""
        ...

    def measurements(self) -> AsyncGenerator[Measurement]:
        """Yield what is measured from now on in the process that serves, until closed."""
        ...

    async def stats(self, query: StatsQuery) -> list[Stats]:
        """Return what the transcriptions of models took: speed, memory, confidence; never what was said."""
        ...

    async def settings(self) -> list[Setting]:
        """Return the settings that whoever does the work was started with, in their order; of secrets no value."""
        ...

    async def diagnose(self) -> Diagnosis:
        """Look at everything that could be missing here; takes a second or two."""
        ...
