"""The words of residency: what waits, what could be loaded, and what to do next. All frozen; knows no device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Waiting:
    """One call in the queue, in monotonic seconds: since when it waits, and by when it must be answered."""

    since: float
    due: float
    worth: float = 1.0
    """What an answer is worth, against those to others."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One set of weights, however many experts answer with it."""

    name: str
    size: float
    """In the measure of the room: gigabytes, or 1 where the room counts models."""
    load_s: float
    """Seconds that loading it takes."""
    ready_s: float
    """Seconds until it could answer: none where it is loaded, what is left of the load where it is being loaded."""
    call_s: float
    """Seconds that one call takes."""
    places: int
    """Calls that it answers at once."""
    waiting: tuple[Waiting, ...]
    """Those due first come first."""
    busy: int
    """Calls in work."""
    traffic: float
    """How often it has been asked of late, in any measure."""
    used: float
    """When it was last asked, in monotonic seconds."""
    resident: bool
    """It takes room: loaded, or being loaded."""

    @property
    def work_s(self) -> float:
        """Seconds to answer all that wait for it, once it is loaded."""
        return self.call_s * -(-len(self.waiting) // self.places)


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next: take in no more calls for `evict`, unload them when they are idle, and then load `load`."""

    load: str | None = None
    evict: tuple[str, ...] = ()
    starts: Mapping[str, float] | None = None
    """By unit that is waited for: in how many seconds it is expected to answer its first call."""
    until: Mapping[str, float] | None = None
    """By unit: only calls that wait since then may begin. None: any may, wherever it is loaded."""


class Policy(Protocol):
    """Decides over one group. Pure: the same units at the same time give the same step."""

    def __call__(self, units: Sequence[Unit], room: float, now: float) -> Step:
        """The next step; every unit is at most as large as the room."""
