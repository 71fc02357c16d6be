"""The lines of one window, planned, in the order in which they are sent: an expert's lines together.

This is the seam for whoever knows better how a window should be shared out among experts: an `Arrange` may put other
experts first in the plans (`Decided.plan.experts`) as well as order the groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.batches.lines import Line
from gateway.types import Decided, Query


@dataclass(frozen=True, slots=True)
class Request:
    """One line that can be asked."""

    line: Line
    query: Query


@dataclass(frozen=True, slots=True)
class Planned:
    """One request with its plan; the first expert of the plan is asked first."""

    request: Request
    decided: Decided

    @property
    def expert(self) -> str:
        return self.decided.plan.experts[0]


@dataclass(frozen=True, slots=True)
class Group:
    """What one expert is sent together, in the order of the input."""

    expert: str
    planned: tuple[Planned, ...]


Arrange = Callable[[Sequence[Planned], float | None], Sequence[Group]]
"""(window, dollars that it may cost, None: no limit) -> groups, in the order in which they are sent."""


def by_expert(window: Sequence[Planned], budget_usd: float | None = None) -> list[Group]:
    """As planned, whatever it costs. The longest queue goes first, since it will take longest."""
    queues: dict[str, list[Planned]] = {}
    for planned in window:
        queues.setdefault(planned.expert, []).append(planned)
    longest_first = sorted(queues.items(), key=lambda item: -len(item[1]))
    return [Group(expert, tuple(queue)) for expert, queue in longest_first]
