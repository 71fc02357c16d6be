"""Every policy judged by the same logs: what its answers are worth, cost and take. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eval.counterfactual.estimate import contrast, judge
from eval.counterfactual.evidence import Gain, Judged
from eval.counterfactual.judgement import Estimate, Judgement, Outcome
from eval.counterfactual.learned import learn
from eval.counterfactual.logs import Target
from eval.counterfactual.reading import Recorded
from eval.counterfactual.tally import Tally
from eval.counterfactual.targets import Chosen, yardsticks
from eval.watching import Watch

CHOSEN = 0.6
OUTCOMES: tuple[Outcome, ...] = ("reward", "cost_usd", "latency_s")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """record: what it is called. policy: that logged. changes: of the candidate. chosen: the policy as the file has it,
    then what else is asked about."""

    record: str
    policy: str
    changes: Mapping[str, Any]
    recorded: Recorded
    chosen: tuple[Chosen, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """now: the policy as the file has it. then: what was asked about, None where nothing was; gain: over `now`.

    nobody: by policy, on how many decisions it had nobody to ask, and what was done is taken.
    """

    record: str
    policy: str
    changes: Mapping[str, Any]
    tally: Tally
    now: Judged
    then: Judged | None
    gain: Gain | None
    others: tuple[Judged, ...]
    nobody: Mapping[str, int]

    def __iter__(self) -> Iterator[Judged]:
        yield self.now
        if self.then is not None:
            yield self.then
        yield from self.others


def judged(case: Case, seed: int, watch: Watch) -> Evaluation:
    """All of them, and the yardsticks: everybody alone, and somebody at random."""
    recorded, asked = case.recorded, [one.target for one in case.chosen]
    targets = [*asked, *yardsticks(recorded, asked[0])]
    more = len(asked) > 1
    rows, gains = _judged(recorded, targets, tuple(asked[:2]), seed, watch)
    return Evaluation(
        record=case.record,
        policy=case.policy,
        changes=case.changes,
        tally=recorded.tally,
        now=rows[0],
        then=rows[1] if more else None,
        gain=_gain(rows, gains) if more else None,
        others=tuple(rows[1 + more :]),
        nobody={one.target.name: one.nobody for one in case.chosen if one.nobody},
    )


def _gain(rows: list[Judged], gains: Mapping[Outcome, Estimate | None]) -> Gain:
    """Over the policy in force, or, where the logs cannot say how good that is, over what was done."""
    now, then = rows[:2]
    if now.quality.refusal is None:
        return Gain(f"policy {now.name} as it is", gains["reward"], gains["cost_usd"], then.quality.refusal)
    return Gain("what was done", then.quality.difference, then.cost.difference, then.quality.refusal)


def _judged(
    recorded: Recorded, targets: list[Target], asked: tuple[Target, ...], seed: int, watch: Watch
) -> tuple[list[Judged], Mapping[Outcome, Estimate | None]]:
    """Each target; and of each outcome the difference between the second asked about and the first, where there is."""
    found: dict[Outcome, list[Judgement]] = {}
    gains: dict[Outcome, Estimate | None] = {}
    for number, outcome in enumerate(OUTCOMES):
        done = CHOSEN + (1 - CHOSEN) * number / len(OUTCOMES)
        watch(f"learning {outcome}", done)
        learned = learn(recorded.logs, outcome, seed)
        watch(f"judging {outcome}", done + 0.5 * (1 - CHOSEN) / len(OUTCOMES))
        found[outcome] = [judge(learned, target) for target in targets]
        if len(asked) == 2:
            gains[outcome] = contrast(learned, asked[1], asked[0])
    rows = [Judged(one.name, *(found[outcome][place] for outcome in OUTCOMES)) for place, one in enumerate(targets)]
    return rows, gains
