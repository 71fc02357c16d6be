"""Abilities of experts and difficulties of questions, as an artifact's router of item response theory has them."""

from __future__ import annotations

import numpy as np

from eval.report.parts import Figure, Missing
from eval.report.plots.abilities import Abilities, Ability
from eval.routing.run import Evaluation

BARS = 24
WIDE = 1.96
"""Standard deviations to either side that hold 95 % of a normal distribution."""
TAIL = 0.005
"""Of the questions on either side, put into the outermost bars."""
NO_ARTIFACT = "no artifact was given; accuracy by difficulty, measured, stands below"
NO_IRT = "the artifact has no router of item response theory; accuracy by difficulty, measured, stands below"


def abilities(evaluation: Evaluation) -> Figure:
    found = evaluation.detail.items
    if found is None:
        why = NO_ARTIFACT if evaluation.artifact is None else NO_IRT
        return Missing(Abilities.key, Abilities.heading, why)
    low, high = np.quantile(found.difficulties, [TAIL, 1 - TAIL])
    counts, edges = np.histogram(np.clip(found.difficulties, low, high), BARS)
    columns = (evaluation.trial.experts, found.abilities, found.errors, np.nanmean(evaluation.trial.scores, axis=0))
    experts = [
        Ability(name, float(ability), (float(ability - WIDE * error), float(ability + WIDE * error)), float(accuracy))
        for name, ability, error, accuracy in zip(*columns, strict=True)
    ]
    ranked = tuple(sorted(experts, key=lambda one: -one.ability))
    return Abilities(found.router, tuple(edges.tolist()), tuple(counts.tolist()), ranked)
