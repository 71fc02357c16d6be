"""Simulated cases of every kind: a world, the policy that logs in it, and the policy that is judged by the logs.

The truth is a policy's value over all of the world's traffic, worked out on queries that the logs do not hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eval.counterfactual.coverage import Judged
from eval.counterfactual.estimate import estimate
from eval.counterfactual.judgement import Outcome
from eval.counterfactual.logs import Target
from eval.counterfactual.simulation import Nature, Traffic, World, blended, greedy, soft
from routers.base import Array

TRUTH = 100_000
"""Queries on which a policy's true value is worked out."""
Policy = Callable[[Traffic], Array]

LOGGING: Mapping[str, Policy] = {
    "epsilon 0.05": lambda traffic: blended(greedy(traffic, 0.1), 0.05),
    "epsilon 0.1": lambda traffic: blended(greedy(traffic, 0.1), 0.1),
    "epsilon 0.3": lambda traffic: blended(greedy(traffic, 0.1), 0.3),
    "soft": lambda traffic: soft(traffic, 0.1, 0.2),
    "uniform": lambda traffic: blended(greedy(traffic, 0.1), 1.0),
}
TARGETS: Mapping[str, Policy] = {
    "thriftier": lambda traffic: greedy(traffic, 0.3),
    "spendthrift": lambda traffic: greedy(traffic, 0.0),
    "softer": lambda traffic: soft(traffic, 0.0, 0.3),
    "one alone": lambda traffic: np.eye(traffic.usd.shape[1])[np.zeros(len(traffic.usd), dtype=int)],
    "half at random": lambda traffic: blended(greedy(traffic, 0.0), 0.5),
}


@dataclass(frozen=True, slots=True)
class Case:
    """`logging` and `target` are names of the policies above; `decisions` is the length of the logs."""

    nature: Nature
    seed: int
    decisions: int
    logging: str
    target: str
    outcome: Outcome = "reward"


def any_case(chance: np.random.Generator, outcome: Outcome = "reward", decisions: int | None = None) -> Case:
    """One of any kind."""
    nature = Nature(
        experts=int(chance.choice([3, 5, 8])),
        router=chance.choice(["honest", "biased", "silent"]),
        graded=bool(chance.random() < 0.5),
        talk=int(chance.choice([1, 1, 4])),
        hearing=float(chance.choice([1.0, 1.0, 0.4])),
    )
    length = int(chance.choice([200, 400, 1000, 3000]))
    logging, target = (str(chance.choice(list(named))) for named in (LOGGING, TARGETS))
    return Case(nature, int(chance.integers(2**31)), decisions or length, logging, target, outcome)


def played(case: Case, truth: int = TRUTH) -> Judged:
    """What the logs of a case say, and what is true."""
    world, chance = World(case.nature, case.seed), np.random.default_rng([case.seed, 1])
    logging, target = LOGGING[case.logging], TARGETS[case.target]
    traffic = world.traffic(case.decisions, chance)
    logs = world.logs(traffic, logging(traffic), chance)
    found = estimate(logs, Target(case.target, target(traffic)), outcome=case.outcome, seed=case.seed)
    whole = world.traffic(truth, chance)
    worth = {"reward": whole.quality, "cost_usd": whole.usd, "latency_s": whole.seconds}[case.outcome]
    return Judged(found, _mean(target(whole) * worth), _mean(logging(whole) * worth))


def simulated(
    count: int, seed: int, outcome: Outcome = "reward", *, decisions: int | None = None, truth: int = TRUTH
) -> Iterator[Judged]:
    """As many cases, refused ones among them."""
    chance = np.random.default_rng(seed)
    for _ in range(count):
        yield played(any_case(chance, outcome, decisions), truth)


def _mean(worth: Array) -> float:
    return float(worth.sum(axis=1).mean())
