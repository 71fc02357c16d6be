"""An evaluation from labelled pairs to rows: which gates are judged, and what each foretells. Knows no file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from eval.gate.rows import BUDGETS, COLD, GATE, Row, Trial, rows_of
from eval.metrics.auc import auc
from eval.metrics.calibration import brier, ece
from routers.base import Array
from routers.gating.beliefs import Beliefs
from routers.gating.gate import Gate
from routers.gating.labelled import Labelled
from routers.gating.learning import FOLDS, REPEATS, cross_fitted, predicted
from routers.gating.neighbours import CHANGE
from routers.gating.rarity import Rarity

FEWEST = 20
"""Questions from which the gate is learned and judged within one table."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    budgets: tuple[float, ...] = BUDGETS
    resamples: int = 2000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Of P(right) without and with documents: ECE and Brier score; and the AUC of the gain, helped against harmed."""

    ece_without: float
    ece_documented: float
    brier_without: float
    brier_documented: float
    gain_auc: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """learned: in words, what the row `gate` has learned from.

    foretold: by gate, the chance (2, n) that the answer is right, without and with documents.
    """

    rows: tuple[Row, ...]
    calibration: Mapping[str, Calibration]
    learned: str
    labelled: Labelled
    settings: Settings
    foretold: Mapping[str, Array]


def evaluate(
    labelled: Labelled, gate: Gate | None, rarity: Rarity, settings: Settings, progress: Progress
) -> Evaluation:
    """The gate that is given; else one learned from the other folds' questions, where there are enough of them."""
    progress("asking the gates")
    cold = Gate(Beliefs.cold(), rarity)
    arms = {COLD: predicted(cold, labelled)}
    groups = labelled.groups
    if gate is not None:
        learned = f"the gate {gate.version}"
        arms = {GATE: predicted(gate, labelled), **arms}
    elif groups.max() + 1 >= FEWEST:
        progress("learning the gate, fold by fold")
        learned = f"the other folds' questions ({FOLDS} folds by question, {REPEATS} times, seed {settings.seed})"
        arms = {GATE: np.array(cross_fitted(labelled, rarity, seed=settings.seed)), **arms}
    else:
        learned = f"nothing: {FEWEST} questions are needed, so it is the cold start"
        arms = {GATE: arms[COLD], **arms}
    trial = Trial(labelled.without, labelled.documented, groups)
    gains = {name: said[1] - said[0] for name, said in arms.items()}
    rows = rows_of(trial, gains, settings.budgets, settings.resamples, settings.seed)
    calibration = {name: _calibration(trial, said) for name, said in arms.items()}
    foretold = {name: np.asarray(said) for name, said in arms.items()}
    return Evaluation(rows, calibration, learned, labelled, settings, foretold)


def _calibration(trial: Trial, said: Array) -> Calibration:
    change = trial.documented - trial.without
    decisive = np.abs(change) >= CHANGE
    gain = (said[1] - said[0])[decisive]
    return Calibration(
        ece_without=ece(trial.without, said[0]),
        ece_documented=ece(trial.documented, said[1]),
        brier_without=brier(trial.without, said[0]),
        brier_documented=brier(trial.documented, said[1]),
        gain_auc=auc((change[decisive] > 0).astype(float), gain) if decisive.any() else None,
    )
