"""Selective answering: how sure one must be for the share of wrong answers to stay within a bound. Numbers only.

A threshold on confidence is chosen on rows (confidence, score) as "learn then test" does (Angelopoulos et al., arXiv
2110.01052, section 2.3): levels that do not depend on the rows are tested from the strictest down until one fails. It
promises what SGR does (Geifman & El-Yaniv, "Selective classification for deep neural networks", NeurIPS 2017): with
chance 1 - delta over the rows, the share of wrong answers among those given is at most the bound, for questions and
experts such as the rows are of. For others `each` is the promise that travels: those near the threshold keep the bound
among themselves, so that it holds in any mix as long as a confidence goes on meaning what it does.
"""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from routers.base import Array

DELTA = 0.05
WINDOW = 10
"""Hundredths of confidence that answers are held to be alike within, where each of them must keep the bound."""
STEPS = 100
"""Levels of confidence: 0.99, 0.98, ... 0."""
STARTS = (0.5, 1.0)
"""A run of tests begins where, if confidence is calibrated, an answer is wrong with this many times the bound: at
stricter levels few rows prove nothing, and where confidence is too high the plain rule alone does not do."""
BOUNDS = (*(n / 100 for n in range(1, 11)), *(n / 100 for n in range(12, 31, 2)), 0.35, 0.4, 0.45, 0.5)
"""Shares of wrong answers for which a curve knows the threshold."""
TOLD = (0.05, 0.1, 0.2, 0.3)
"""Those that people are told about."""


class Curve(BaseModel):
    """The least confidence to answer with, by the share of wrong answers that is allowed.

    proven: whether the rows prove the threshold; where not, it is the plain rule, or stricter where they speak against
    that. answered: the share of the rows that reach it. each: answers near the threshold keep the bound by themselves.
    rows, measured_on: how many there were, and of what.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    wrong: tuple[float, ...]
    threshold: tuple[float, ...]
    proven: tuple[bool, ...]
    answered: tuple[float, ...]
    each: bool
    delta: float
    rows: int
    measured_on: str = ""

    def at(self, wrong: float) -> float:
        """The threshold for this share or the next smaller one; below the smallest that is known the plain rule."""
        place = int(np.searchsorted(self.wrong, wrong + 1e-9)) - 1
        return self.threshold[place] if place >= 0 else max(plain(wrong), self.threshold[0])

    @property
    def told(self) -> str:
        """How much would be answered, for people."""
        rows = zip(self.wrong, self.answered, self.proven, strict=True)
        said = (f"{share:.0%} with {wrong:.0%} wrong{'' if sure else ' (not proven)'}" for wrong, share, sure in rows)
        return ", ".join(one for wrong, one in zip(self.wrong, said, strict=True) if wrong in TOLD)


def plain(wrong: float) -> float:
    """The threshold on a calibrated chance where no row has been seen: each answer keeps the bound, so all do."""
    return 1.0 - wrong


def curve_of(
    confidence: Array, score: Array, *, each: bool = False, delta: float = DELTA, measured_on: str = ""
) -> Curve:
    """The curve of rows: confidence (n,) and score (n,) in [0, 1], 1 right; rows without a score are left out."""
    confidence, score = _rows(confidence, score)
    thresholds, proven = [], []
    for wrong in BOUNDS:
        found = threshold(confidence, score, wrong, delta, each=each)
        thresholds.append(_unproven(confidence, score, wrong, each) if found is None else found)
        proven.append(found is not None)
    answered = [float((confidence >= level).mean()) if len(confidence) else 0.0 for level in thresholds]
    return Curve(
        wrong=BOUNDS,
        threshold=tuple(thresholds),
        proven=tuple(proven),
        answered=tuple(round(share, 4) for share in answered),
        each=each,
        delta=delta,
        rows=len(confidence),
        measured_on=measured_on,
    )


def threshold(
    confidence: Array, score: Array, wrong: float, delta: float = DELTA, *, each: bool = False
) -> float | None:
    """The lowest level that the rows prove to keep the share of wrong answers; None where they prove none.

    Fixed sequence testing with several starts: a run goes down from each while its tests reject "more are wrong" at
    delta / starts, so that any level falsely accepted has chance delta at most. Rows must be independent.
    """
    confidence, score = _rows(confidence, score)
    counts, losses = _from(confidence, score, each)
    passed = _p_values(counts, losses, wrong, bool(np.isin(score, (0, 1)).all())) <= delta / len(STARTS)
    lowest: int | None = None
    for times in STARTS:
        level = int((1 - times * wrong) * STEPS + 1e-9)
        while level >= 0 and passed[level]:
            lowest = level if lowest is None else min(lowest, level)
            level -= 1
    return None if lowest is None else lowest / STEPS


def risk_coverage(confidence: Array, score: Array) -> tuple[Array, Array]:
    """(n,) the share answered, and the share wrong among those, as the least sure are added one by one.

    Rows of equal confidence share what they lose, so their order does not matter.
    """
    confidence, score = _rows(confidence, score)
    order = np.argsort(-confidence, kind="stable")
    _, tied, sizes = np.unique(-confidence[order], return_inverse=True, return_counts=True)
    means = np.bincount(tied, weights=1 - score[order]) / sizes if len(order) else np.zeros(0)
    asked = np.arange(1, len(order) + 1)
    return asked / max(len(order), 1), np.cumsum(means[tied]) / asked


def aurc(confidence: Array, score: Array) -> float:
    """The area under the risk-coverage curve: the mean share of wrong answers over all coverages."""
    return float(risk_coverage(confidence, score)[1].mean())


def e_aurc(confidence: Array, score: Array) -> float:
    """What the area has too much, compared with a confidence that puts every right answer before every wrong one
    (Geifman, Uziel & El-Yaniv, "Bias-reduced uncertainty estimation", ICLR 2019)."""
    return aurc(confidence, score) - aurc(score, score)


def _rows(confidence: Array, score: Array) -> tuple[Array, Array]:
    known = ~(np.isnan(confidence) | np.isnan(score))
    return np.asarray(confidence, dtype=np.float64)[known], np.asarray(score, dtype=np.float64)[known]


def _from(confidence: Array, score: Array, each: bool) -> tuple[Array, Array]:
    """(STEPS,) by hundredth of confidence: how many rows reach it, and what they lose; `each`: only the nearest."""
    levels = np.clip(np.floor(confidence * STEPS + 1e-9).astype(int), 0, STEPS - 1)
    counts = np.bincount(levels, minlength=STEPS)
    losses = np.bincount(levels, weights=1 - score, minlength=STEPS)
    width = WINDOW if each else STEPS
    return _sums(counts, width), _sums(losses, width)


def _sums(values: Array, width: int) -> Array:
    """(STEPS,) of so many values from each place on."""
    until = np.concatenate(([0], values.cumsum()))
    ends = np.minimum(np.arange(STEPS) + width, STEPS)
    found: Array = until[ends] - until[:-1]
    return found


def _p_values(counts: Array, losses: Array, wrong: float, whole: bool) -> Array:
    """(STEPS,) of the hypothesis that more than the share `wrong` is lost at a level.

    The binomial tail where answers are right or wrong; the Hoeffding-Bentkus bound (Bates et al., arXiv 2101.02703,
    section 3.1) where scores lie between.
    """
    from scipy.stats import binom

    some = np.maximum(counts, 1)
    if whole:
        found = binom.cdf(np.rint(losses), some, wrong)
    else:
        mean = np.minimum(losses / some, wrong)
        kl = _entropy(mean, wrong) + _entropy(1 - mean, 1 - wrong)
        found = np.minimum(np.exp(-some * kl), np.e * binom.cdf(np.ceil(losses - 1e-9), some, wrong))
    return np.where(counts > 0, found, 1.0)


def _entropy(share: Array, of: float) -> Array:
    """a log(a / b), 0 where a is."""
    return share * np.log(np.maximum(share, 1e-300) / of)


def _unproven(confidence: Array, score: Array, wrong: float, each: bool) -> float:
    """From the plain rule up, the first level at which no more than the share was wrong in these rows; 1 at last."""
    counts, losses = _from(confidence, score, each)
    kept = losses <= wrong * counts + 1e-9
    first = int(np.ceil(plain(wrong) * STEPS - 1e-9))
    found = next((level for level in range(first, STEPS) if kept[level]), None)
    return 1.0 if found is None else max(plain(wrong), found / STEPS)
