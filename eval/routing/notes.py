"""What a reader of the report must know beside its tables, in sentences. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from eval.routing.crossfit import FOLDS
from eval.routing.folded import FITTED, enough
from eval.routing.power import Power, power_of
from eval.routing.run import Evaluation
from eval.routing.sheets import STAR

FEW = 50
"""Groups of questions below which resamples say too little of what other questions would show."""


def notes(evaluation: Evaluation) -> Iterator[str]:
    """What was fitted on the questions themselves, how small a difference they show, and what was read before."""
    fitted = [row.name.removesuffix(FITTED) for row in evaluation.rows if _fitted_here(row.name, row.thrift)]
    if fitted:
        by = f"{FOLDS} folds of the groups, each question foretold by the other folds"
        yield f"{STAR.strip()} Cross-fitted on these questions ({by}): {', '.join(fitted)}."
    groups = len(np.unique(evaluation.trial.table.groups))
    if groups < FEW:
        yield f"{groups} different questions show little: intervals from so few are too narrow. Have at least {FEW}."
    power = power_of(evaluation.rows)
    if power is not None and enough(evaluation.trial):
        yield _said(power)
    if evaluation.encodings:
        yield f"{evaluation.encodings}."


def notes_json(evaluation: Evaluation) -> dict[str, Any]:
    """The same for a program."""
    power = power_of(evaluation.rows)
    return {
        "crossfitted": [row.name for row in evaluation.rows if _fitted_here(row.name, row.thrift)],
        "power": None if power is None else asdict(power),
    }


def _fitted_here(name: str, thrift: float | None) -> bool:
    return thrift is None and name.endswith(FITTED)


def _said(power: Power) -> str:
    difference = f"a difference of {power.visible:.3f} from the best single expert"
    shown = f"{power.n:,} questions show {difference} four times in five"
    if power.visible <= power.wanted:
        return f"{shown}."
    return f"{shown}; to see {power.wanted:.3f} as surely, about {power.needed:,} like these are needed."
