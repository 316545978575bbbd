"""What the pool knows of one model: its slot, and how that is told to others."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

from orstt_core.runtime.circuit_breaker import CircuitBreaker
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.runtime.schedule import Ticket


class LoadedEngine(Struct, frozen=True, kw_only=True):
    """A model in memory, or suspended; the fields are those of `types.LoadedModel`.

    Attributes:
        device: the one it really runs on, once it is loaded.
        compute_type: the one it really runs with, once it is loaded.
    """

    spec: EngineSpec
    state: Literal["loading", "idle", "busy", "suspended"]
    device: str
    compute_type: str
    memory: int
    using: int
    loaded_at: datetime | None
    expires_at: datetime | None
    suspended_until: datetime | None
    reason: str
    pid: int


class Slot:
    """One model of the pool: its process, if it has one, and who uses it.

    Attributes:
        holders: who has it; the schedule's to change.
        users: requests that it serves or that wait for it.
        reserved: how many more will want it soon, and keep it loaded till then.
        grace_factor: as for its next `EngineProcess`.
        need: bytes that the model will need when it is loaded, where a budget asks for them; 0: not known.
        used: number of the pool's last use of it; the smaller, the longer ago.
        expiry: the timer that unloads it, set only while it is idle.
        keep_alive: seconds it stays when idle, -1 for ever.
    """

    def __init__(self, spec: EngineSpec, breaker: CircuitBreaker) -> None:
        self.spec = spec
        self.breaker = breaker
        self.holders: list[Ticket] = []
        self.users = 0
        self.reserved = 0
        self.grace_factor = 1
        self.need = 0
        self.used = 0
        self.process: EngineProcess | None = None
        self.expiry: asyncio.TimerHandle | None = None
        self.keep_alive = -1.0

    @property
    def capacity(self) -> int:
        """How many requests it serves at once."""
        return self.process.capacity if self.process else 1

    @property
    def computing(self) -> bool:
        """Whether any work is under way in it, be it abandoned."""
        return self.process is not None and self.process.computing

    @property
    def leased(self) -> bool:
        """Whether a request has it; it then takes one of the pool's places, or with `extra` the one beyond them."""
        return bool(self.holders)

    @property
    def extra(self) -> bool:
        """Whether it is made ready for a switch."""
        return any(holder.extra for holder in self.holders)

    @property
    def wanted(self) -> bool:
        """Whether any request has it or is going to."""
        return self.users + self.reserved > 0

    @property
    def idle(self) -> bool:
        """Whether it has a process that no request has."""
        return self.process is not None and not self.holders

    def is_loaded(self, *, answered: bool) -> bool:
        """Tell whether its model is in memory, and with `answered` has also done some work."""
        process = self.process
        return process is not None and process.alive and process.loaded is not None and (process.proven or not answered)

    def attach(self, process: EngineProcess) -> None:
        """Have its work done by this process from now on, and be told how it fares."""
        process.grace_factor = self.grace_factor
        process.on_overdue = self.double_grace
        process.on_completed = self.breaker.record_answer
        process.on_death = self.breaker.record_death
        self.process = process

    def double_grace(self) -> None:
        """Let abandoned work go on for twice as long from the next process on.

        Otherwise one that always needs a little longer than loading takes would cost a loaded model every time.
        """
        self.grace_factor *= 2

    def stop_expiry(self) -> None:
        """Let it stay until it is given back."""
        if self.expiry is not None:
            self.expiry.cancel()
            self.expiry = None

    def describe(self) -> LoadedEngine | None:
        """Return how it is now; None when it is neither loaded nor suspended."""
        process = self.process if self.process is not None and self.process.alive else None
        suspended = self.breaker.until
        if process is None and not self.holders and suspended is None:
            return None
        loaded = process.loaded if process else None
        return LoadedEngine(
            spec=self.spec,
            state=self._state(process),
            device=loaded.device if loaded else self.spec.device,
            compute_type=loaded.compute_type if loaded else self.spec.compute_type,
            memory=process.memory if process else 0,
            using=self.users,
            loaded_at=process.loaded_at if process else None,
            expires_at=self._expires_at(),
            suspended_until=suspended,
            reason=self.breaker.reason,
            pid=process.pid if process else 0,
        )

    def _state(self, process: EngineProcess | None) -> Literal["loading", "idle", "busy", "suspended"]:
        if process is None:
            return "loading" if self.holders else "suspended"
        if process.loaded is None:
            return "loading"
        return "busy" if self.holders or self.computing else "idle"

    def _expires_at(self) -> datetime | None:
        if self.expiry is None or self.wanted:
            return None
        left = self.expiry.when() - asyncio.get_running_loop().time()
        return datetime.now(UTC) + timedelta(seconds=max(left, 0.0))
