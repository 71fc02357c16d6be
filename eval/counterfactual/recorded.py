"""Logs as they would have come of recorded outcomes: one expert drawn per question, the others' outcomes hidden.

All outcomes being known, so is what any policy is worth. Reads no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from eval.counterfactual.coverage import Judged
from eval.counterfactual.estimate import judge
from eval.counterfactual.judgement import Outcome
from eval.counterfactual.learned import learn
from eval.counterfactual.logs import Logs, Target
from eval.counterfactual.simulation import drawn
from routers.base import Array


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """n questions over m experts: scores (n, m) with NaN for who cannot be asked, spent and expected dollars (n, m),
    predicted (n, m) by a router, groups (n,) of questions that are one."""

    experts: tuple[str, ...]
    scores: Array
    spent: Array
    expected_usd: Array
    predicted: Array
    groups: Array

    def logs(self, rows: Array, stated: Array, chance: np.random.Generator, *, again: bool) -> Logs:
        """Of these questions, an expert drawn by its chance, (len(rows), m). again: rows are draws of their own."""
        at, action = np.arange(len(rows)), drawn(stated, chance)
        return Logs(
            experts=self.experts,
            allowed=~np.isnan(self.scores[rows]),
            action=action,
            propensity=stated[at, action],
            explored=stated,
            reward=self.scores[rows, action],
            predicted=self.predicted[rows],
            cost_usd=self.spent[rows, action],
            latency_s=np.full(len(rows), np.nan),
            expected_usd=self.expected_usd[rows],
            groups=at if again else self.groups[rows],
        )

    def worth(self, chances: Array, outcome: Outcome) -> float:
        """What a policy of these chances (n, m) is worth on the questions, exactly."""
        values = np.nan_to_num({"reward": self.scores, "cost_usd": self.spent}[outcome])
        return float((chances * values).sum(axis=1).mean())


@dataclass(frozen=True, slots=True, eq=False)
class Rehearsal:
    """logging: (n, m) chances of the policy that logs. targets: by name, (n, m) chances of those that are judged."""

    recording: Recording
    logging: Array
    targets: Mapping[str, Array]


def trials(
    given: Rehearsal,
    *,
    repetitions: int,
    again: bool,
    outcome: Outcome = "reward",
    seed: int = 0,
) -> Iterator[Judged]:
    """Each target judged by logs of the policy that logs, as often as `repetitions` says.

    again: questions are drawn with replacement, so that they are a sample of traffic whose truth is known: what the
    intervals promise. Without it each is asked once, and the truth is of these very questions: the intervals are wider
    than that needs, because they allow for other questions that might have come.
    """
    chance, count = np.random.default_rng(seed), len(given.logging)
    worth = {name: given.recording.worth(chances, outcome) for name, chances in given.targets.items()}
    earned = given.recording.worth(given.logging, outcome)
    for _ in range(repetitions):
        rows = chance.integers(count, size=count) if again else np.arange(count)
        learned = learn(given.recording.logs(rows, given.logging[rows], chance, again=again), outcome, seed)
        for name, chances in given.targets.items():
            yield Judged(judge(learned, Target(name, chances[rows])), worth[name], earned)
