"""What Coterie set itself: ratios of figures, and whether each is reached. Knows not how figures are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval.bench.contestants import AUTO, LITELLM, NAMED, PROXY, UPSTREAM
from eval.bench.rounds import Figures

Unit = Literal["fraction", "times", "ms", "MB"]


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound on a value; None was not measured. Ratios are to be at least the bound, amounts below it."""

    name: str
    value: float | None
    bound: float
    unit: Unit

    @property
    def at_least(self) -> bool:
        return self.unit in ("fraction", "times")

    @property
    def reached(self) -> bool | None:
        """None where it was not measured."""
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value < self.bound


def goals(figures: Mapping[str, Figures]) -> tuple[Goal, ...]:
    """Every goal, in the order in which it is told."""
    upstream, proxy, litellm = figures.get(UPSTREAM), figures.get(PROXY), figures.get(LITELLM)
    named, auto = figures.get(NAMED), figures.get(AUTO)
    return (
        Goal("throughput, named expert / nginx proxy", _ratio(named, proxy), 1 / 8, "fraction"),
        Goal("throughput, named expert / LiteLLM", _ratio(named, litellm), 50, "times"),
        Goal("throughput, auto / named expert", _ratio(auto, named), 1 / 2, "fraction"),
        Goal("added latency (p50), named expert", _added(named, upstream), 1, "ms"),
        Goal("added latency (p50), auto", _added(auto, upstream), 2, "ms"),
        Goal("resident memory after the load", named.memory_mb if named else None, 350, "MB"),
    )


def _ratio(one: Figures | None, other: Figures | None) -> float | None:
    return one.requests_per_s / other.requests_per_s if one and other else None


def _added(one: Figures | None, upstream: Figures | None) -> float | None:
    """Milliseconds at one connection."""
    return one.p50_one_ms - upstream.p50_one_ms if one and upstream else None
