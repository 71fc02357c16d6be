"""How hard a question is, told by who got it wrong, and how each expert fares as questions get harder."""

from __future__ import annotations

import warnings

import numpy as np

from eval.report.parts import Figure, Missing
from eval.report.plots.difficulty import Difficulty, Faring
from eval.routing.data import Trial
from routers.base import Array

BANDS = 10
FEWEST = 2
"""Experts without whom nothing says how hard a question is."""


def difficulty(trial: Trial) -> Figure:
    """Of each question to each expert: the share of the others that is wrong, so that nobody judges himself."""
    if len(trial.experts) < FEWEST:
        return Missing(Difficulty.key, Difficulty.heading, "one expert alone does not say how hard a question is")
    hard = hardness_to_others(trial)
    edges = band_edges(hard[~np.isnan(hard)])
    places = band_of(hard, edges)
    experts = [_faring(trial, m, places[:, m], len(edges)) for m in range(len(trial.experts))]
    return Difficulty(tuple(edges.tolist()), tuple(sorted(experts, key=lambda one: -one.accuracy)))


def hardness(trial: Trial) -> Array:
    """(n,) the mean shortfall of the experts' scores: the share that is wrong."""
    found: Array = 1 - np.nanmean(trial.scores, axis=1)
    return found


def hardness_to_others(trial: Trial) -> Array:
    """(n, m) the same over the other experts, NaN where an expert or all others were not measured."""
    wrong = np.where(trial.measured, 1 - trial.scores, 0.0)
    others = trial.measured.sum(axis=1, keepdims=True) - trial.measured
    told = (others > 0) & trial.measured
    shares = (wrong.sum(axis=1, keepdims=True) - wrong) / np.maximum(others, 1)
    found: Array = np.where(told, np.round(shares, 9), np.nan)
    return found


def band_edges(hard: Array, bands: int = BANDS) -> Array:
    """The upper edges of up to so many bands of about equal mass; equal values always share a band."""
    edges: Array = np.unique(np.quantile(hard, np.arange(1, bands + 1) / bands, method="inverted_cdf"))
    return edges


def band_of(hard: Array, edges: Array) -> Array:
    """Which band each is in; NaN is in none, which is one more."""
    places: Array = np.searchsorted(edges, hard, side="left")
    return places


def _faring(trial: Trial, m: int, places: Array, bands: int) -> Faring:
    scores = trial.scores[:, m]
    cells = [scores[places == band] for band in range(bands)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy warns of a mean of nothing, which is what NaN says
        accuracy = float(np.nanmean(scores))
    means = tuple(float(cell.mean()) if len(cell) else None for cell in cells)
    return Faring(trial.experts[m], accuracy, means, tuple(len(cell) for cell in cells))
