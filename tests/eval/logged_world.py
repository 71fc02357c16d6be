"""Logs that can be worked out by hand, and logs of simulated worlds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eval.counterfactual.logs import Logs, Target
from eval.counterfactual.simulation import Nature, Traffic, World, blended, greedy
from routers.base import Array

NAN = float("nan")


def by_hand(action: list[int], reward: list[float], propensity: float | list[float], experts: int = 2) -> Logs:
    """One decision a conversation, nothing predicted, only the action's chance known."""
    n = len(action)
    unknown = np.full((n, experts), NAN)
    return Logs(
        experts=tuple("abcdefgh"[:experts]),
        allowed=np.ones((n, experts), dtype=bool),
        action=np.array(action),
        propensity=np.broadcast_to(np.asarray(propensity, dtype=float), n),
        explored=unknown,
        reward=np.array(reward),
        predicted=unknown,
        cost_usd=np.full(n, NAN),
        latency_s=np.full(n, NAN),
        expected_usd=unknown,
        groups=np.arange(n),
    )


def always(logs: Logs, expert: int) -> Target:
    """The policy that asks this one, whatever comes."""
    return Target(f"always {logs.experts[expert]}", np.eye(len(logs.experts))[np.full(len(logs), expert)])


def world_of(nature: Nature, n: int, epsilon: float, seed: int = 0) -> tuple[World, Traffic, Logs]:
    """A world, its traffic, and logs of a greedy policy blended with random draws."""
    world, chance = World(nature, seed), np.random.default_rng([seed, 1])
    traffic = world.traffic(n, chance)
    return world, traffic, world.logs(traffic, blended(greedy(traffic, 0.1), epsilon), chance)


def rows_of(logs: Logs, rows: Array) -> Logs:
    """The logs with these rows alone, in this order."""
    columns = {name: getattr(logs, name)[rows] for name in Logs.__dataclass_fields__ if name != "experts"}
    return replace(logs, **columns)
