"""One shared device: sees the lanes of its experts, has a policy decide, and has models loaded and unloaded.

Nothing here waits on the way of a request: lanes ask `open_to`, and are pumped when its answer may have changed.
"""

from __future__ import annotations

import asyncio
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from gateway.dispatch.lane import Lane
from gateway.experts import Group as Terms
from gateway.residency.crew import Crew
from gateway.residency.fcfs import first_come_first_served
from gateway.residency.moves import second_choice
from gateway.residency.schedule import most_value_first
from gateway.residency.seat import Seat
from gateway.residency.slot import Paces, Slot
from gateway.residency.units import Policy, Step, Unit

GATHER_S = 0.003
"""Changes this close together are looked at together; a load takes a hundred times as long."""
SHARE = 0.1
"""Of the time at most that goes into deciding, however long the queue."""
LOOK_AGAIN_S = 0.5
"""Time alone makes calls urgent: while any waits, the queue is looked at this often."""
NEVER = float("-inf")
SCHEDULES: Mapping[str, Policy] = {"value": most_value_first, "fcfs": first_come_first_served}


class Group:
    """Lives as long as the process: configurations come and go, and the models stay loaded."""

    def __init__(self, name: str, terms: Terms, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.terms = terms
        self.moved = 0
        self.lost = 0.0
        """Expected quality that going to second choices has cost."""
        self.slots: dict[str, Slot] = {}
        self._seats: weakref.WeakSet[Seat] = weakref.WeakSet()
        self._clock = clock
        self._crew = Crew(name, clock, self._look_now)
        self._step = Step()
        self._look: asyncio.TimerHandle | None = None
        self._look_at = 0.0
        self._took_s = 0.0
        self._closed = False

    @property
    def hit_share(self) -> float:
        """Of the calls so far, those that needed no load."""
        calls = sum(slot.calls for slot in self.slots.values())
        loads = sum(slot.loads for slot in self.slots.values())
        return max(0.0, 1 - loads / calls) if calls else 0.0

    async def close(self) -> None:
        """Stop deciding; whatever is being loaded is given up."""
        self._closed = True
        if self._look is not None:
            self._look.cancel()
        await self._crew.close()

    def seat(self, slot: Slot) -> Seat:
        """A seat for one more expert with these weights, which may be known already."""
        known = self.slots.setdefault(slot.weights.name, slot)
        if known is slot:
            self._crew.ask_about(slot)
        known.size = slot.size
        seat = Seat(self, known)
        self._seats.add(seat)
        return seat

    def serves(self, slot: Slot) -> bool:
        """It is loaded and does not give way to another."""
        return slot.loaded() and slot.weights.name not in self._step.evict

    def open_to(self, seat: Seat) -> bool:
        """Whether this expert may be sent a call now."""
        if not self.serves(seat.slot):
            return False
        until = self._step.until
        return until is None or self._waits_since(seat) <= until.get(seat.slot.weights.name, NEVER)

    def changed(self, seat: Seat, begun: int) -> None:
        """Something about one of the lanes is different; so many of its calls have begun."""
        if begun:
            seat.slot.asked(begun, self._clock())
        self._look_in(max(GATHER_S, self._took_s / SHARE))

    def _waits_since(self, seat: Seat) -> float:
        """Of the next call of this lane; one that has only just come waits behind all others."""
        if seat.lane is not None and seat.lane.waiting:
            return min(ticket.since for ticket in seat.lane.waiting)
        return self._clock() if any(lane.waiting for lane in self._lanes()) else NEVER

    def _lanes(self, slot: Slot | None = None) -> list[Lane]:
        return [seat.lane for seat in self._seats if seat.lane and slot in (None, seat.slot)]

    def _look_now(self) -> None:
        self._look_in(0.0)

    def _look_in(self, seconds: float) -> None:
        at = self._clock() + seconds
        if self._closed or (self._look is not None and self._look_at <= at):
            return
        if self._look is not None:
            self._look.cancel()
        self._look_at = at
        self._look = asyncio.get_running_loop().call_later(seconds, self._decide)

    def _decide(self) -> None:
        """Look at the whole queue, and do what follows from it."""
        self._look = None
        began = self._clock()
        self._turn_away(began)
        units, step = self._plan(began)
        if self._move(step.starts or {}):
            units, step = self._plan(began)
        self._step = step
        if step.load is not None and not any(unit.busy for unit in units if unit.name in step.evict):
            self._crew.exchange([self.slots[name] for name in step.evict], self.slots[step.load])
        for seat in list(self._seats):
            if seat.lane is not None and seat.lane.waiting and self.open_to(seat):
                seat.lane.pump()
        self._took_s = self._clock() - began
        if any(unit.waiting for unit in units):
            self._look_in(LOOK_AGAIN_S)

    def _plan(self, now: float) -> tuple[Sequence[Unit], Step]:
        units = self._units(now)
        step = SCHEDULES[self.terms.schedule](units, self._room(), now)
        return units, replace(step, load=None, evict=()) if self._crew.busy else step  # then nobody need give way yet

    def _room(self) -> float:
        return float(self.terms.room or self.terms.room_gb or 0.0)

    def _units(self, now: float) -> Sequence[Unit]:
        loads = [slot.pace for slot in self.slots.values() if slot.pace is not None]
        calls = [lane.call_s / lane.expert.latency_s for lane in self._lanes() if lane.calls]
        paces = Paces(fmean(loads) if loads else 1.0, fmean(calls) if calls else 1.0)
        deadline_s = self.terms.deadline_s
        return [slot.unit(self._lanes(slot), now, deadline_s, paces) for slot in self.slots.values()]

    def _turn_away(self, now: float) -> None:
        """Nobody waits for weights that have just failed to load."""
        for seat in list(self._seats):
            for ticket in seat.lane.waiting if seat.lane else ():
                if seat.lane is not None and (error := seat.slot.refusal(now)) is not None:
                    seat.lane.turn_away(ticket, error)

    def _move(self, starts: Mapping[str, float]) -> bool:
        """Send calls to a second choice that is loaded, where that costs less than to wait; whether any went."""
        before = self.moved
        for seat in list(self._seats):
            if self.terms.patience_s is not None and not seat.serves() and seat.slot.weights.name in starts:
                for _, loss in _moves(seat, starts[seat.slot.weights.name], self.terms.patience_s):
                    self.moved += 1
                    self.lost += max(0.0, loss)
        return self.moved > before


def _moves(seat: Seat, start_s: float, patience_s: float) -> Iterable[tuple[str, float]]:
    """Move what had better not wait; each that goes lets those after it wait longer there."""
    lane = seat.lane
    if lane is None:
        return
    turn_s = lane.call_s / (lane.expert.max_concurrency * lane.expert.batch)
    gone: dict[str, float] = {}
    for place, ticket in enumerate(lane.waiting):
        if not ticket.alternatives:
            continue
        found = second_choice(
            ticket.alternatives,
            start_s + place * turn_s,
            lambda expert: seat.wait_of(expert) + gone.get(expert, 0.0),
            patience_s,
        )
        if found is not None and lane.move(ticket, *found):
            gone[found[0]] = gone.get(found[0], 0.0) + turn_s
            yield found
