"""First come, first served, and the least recently used leaves: what a scheduler that knows no future does.

The yardstick for `schedule.py`, and a choice for devices where order counts more than speed.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.residency.units import Step, Unit


def first_come_first_served(units: Sequence[Unit], room: float, now: float) -> Step:
    """Only the calls at the head of the queue that go to one and the same unit may begin."""
    queue = sorted((call.since, unit.name) for unit in units for call in unit.waiting)
    if not queue:
        return Step(until={})
    by_name = {unit.name: unit for unit in units}
    head = by_name[queue[0][1]]
    if head.resident:
        return Step(until={head.name: _until(queue)})
    return Step(head.name, _least_recently_used(head, units, room), until={})


def _until(queue: Sequence[tuple[float, str]]) -> float:
    """When the last of those at the head came that go to the same unit."""
    last = queue[0][0]
    for since, name in queue:
        if name != queue[0][1]:
            break
        last = since
    return last


def _least_recently_used(unit: Unit, units: Sequence[Unit], room: float) -> tuple[str, ...]:
    residents = sorted((other for other in units if other.resident), key=lambda other: other.used)
    excess = sum(other.size for other in residents) + unit.size - room
    victims = []
    for other in residents:
        if excess <= 1e-9:
            break
        victims.append(other.name)
        excess -= other.size
    return tuple(victims)
