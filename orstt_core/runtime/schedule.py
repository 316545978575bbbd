"""Schedule: which lease has an engine next, and which one gives its engine up for it. No clock of its own, no waiting.

The rule. Interactive leases go before background ones, and within each the older before the younger. A lease that has
had its engine for `SLICE_SECONDS` counts as background from then on, so that a long recording that somebody waits for
holds up no short one. Whoever is held up by leases that come after it has them preempted at their next segment; a
preempted lease keeps its age. After `MOST_IN_A_ROW` interactive leases that went before a waiting background one, and
no segment of any background one meanwhile, the oldest background lease is next, and is not preempted before it got one
done: so none starves.

Engines take places, of which there are `max_loaded`: an engine has one while any lease has it, or has left work in it
that cannot move. A lease that waits for a place lets no younger one pass that would take a place as well, or keep one
taken; but a short one passes into an engine that has its place in any case, for work of before that cannot move.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from orstt_core.types import Priority

SLICE_SECONDS = 10.0
"""What nobody minds waiting for; a dictation of some minutes takes no longer."""
MOST_IN_A_ROW = 4

Obstacle = Literal["engine", "place"]
Rank = tuple[bool, int]
"""Whether a lease counts as background, and its age: the smaller, the more urgent."""


class Engine(Protocol):
    """What is leased.

    Attributes:
        holders: the tickets of the leases that have it; kept by the schedule.
    """

    holders: list[Ticket]

    @property
    def capacity(self) -> int:
        """How many leases it serves at once; less than 1 while abandoned work keeps it busy."""

    @property
    def computing(self) -> bool:
        """Whether any work is under way in it: where nobody has it, that is abandoned."""


class Ticket:
    """What the schedule knows of one lease.

    Args:
        engine: the engine that it wants.
        priority: as it was asked for.
        extra: it takes the one place beyond `max_loaded`, and an engine that nobody else has.
        alone: it has its engine for itself.
        on_preempt: called when it is to give its engine up at the next segment; returns whether it will. If not, it is
            asked again whenever `dispatch` looks.

    Attributes:
        number: its age: the smaller, the older.
        preempted: whether it is about to give its engine up.
        protected: it is its turn after so many others, and not preempted before a segment is done.
        movable: whether its work can go on in another process; otherwise only leases of its own engine preempt it.
    """

    def __init__(
        self,
        engine: Engine,
        priority: Priority = "interactive",
        *,
        extra: bool = False,
        alone: bool = False,
        on_preempt: Callable[[], bool] = lambda: True,
    ) -> None:
        self.engine = engine
        self.priority = priority
        self.extra = extra
        self.alone = alone
        self.on_preempt = on_preempt
        self.number = 0
        self.preempted = False
        self.protected = False
        self.movable = True
        self._granted = asyncio.Event()
        self._used = 0.0
        self._since = 0.0

    @property
    def holds(self) -> bool:
        """Whether its lease has the engine."""
        return self in self.engine.holders

    async def granted(self) -> None:
        """Return when its lease has the engine."""
        await self._granted.wait()

    def begin(self, now: float) -> None:
        """Note that its lease got the engine."""
        self.engine.holders.append(self)
        self.preempted = False
        self._since = now
        self._granted.set()

    def end(self, now: float) -> None:
        """Note that its lease gave the engine up."""
        self.engine.holders.remove(self)
        self.protected = False
        self._used += now - self._since
        self._granted.clear()

    def used(self, now: float) -> float:
        """Return the seconds for which its lease had the engine."""
        return self._used + (now - self._since if self.holds else 0.0)


class Schedule:
    """Grants leases; every call returns at once.

    Args:
        places: how many engines may be leased at once.
        clock: the time in seconds.
    """

    def __init__(self, places: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._places = places
        self._clock = clock
        self._numbers = itertools.count(1)
        self._waiting: list[Ticket] = []
        self._holding: list[Ticket] = []
        self._in_a_row = 0
        self.short_of_memory: Ticket | None = None
        """A lease that has its place, and waits for memory until other engines are idle."""

    def enter(self, ticket: Ticket) -> None:
        """Let a lease wait."""
        ticket.number = ticket.number or next(self._numbers)
        self._waiting.append(ticket)
        self.dispatch()

    def leave(self, ticket: Ticket) -> None:
        """Let a lease go, or stop waiting; `dispatch` then lets others have what it had."""
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        if ticket in self._holding:
            self._holding.remove(ticket)
            ticket.end(self._clock())

    def requeue(self, ticket: Ticket) -> None:
        """Let a lease that has its engine give it up and wait again, at its old age; `dispatch` follows."""
        self.leave(ticket)
        self._waiting.append(ticket)

    def note_segment(self, ticket: Ticket) -> None:
        """Note that a lease got a segment done."""
        ticket.protected = False
        if self._is_background(ticket):
            self._in_a_row = 0
        self.dispatch()

    def has_room(self, ticket: Ticket) -> bool:
        """Whether a new lease would get its engine at once and without holding anybody up."""
        return not self._waiting and self.short_of_memory is None and self._obstacle(ticket) is None

    def dispatch(self) -> None:
        """Grant what can be granted, and have leases preempted that hold others up."""
        claimed: set[Ticket] = set()
        short = self.short_of_memory
        if short is not None:
            # It inherits the urgency of those that it blocks.
            self._preempt(self._others(short), min(map(self._rank, [short, *self._waiting])), claimed)
        since = math.inf if short is None else short.number
        kept_free: set[int] = set()
        awaited: list[Engine] = []
        for ticket in self._in_order():
            obstacle = self._obstacle(ticket, awaited)
            passes = self._passes(ticket, since)
            if obstacle is None and passes and id(ticket.engine) not in kept_free:
                self._grant(ticket)
            elif obstacle == "place":
                since = min(since, ticket.number)
                self._preempt(self._others(ticket), self._rank(ticket), claimed)
            elif obstacle == "engine":
                holders = ticket.engine.holders
                if not holders and not ticket.extra:
                    awaited.append(ticket.engine)  # no lease that comes after this one takes its place meanwhile
                whole = ticket.alone or ticket.extra
                if whole and holders:
                    kept_free.add(id(ticket.engine))  # else those who give it up for this one would have it again
                groups = [holders] if whole else [[holder] for holder in holders]
                self._preempt(groups, self._rank(ticket), claimed, stays=passes)

    def _in_order(self) -> list[Ticket]:
        ordered = sorted(self._waiting, key=self._rank)
        if self._in_a_row >= MOST_IN_A_ROW:
            first = next((ticket for ticket in ordered if self._is_background(ticket)), None)
            ordered.sort(key=lambda ticket: (ticket is not first, self._rank(ticket)))
        return ordered

    def _rank(self, ticket: Ticket) -> Rank:
        return self._is_background(ticket), ticket.number

    def _is_background(self, ticket: Ticket) -> bool:
        return ticket.priority == "background" or ticket.used(self._clock()) >= SLICE_SECONDS

    def _obstacle(self, ticket: Ticket, awaited: Iterable[Engine] = ()) -> Obstacle | None:
        holders = ticket.engine.holders
        if ticket.extra:
            taken = holders or ticket.engine.computing or any(holder.extra for holder in self._holding)
            return "engine" if taken else None
        if any(holder.extra or holder.alone for holder in holders):
            return "engine"
        if ticket.alone and (holders or ticket.engine.computing):
            return "engine"
        if len(holders) >= ticket.engine.capacity:
            return "engine"
        engines = {*self._engines(), *awaited}
        if ticket.engine not in engines and len(engines) >= self._places:
            return "place"
        return None

    def _passes(self, ticket: Ticket, since: float) -> bool:
        """Whether a lease holds up nobody who has waited for a place since that age."""
        if ticket.extra or not ticket.movable or since == math.inf:
            return True
        stays = any(not other.movable and other.number < since for other in self._users(ticket.engine))
        return stays and not self._is_background(ticket)

    def _users(self, engine: Engine) -> list[Ticket]:
        return [ticket for ticket in (*self._holding, *self._waiting) if ticket.engine is engine]

    def _engines(self) -> list[Engine]:
        """Return the engines that take a place."""
        left = (ticket for ticket in self._waiting if not ticket.movable)
        used = (ticket for ticket in self._holding if not ticket.extra)
        return list(dict.fromkeys(ticket.engine for ticket in (*used, *left)))

    def _others(self, ticket: Ticket) -> list[list[Ticket]]:
        """Return the holders of each other engine that takes a place, unless work that waits cannot leave it."""
        kept = {ticket.engine, *(other.engine for other in self._waiting if not other.movable)}
        return [engine.holders for engine in self._engines() if engine not in kept]

    def _preempt(
        self, groups: Iterable[list[Ticket]], rank: Rank, claimed: set[Ticket], *, stays: bool = False
    ) -> None:
        """Have the least urgent of these groups give up what a lease of this rank needs, if it ranks behind that.

        `stays`: their engine is kept loaded.
        """

        def may_go(holder: Ticket) -> bool:
            in_the_way = self._rank(holder) > rank and not holder.extra
            return in_the_way and holder not in claimed and not holder.protected and (stays or holder.movable)

        candidates = [group for group in groups if group and all(map(may_go, group))]

        def preference(group: list[Ticket]) -> tuple[bool, Rank]:
            return all(holder.preempted for holder in group), min(map(self._rank, group))

        for group in sorted(candidates, key=preference, reverse=True):
            for holder in group:
                holder.preempted = holder.preempted or holder.on_preempt()
            if all(holder.preempted for holder in group):
                claimed.update(group)
                return

    def _grant(self, ticket: Ticket) -> None:
        self._waiting.remove(ticket)
        self._holding.append(ticket)
        ticket.protected = self._is_background(ticket) and self._in_a_row >= MOST_IN_A_ROW
        if not self._is_background(ticket):
            passed = any(map(self._is_background, self._waiting))
            self._in_a_row = self._in_a_row + 1 if passed else 0
        ticket.begin(self._clock())
