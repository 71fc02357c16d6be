"""What would happen if a group served its units in a given order: when each could begin, and who gives way to whom.

Knows no preferences: an order comes in, its consequences come out. Seconds count from now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.residency.units import Step, Unit


@dataclass(slots=True)
class Timeline:
    """The room of one device as time goes on. `free_at` says of all that are in it when they could leave."""

    units: Sequence[Unit]
    room: float
    order: tuple[str, ...]
    free_at: dict[str, float] = field(default_factory=dict)
    starts: dict[str, float] = field(default_factory=dict)
    first: Step = Step()
    loading_s: float = 0.0
    """Seconds that go into loads."""
    _loader_free_at: float = 0.0

    def run(self) -> None:
        """Serve each unit of the order until nothing waits for it."""
        by_name = {unit.name: unit for unit in self.units}
        for unit in self.units:
            if unit.resident:
                self.free_at[unit.name] = unit.ready_s + (unit.call_s if unit.busy else 0.0)
                self._loader_free_at = max(self._loader_free_at, unit.ready_s)
        begun = False
        for name in self.order:
            unit = by_name[name]
            if name in self.free_at:
                start = unit.ready_s
            else:
                victims = self._victims(unit, by_name)
                start = self._replace(unit, victims)
                if not begun and not any(victim in self.starts for victim in victims):
                    self.first = Step(name, victims)
                begun = True
            self.starts[name] = start
            self.free_at[name] = start + unit.work_s

    def latest(self, now: float, margin: float) -> float:
        """Seconds by which the latest call is late; `margin` of the time that each has is kept in reserve."""
        return max((self._late(unit, now, margin) for unit in self.units if unit.name in self.starts), default=0.0)

    def late(self, now: float, margin: float) -> list[str]:
        """The units of which some call would be late."""
        return [u.name for u in self.units if u.name in self.starts and self._late(u, now, margin) > 0]

    def _late(self, unit: Unit, now: float, margin: float) -> float:
        start = now + self.starts[unit.name]
        worst = 0.0
        for place, call in enumerate(unit.waiting):
            answered = start + unit.call_s * (place // unit.places + 1)
            worst = max(worst, answered - call.due + margin * (call.due - call.since))
        return worst

    def _replace(self, unit: Unit, victims: Sequence[str]) -> float:
        """When the unit is loaded, one load at a time and after its victims have left."""
        self.loading_s += unit.load_s
        begin = max([self._loader_free_at, *(self.free_at.pop(victim) for victim in victims)])
        self._loader_free_at = begin + unit.load_s
        return self._loader_free_at

    def _victims(self, unit: Unit, by_name: dict[str, Unit]) -> tuple[str, ...]:
        """Who leaves for it: those needed farthest away (Belady), ties to the seldom asked; none too many."""
        excess = sum(by_name[name].size for name in self.free_at) + unit.size - self.room
        victims: list[str] = []
        for name in sorted(self.free_at, key=lambda name: self._needed(by_name[name])):
            if excess <= 1e-9:
                break
            victims.append(name)
            excess -= by_name[name].size
        for name in list(victims):  # a small one that left first may not have had to
            if excess + by_name[name].size <= 1e-9:
                victims.remove(name)
                excess += by_name[name].size
        return tuple(victims)

    def _needed(self, unit: Unit) -> tuple[float, ...]:
        """The smaller the sooner it may leave: not waited for, then waited for later, then served before this one."""
        if unit.name in self.starts:
            return (2.0, self.free_at[unit.name])
        if unit.name in self.order:
            return (1.0, -self.order.index(unit.name))
        return (0.0, self.free_at[unit.name], unit.traffic, unit.used)
