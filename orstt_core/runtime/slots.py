"""Slots: all models of the pool, by what is loaded for them."""

from __future__ import annotations

from orstt_core.errors import ModelInUse
from orstt_core.runtime.circuit_breaker import CircuitBreaker
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.runtime.slot import LoadedEngine, Slot


class Slots(dict[EngineSpec, Slot]):
    """A slot comes into being when it is first asked for, by its index, and is kept for good.

    There are as many as configured models, and a slot that goes away could be waited for.

    Args:
        suspend_seconds: how long a model whose engine died repeatedly is refused.
    """

    def __init__(self, suspend_seconds: float) -> None:
        super().__init__()
        self._suspend_seconds = suspend_seconds
        self._uses = 0

    def __missing__(self, spec: EngineSpec) -> Slot:
        """Make the slot of a model."""
        slot = self[spec] = Slot(spec, CircuitBreaker(self._suspend_seconds))
        return slot

    def touch(self, slot: Slot, keep_alive: float) -> None:
        """Note that a slot is used, as the latest of all, and how many seconds it is to stay afterwards."""
        self._uses += 1
        slot.used = self._uses
        slot.keep_alive = keep_alive
        slot.stop_expiry()

    def unused(self, spec: EngineSpec, name: str) -> Slot | None:
        """Return the slot of a model that has a process and that no request wants; None: it has none.

        Raises:
            ModelInUse: a request has it or waits for it; `name` is what the model is called.
        """
        slot = self.get(spec)
        if slot is not None and slot.users:
            raise ModelInUse(
                f"{name} serves {slot.users} request{'s' if slot.users > 1 else ''}.",
                hint="Wait until they are done, or cancel them.",
            )
        return slot if slot is not None and slot.process is not None else None

    def capacity(self, spec: EngineSpec) -> int:
        """See `EnginePool.capacity`."""
        slot = self.get(spec)
        return max(1, slot.capacity) if slot else 1

    def loaded(self) -> list[LoadedEngine]:
        """See `EnginePool.loaded`."""
        slots = sorted(self.values(), key=lambda slot: -slot.used)
        return [engine for slot in slots if (engine := slot.describe())]
