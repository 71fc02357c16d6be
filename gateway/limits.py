"""What one request may spend, and how a strategy that asks several goes about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Knobs:
    """How a strategy that asks several goes about it.

    recruit: whom to ask at once, at most. sure: stop where the answer is right with this chance. least_gain: what one
    more call must add to the chance that the answer is right, its price apart. rounds: of debate, layers of a mixture,
    turns of a conductor. lead: who judges, writes, conducts or plans; "" where whoever is best at it does. packs: the
    prompts by region of queries; "" where there are none.
    """

    recruit: int = 3
    sure: float = 0.99
    least_gain: float = 0.006
    rounds: int = 2
    lead: str = ""
    packs: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may spend at most, whatever happens; seconds count from the request's arrival."""

    calls: int
    cost_usd: float | None
    seconds: float
