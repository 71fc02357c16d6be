"""Which expert a shared device serves next, known what waits: the one with the most waiting value per second.

The queue is the known future, for routing runs ahead of it (Samba-CoE; Read-ME, section 4; Symbolic-MoE's batches by
expert). Whoever would be late that way goes before. Pure: no clock, no device.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.residency.timeline import Timeline
from gateway.residency.units import Step, Unit

KEEP = 3.0
"""What is loaded gives way, while anything waits for it, only to a value per second this many times its own."""
MARGIN = 0.1
"""Share of a call's time until it is due that is kept for what estimates get wrong."""
WORTH_IT_S = 0.05
"""An order that is better by less than this is not better."""


def value_per_second(unit: Unit, now: float) -> float:
    """Worth of all that wait, twice as much for a call that is due now, over the seconds to load and to answer it."""
    worth = sum(call.worth * (1 + (now - call.since) / max(call.due - call.since, 1e-9)) for call in unit.waiting)
    return worth / max(unit.ready_s + unit.work_s, 1e-9)


def most_value_first(units: Sequence[Unit], room: float, now: float) -> Step:
    """The order of value per second, unless somebody is late in it: then the one with the least lateness."""
    wanted = [unit for unit in units if unit.waiting]
    if not wanted:
        return Step()
    best = _timeline(units, room, _by_value(wanted, now))
    if late := best.late(now, MARGIN):
        for order in _sooner(best.order, late, _by_due(wanted)):
            other = _timeline(units, room, order)
            if _better(other, best, now):
                best = other
    return replace(best.first, starts=best.starts)


def _better(other: Timeline, best: Timeline, now: float) -> bool:
    """Nobody is late any more; or the latest is so much less late that the loads it takes are no mere to and fro."""
    lateness, least = other.latest(now, MARGIN), best.latest(now, MARGIN)
    if lateness == 0.0:
        return least > 0.0
    return least - lateness > max(0.0, other.loading_s - best.loading_s) + WORTH_IT_S


def _timeline(units: Sequence[Unit], room: float, order: tuple[str, ...]) -> Timeline:
    timeline = Timeline(units, room, order)
    timeline.run()
    return timeline


def _by_value(wanted: Sequence[Unit], now: float) -> tuple[str, ...]:
    return tuple(unit.name for unit in sorted(wanted, key=lambda unit: _rank(unit, now), reverse=True))


def _rank(unit: Unit, now: float) -> tuple[bool, float]:
    """What could be done with in the time that it would take to load it again is finished first."""
    nearly_done = unit.resident and unit.work_s <= unit.load_s
    return nearly_done, value_per_second(unit, now) * (KEEP if unit.resident else 1.0)


def _by_due(wanted: Sequence[Unit]) -> tuple[str, ...]:
    return tuple(unit.name for unit in sorted(wanted, key=lambda unit: unit.waiting[0].due))


def _sooner(order: tuple[str, ...], late: Sequence[str], by_due: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """Orders in which those who would be late come sooner."""
    for name in late:
        yield (name, *(other for other in order if other != name))
    yield by_due
