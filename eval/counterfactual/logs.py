"""Logged choices as arrays, and a policy that is to be judged by them. Knows no database, no file and no estimator.

n decisions (rows) over m experts (columns). The action is whom to ask first; what followed (retries, further experts,
composing) belongs to its outcome, because it followed from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Logs:
    """What was done, with what chance, and what came of it.

    allowed: (n, m) bool, who could have been asked. action: (n,) the column of who was. propensity: (n,) the chance
    with which that one was drawn, in (0, 1]. explored: (n, m) the chance of every expert under the policy that logged,
    NaN where only the action's is known. reward: (n,) in [0, 1], NaN where nobody said. predicted: (n, m) the router's
    expectation of the reward, NaN where there is none. cost_usd, latency_s: (n,) of what was done. expected_usd: (n, m)
    what each was expected to cost. groups: (n,) numbers; decisions of one conversation are drawn together.
    """

    experts: tuple[str, ...]
    allowed: Array
    action: Array
    propensity: Array
    explored: Array
    reward: Array
    predicted: Array
    cost_usd: Array
    latency_s: Array
    expected_usd: Array
    groups: Array

    def __len__(self) -> int:
        return len(self.action)


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A policy to be judged: the chance of each expert on each decision, (n, m), rows that add up to 1."""

    name: str
    chances: Array
