"""A device in which time is arithmetic: a policy decides, loads take what they take, and calls are answered in turn."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.residency.units import Policy, Unit, Waiting


@dataclass(frozen=True)
class Model:
    size: float = 1.0
    load_s: float = 1.0
    call_s: float = 0.1
    places: int = 4


@dataclass
class Simulation:
    """Serve arrivals (time, model) to the end. Every query is due `deadline_s` after it came."""

    policy: Policy
    models: Mapping[str, Model]
    room: float
    deadline_s: float = 60.0
    now: float = 0.0
    loads: list[str] = field(default_factory=list)
    answered: list[tuple[float, float]] = field(default_factory=list)
    """(came, answered)"""
    resident: set[str] = field(default_factory=set)
    _waiting: dict[str, list[float]] = field(default_factory=dict)
    _busy: dict[str, int] = field(default_factory=dict)
    _used: dict[str, float] = field(default_factory=dict)
    _loading: tuple[str, float] | None = None
    _events: list[tuple[float, int, str, float]] = field(default_factory=list)

    def run(self, arrivals: Sequence[tuple[float, str]]) -> None:
        for name in self.models:
            self._waiting[name], self._busy[name], self._used[name] = [], 0, -1.0
        for number, (at, name) in enumerate(arrivals):
            heapq.heappush(self._events, (at, number, f"came {name}", at))
        steps = 0
        while self._events:
            at, _, what, since = heapq.heappop(self._events)
            self.now = at
            kind, name = what.split()
            self._take(kind, name, since)
            if not (self._events and self._events[0][0] <= at):
                self._decide()
            steps += 1
            assert steps < 100_000, "it never comes to an end"

    @property
    def late(self) -> int:
        return sum(answered - came > self.deadline_s + 1e-6 for came, answered in self.answered)

    def _take(self, kind: str, name: str, since: float) -> None:
        if kind == "came":
            self._waiting[name].append(since)
        elif kind == "done":
            self._busy[name] -= 1
            self.answered.append((since, self.now))
        elif kind == "loaded":
            self._loading = None
            self.resident.add(name)

    def _decide(self) -> None:
        units = [self._unit(name) for name in self.models]
        step = self.policy(units, self.room, self.now)
        assert step.load not in self.resident
        if step.load is not None and self._loading is None and not any(self._busy[name] for name in step.evict):
            assert set(step.evict) <= self.resident
            self.resident -= set(step.evict)
            self._loading = (step.load, self.now)
            self.loads.append(step.load)
            self._later(self.models[step.load].load_s, "loaded", step.load, 0.0)
            taken = sum(self.models[name].size for name in self.resident | {step.load})
            assert taken <= self.room + 1e-6, "more is loaded than there is room"
        for name in sorted(self.resident - set(step.evict)):
            self._start(name, None if step.until is None else step.until.get(name, float("-inf")))
        if any(self._waiting.values()) and not self._events:
            self._later(0.5, "look", name="-", since=0.0)

    def _start(self, name: str, until: float | None) -> None:
        waiting = self._waiting[name]
        while waiting and self._busy[name] < self.models[name].places and (until is None or waiting[0] <= until):
            self._busy[name] += 1
            self._used[name] = self.now
            self._later(self.models[name].call_s, "done", name, waiting.pop(0))

    def _later(self, seconds: float, kind: str, name: str, since: float) -> None:
        heapq.heappush(self._events, (self.now + seconds, 1_000_000 + len(self.answered), f"{kind} {name}", since))

    def _unit(self, name: str) -> Unit:
        model = self.models[name]
        loading = self._loading is not None and self._loading[0] == name
        left_s = self._loading[1] + model.load_s - self.now if loading and self._loading else model.load_s
        return Unit(
            name=name,
            size=model.size,
            load_s=model.load_s,
            ready_s=0.0 if name in self.resident else max(0.0, left_s),
            call_s=model.call_s,
            places=model.places,
            waiting=tuple(Waiting(since, since + self.deadline_s) for since in self._waiting[name]),
            busy=self._busy[name],
            traffic=0.0,
            used=self._used[name],
            resident=loading or name in self.resident,
        )
