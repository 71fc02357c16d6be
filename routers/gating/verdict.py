"""What learning brought: the gate fitted fold by fold against the cold start, on the same questions. Knows no file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from routers.base import Array
from routers.gating.beliefs import Beliefs
from routers.gating.gate import Gate
from routers.gating.labelled import Labelled
from routers.gating.learning import cross_fitted, predicted
from routers.gating.model import HOLDS, KNOWS, LEARNS, SPOILED
from routers.gating.priors import LEVEL
from routers.gating.rarity import Rarity

SURE = 0.05
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Arm:
    """One gate's figures: score of what it would have done, share looked up, Brier scores of both chances."""

    score: float
    looked_up: float
    brier_without: float
    brier_documented: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """never, always: mean scores. difference: of the learned gate's Brier scores to the cold start's, both chances
    added, negative where learning helped; p: that it is none, from resampled questions."""

    pairs: int
    helped: int
    harmed: int
    never: float
    always: float
    cold: Arm
    learned: Arm
    difference: float
    p: float

    @property
    def metrics(self) -> dict[str, float]:
        """For a manifest."""
        return {
            "never": self.never,
            "always": self.always,
            "cold_score": self.cold.score,
            "learned_score": self.learned.score,
            "brier_without": self.learned.brier_without,
            "brier_documented": self.learned.brier_documented,
            "brier_difference": self.difference,
            "brier_p": self.p,
        }


def judged(labelled: Labelled, rarity: Rarity, seed: int = 0) -> Verdict:
    """The learned gate has seen none of the questions it is judged on."""
    without, documented = labelled.without, labelled.documented
    cold = predicted(Gate(Beliefs.cold(), rarity), labelled)
    learned = np.array(cross_fitted(labelled, rarity, seed=seed))
    errors = _errors(learned, without, documented) - _errors(cold, without, documented)
    change = documented - without
    return Verdict(
        pairs=len(change),
        helped=int((change > 0).sum()),
        harmed=int((change < 0).sum()),
        never=float(without.mean()),
        always=float(documented.mean()),
        cold=_arm(cold, without, documented),
        learned=_arm(learned, without, documented),
        difference=float(errors.mean()),
        p=_p(errors, labelled.groups, seed),
    )


def lines(verdict: Verdict, gate: Gate) -> Iterator[str]:
    """In words."""
    same = verdict.pairs - verdict.helped - verdict.harmed
    yield (
        f"{verdict.pairs} pairs: documents helped {verdict.helped}, harmed {verdict.harmed}, changed nothing for "
        f"{same}. Right without {verdict.never:.1%}, with {verdict.always:.1%}."
    )
    yield from _experts(gate)
    for name, arm in (("cold start", verdict.cold), ("learned", verdict.learned)):
        yield (
            f"{name}: looks up {arm.looked_up:.0%}, right {arm.score:.1%}; "
            f"Brier {arm.brier_without:.3f} without, {arm.brier_documented:.3f} with documents."
        )
    yield _said(verdict)


def _experts(gate: Gate) -> Iterator[str]:
    beliefs = gate.beliefs
    reading = beliefs.weights_[KNOWS + HOLDS :]
    for name, own in zip(beliefs.experts_, beliefs.own_, strict=False):
        learns, spoiled = expit(reading[0] + own[LEARNS]), expit(reading[2] + own[SPOILED])
        yield (
            f"{name or 'the expert'}: of what it does not know it learns {learns:.0%} where the documents hold it, and "
            f"loses {spoiled:.0%} of what it knows where they do not (level {own[LEVEL]:+.2f})."
        )


def _said(verdict: Verdict) -> str:
    how = f"{verdict.difference:+.4f} (p = {verdict.p:.3f})"
    if verdict.p >= SURE:
        return f"On questions it has not seen, both Brier scores together differ by {how}: within noise."
    turned = "better" if verdict.difference < 0 else "worse"
    return f"On questions it has not seen, learning made the chances {turned}: {how}."


def _errors(said: Array, without: Array, documented: Array) -> Array:
    squares: Array = (said[0] - without) ** 2 + (said[1] - documented) ** 2
    return squares


def _arm(said: Array, without: Array, documented: Array) -> Arm:
    look = said[1] > said[0]
    errors = ((said[0] - without) ** 2).mean(), ((said[1] - documented) ** 2).mean()
    return Arm(float(np.where(look, documented, without).mean()), float(look.mean()), *map(float, errors))


def _p(errors: Array, groups: Array, seed: int) -> float:
    """Two-sided, from questions drawn with replacement, as `coterie eval` does it."""
    sums, counts = np.bincount(groups, errors), np.bincount(groups)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    beyond = min(int((means <= 0).sum()), int((means >= 0).sum()))
    return min(1.0, 2 * (beyond + 1) / (RESAMPLES + 1))
