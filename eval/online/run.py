"""Every scenario walked from many seeds: another order, another share of answers judged, other lots. Reads no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.online.scenarios import Scenario, scenarios
from eval.online.stream import Stream, Terms, Walk, plain, walk
from eval.watching import Watch, unwatched
from routers.base import Array

SURE = 1.645


@dataclass(frozen=True, slots=True)
class Mean:
    """Over seeds: the mean and its 95 % interval by Student's t; without one where there is one seed."""

    value: float
    interval: tuple[float, float] | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        from scipy.stats import t

        mean = float(np.mean(values))
        if len(values) < 2:
            return cls(mean, None)
        reach = float(t.ppf(0.975, len(values) - 1)) * float(np.std(values, ddof=1)) / len(values) ** 0.5
        return cls(mean, (mean - reach, mean + reach))


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario; figures of the whole stream unless they say otherwise. Scores are less price where price counts.

    bound: what the best single expert is surely worth, 1.645 standard errors below its mean. above_bound: learning less
    that. exploring: what the answers of explored queries were worth less than those that were passed over, per query.
    """

    name: str
    figures: Mapping[str, Mean]

    def __getitem__(self, name: str) -> Mean:
        return self.figures[name]


FIGURES = (
    "router", "best_single", "learning", "gain", "gain_late", "above_bound", "explored", "exploring", "regions",
    "trust",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """terms: what was played. questions, experts: of the stream."""

    rows: tuple[Row, ...]
    terms: Terms
    seeds: int
    questions: int
    experts: tuple[str, ...]
    router: str


def evaluate(stream: Stream, terms: Terms, seeds: int, router: str, watch: Watch = unwatched) -> Evaluation:
    """All scenarios."""
    found: dict[str, list[Mapping[str, float]]] = {}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        shuffled = stream.part(rng.permutation(len(stream)))
        for k, scenario in enumerate(scenarios(shuffled, rng)):
            watch(f"seed {seed}: {scenario.name}", (seed + k / 5) / seeds)
            found.setdefault(scenario.name, []).append(_figures(scenario, walk(scenario.stream, terms, seed)))
    rows = tuple(
        Row(name, {figure: Mean.of([one[figure] for one in all_]) for figure in FIGURES})
        for name, all_ in found.items()
    )
    return Evaluation(rows, terms, seeds, len(stream), stream.experts, router)


def _figures(scenario: Scenario, walked: Walk) -> dict[str, float]:
    stream = scenario.stream
    rows, value = np.arange(len(stream)), stream.scores - stream.price
    alone, learning, front = (value[rows, places] for places in (plain(stream), walked.chosen, walked.front))
    single, bound = _best_single(value)
    late = slice(len(stream) // 2, None)
    return {
        "router": float(alone.mean()),
        "best_single": single,
        "learning": float(learning.mean()),
        "gain": float((learning - alone).mean()),
        "gain_late": float((learning - alone)[late].mean()),
        "above_bound": float(learning.mean()) - bound,
        "explored": float(walked.explored.mean()),
        "exploring": float((front - learning).mean()),
        "regions": float(walked.learned.regions),
        "trust": 1.0 if walked.learned.trust is None else walked.learned.trust.slope,
    }


def _best_single(value: Array) -> tuple[float, float]:
    """The mean of whoever is best in hindsight, and 1.645 standard errors below it."""
    means = np.nanmean(value, axis=0)
    best = int(means.argmax())
    error = float(np.nanstd(value[:, best])) / float(np.sum(~np.isnan(value[:, best]))) ** 0.5
    return float(means[best]), float(means[best]) - SURE * error
