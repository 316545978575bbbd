"""Promises of the schedule: who has an engine next, who gives one up for whom, and that nobody waits for ever."""

from typing import Any

from orstt_core.runtime.schedule import MOST_IN_A_ROW, SLICE_SECONDS, Schedule, Ticket
from orstt_core.types import Priority


class Engine:
    def __init__(self, capacity: int = 1) -> None:
        self.capacity = capacity
        self.computing = False
        self.holders: list[Ticket] = []


class Line:
    """A schedule with a clock that stands still, and tickets by name."""

    def __init__(self, places: int = 1) -> None:
        self.now = 0.0
        self.schedule = Schedule(places, clock=lambda: self.now)
        self.tickets: dict[str, Ticket] = {}

    def enter(self, name: str, engine: Engine, priority: Priority = "interactive", **options: Any) -> Ticket:
        self.tickets[name] = Ticket(engine, priority, **options)
        self.schedule.enter(self.tickets[name])
        return self.tickets[name]

    def leave(self, name: str) -> None:
        self.schedule.leave(self.tickets[name])
        self.schedule.dispatch()

    def pause(self, name: str) -> None:
        """As its engine does at the end of a segment."""
        self.schedule.note_segment(self.tickets[name])
        assert self.tickets[name].preempted
        self.schedule.requeue(self.tickets[name])
        self.schedule.dispatch()

    @property
    def holding(self) -> set[str]:
        return {name for name, ticket in self.tickets.items() if ticket.holds}

    @property
    def preempted(self) -> set[str]:
        return {name for name in self.holding if self.tickets[name].preempted}


def test_the_interactive_go_before_the_background_and_the_older_before_the_younger() -> None:
    line, engine = Line(), Engine()
    line.enter("first", engine)
    for name in ("b1", "i1", "b2", "i2"):
        line.enter(name, engine, "background" if name.startswith("b") else "interactive")
    served = []
    while line.holding:
        [name] = line.holding
        served.append(name)
        line.leave(name)
    assert served == ["first", "i1", "i2", "b1", "b2"]


def test_a_background_lease_gives_its_engine_up_and_goes_on_at_its_old_age() -> None:
    line, engine = Line(), Engine()
    line.enter("long", engine, "background")
    line.enter("other", engine, "background")
    assert line.preempted == set()  # it is no less urgent than who waits
    line.enter("clip", engine)
    assert line.preempted == {"long"}
    line.pause("long")
    assert line.holding == {"clip"}
    line.leave("clip")
    assert line.holding == {"long"}  # it is older than the other


def test_a_long_interactive_lease_holds_up_no_short_one() -> None:
    line, engine = Line(), Engine()
    line.enter("old", engine, "background")
    line.enter("long", engine)
    line.pause("old")
    line.enter("clip", engine)
    assert line.preempted == set()
    line.now = SLICE_SECONDS
    line.schedule.dispatch()
    assert line.preempted == {"long"}
    line.pause("long")
    assert line.holding == {"clip"}
    line.leave("clip")
    assert line.holding == {"old"}  # from now on it is background, and not the oldest of it


def test_a_background_lease_gets_its_turn_however_many_interactive_ones_come() -> None:
    line, engine = Line(), Engine()
    line.enter("long", engine, "background")
    waited, turns = 0, 0
    for number in range(50):
        line.enter(str(number), engine)
        if "long" in line.holding:
            assert line.preempted == ({"long"} if number == 0 else set())  # its turn is a segment at least
            turns, waited = turns + 1, 0
            line.pause("long")  # after one segment
        waited += 1
        assert waited <= MOST_IN_A_ROW + 1
        [name] = line.holding - {"long"}
        line.enter(f"next {number}", engine)
        line.leave(name)
    assert turns >= 50 // (MOST_IN_A_ROW + 1)


def test_a_background_lease_that_is_preempted_before_a_segment_did_not_have_its_turn() -> None:
    line, engine = Line(), Engine()
    line.enter("long", engine, "background")
    for number in range(MOST_IN_A_ROW):
        line.enter(str(number), engine)
        line.schedule.requeue(line.tickets["long"])  # it had not begun yet
        line.schedule.dispatch()
        assert line.holding == {str(number)}
        line.leave(str(number))
        assert line.holding == {"long"}
    line.enter("late", engine)
    assert line.preempted == set()
    line.schedule.note_segment(line.tickets["long"])
    assert line.preempted == {"long"}


def test_an_engine_with_capacity_serves_as_many_at_once_and_takes_one_place() -> None:
    line, engine, other = Line(), Engine(capacity=4), Engine()
    for number in range(6):
        line.enter(str(number), engine)
    assert len(line.holding) == 4
    line.enter("other", other)
    line.enter("late", engine)
    for number in range(6):
        line.leave(str(number))
    assert line.holding == {"other"}  # whoever came later for the first engine did not keep the place taken
    line.leave("other")
    assert line.holding == {"late"}


def test_only_as_many_are_preempted_as_are_needed() -> None:
    line, engine = Line(), Engine(capacity=4)
    for number in range(4):
        line.enter(f"b{number}", engine, "background")
    line.enter("clip", engine)
    assert line.preempted == {"b3"}  # the youngest
    line.enter("another", engine)
    assert line.preempted == {"b2", "b3"}
    line.pause("b3")
    assert line.holding == {"b0", "b1", "b2", "clip"}


def test_who_cannot_give_an_engine_up_now_is_passed_over_and_asked_again() -> None:
    line, engine = Line(), Engine(capacity=2)
    answers = iter([False, True])
    line.enter("b1", engine, "background")
    line.enter("b2", engine, "background", on_preempt=lambda: next(answers))
    line.enter("i1", engine)
    assert line.preempted == {"b1"}
    line.enter("i2", engine)
    assert line.preempted == {"b1", "b2"}
    line.schedule.dispatch()  # neither is asked once more


def test_for_another_model_a_whole_engine_is_given_up_unless_its_work_cannot_move() -> None:
    line, engine, other = Line(), Engine(capacity=2), Engine()
    line.enter("one", engine, "background")
    line.enter("two", engine, "background").movable = False
    line.enter("clip", other)
    assert line.preempted == set()
    line.tickets["two"].movable = True
    line.schedule.dispatch()
    assert line.preempted == {"one", "two"}
    line.pause("one")
    assert line.holding == {"two"}
    line.pause("two")
    assert line.holding == {"clip"}


def test_a_place_that_nobody_can_give_up_is_used_by_clips_of_the_model_that_has_it() -> None:
    line, engine, other = Line(), Engine(), Engine()
    line.enter("stuck", engine, "background").movable = False
    line.enter("place", other)
    line.enter("clip", engine)
    line.pause("stuck")
    assert line.holding == {"clip"}  # "place" would have had to wait for "stuck" anyway
    line.enter("late", engine)
    line.enter("bulk", engine, "background")
    line.leave("clip")
    line.leave("late")
    assert line.holding == {"stuck"}  # it kept its place
    line.leave("stuck")
    assert line.holding == {"place"}


def test_work_that_cannot_move_and_came_later_keeps_nobody_from_a_place_for_others() -> None:
    line, engine, other = Line(), Engine(capacity=2), Engine()
    line.enter("first", engine)
    line.enter("place", other)
    line.tickets["first"].movable = False
    line.enter("clip", engine).movable = False
    assert line.holding == {"first", "clip"}
    line.leave("first")
    line.enter("later clip", engine)
    assert line.holding == {"clip"}
    line.leave("clip")
    assert line.holding == {"place"}


def test_a_switch_takes_the_extra_place_and_an_engine_that_nobody_has() -> None:
    line, engine, other = Line(), Engine(), Engine()
    line.enter("busy", engine)
    line.enter("switch", other, extra=True)
    line.enter("request", other)
    line.enter("second switch", Engine(), extra=True)
    assert line.holding == {"busy", "switch"}
    line.leave("switch")
    assert line.holding == {"busy", "second switch"}
    line.leave("busy")
    assert line.holding == {"request", "second switch"}


def test_what_is_to_be_alone_shares_its_engine_with_nobody() -> None:
    line, engine = Line(), Engine(capacity=2)
    line.enter("one", engine)
    line.enter("alone", engine, alone=True)
    assert line.holding == {"one"}
    line.leave("one")
    line.enter("late", engine)
    assert line.holding == {"alone"}


def test_what_is_to_be_alone_does_not_wait_while_others_make_way_for_it_in_turns() -> None:
    line, engine = Line(), Engine(capacity=2)
    for name in ("b1", "b2"):
        line.enter(name, engine, "background")
    line.enter("alone", engine, alone=True)
    for name in ("b1", "b2"):
        line.pause(name)
    assert line.holding == {"alone"}
    line.leave("alone")
    assert line.holding == {"b1", "b2"}


def test_who_waits_for_memory_gets_it_from_the_less_urgent_and_nobody_passes_meanwhile() -> None:
    line, busy, hungry = Line(places=3), Engine(), Engine()
    line.enter("long", busy, "background")
    line.schedule.short_of_memory = line.enter("clip", hungry)
    line.schedule.dispatch()
    assert line.preempted == {"long"}
    line.pause("long")
    assert line.holding == {"clip"}
    line.schedule.short_of_memory = None
    line.leave("clip")
    assert line.holding == {"long"}
    line.schedule.short_of_memory = line.enter("younger", hungry, "background")
    line.schedule.dispatch()
    assert line.preempted == set()
    line.enter("clip", Engine())  # it would have to wait for both of them
    assert line.preempted == {"long"}
    line.pause("long")
    assert line.holding == {"younger"}
    line.schedule.short_of_memory = None
    line.schedule.dispatch()
    assert line.holding == {"clip", "long", "younger"}


def test_who_waits_for_the_end_of_abandoned_work_loses_its_place_to_nobody_who_comes_after() -> None:
    line, engine, other = Line(), Engine(capacity=0), Engine()
    line.enter("first", engine)
    line.enter("second", other)
    assert line.holding == set()
    engine.capacity = 1
    line.schedule.dispatch()
    assert line.holding == {"first"}
    line.leave("first")
    assert line.holding == {"second"}
    line.leave("second")
    engine.capacity = 0
    line.enter("background", engine, "background")
    line.enter("urgent", other)
    assert line.holding == {"urgent"}


def test_what_is_to_have_an_engine_for_itself_waits_for_abandoned_work_too() -> None:
    line, engine = Line(places=2), Engine(capacity=2)
    engine.computing = True
    line.enter("alone", engine, alone=True)
    line.enter("switch", engine, extra=True)
    assert line.holding == set()
    engine.computing = False
    line.schedule.dispatch()
    assert line.holding == {"alone"}
