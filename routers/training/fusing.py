"""Fitting the fuser of a suite: from what its experts answered, where the table of outcomes says so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from routers.base import Array
from routers.fusion.cases import Cases
from routers.fusion.fuser import RIGHT, Fuser
from routers.fusion.view import FuserView

FEWEST = 300
"""Training questions with several answers, below which an expert's company teaches nothing that lasts."""
LEAST_GAIN = 0.005
"""What one more call must add, where the manifest says how far asking one after another gets."""
PANELS = (3, 5)


def train_fuser(answers: Cases, chances: Array, scores: Array, experts: tuple[str, ...], seed: int) -> Fuser | None:
    """The fuser of these questions; None where too few of them have several answers.

    chances: (n, m) of a router that has not seen them. scores: (n, m), NaN where missing.
    """
    cases = replace(answers, chance=np.where(answers.asked, chances, np.nan))
    several = cases.voiced.sum(axis=1) > 1
    if several.sum() < FEWEST:
        return None
    return Fuser(seed=seed).fit(cases.rows(several), scores[several], experts)


def scores_of_fuser(view: FuserView, answers: Cases, chances: Array, scores: Array) -> dict[str, float]:
    """How often the answer given is right: of the few best by chance together, and asking one after another."""
    cases = replace(answers, chance=np.where(answers.asked, chances, np.nan))
    kept = cases.voiced.sum(axis=1) > 1
    cases, right = cases.rows(kept), np.nan_to_num(scores[kept]) >= RIGHT
    if not kept.any():
        return {}
    ranks = (-np.where(cases.able, cases.chance, -np.inf)).argsort(axis=1).argsort(axis=1)
    found = {
        f"fuser_{k}_best_accuracy": float(_hits(view, cases, ranks < k, right).mean())
        for k in PANELS
        if k <= cases.said.shape[1]
    }
    asked = in_turn(view, cases, LEAST_GAIN)
    found["fuser_in_turn_accuracy"] = float(_hits(view, cases, asked, right).mean())
    found["fuser_in_turn_calls"] = float(asked.sum(axis=1).mean())
    return {name: round(number, 4) for name, number in found.items()}


def in_turn(view: FuserView, cases: Cases, least: float) -> Array:
    """(n, m) bool: who is asked, one after another, while a call is expected to gain more than `least`."""
    n, m = cases.said.shape
    asked = np.zeros((n, m), dtype=bool)
    for _ in range(m):
        gains = view.foretell(cases.hearing(cases.said, asked))
        more = gains.max(axis=1) > least
        if not more.any():
            break
        asked[more, gains.argmax(axis=1)[more]] = True
    return asked


def _hits(view: FuserView, cases: Cases, asked: Array, right: Array) -> Array:
    """(n,) bool: whether the likeliest answer of those who were asked is right."""
    chances = view.weigh(cases.hearing(cases.said, asked & cases.able))[:, :-1]
    best = chances.argmax(axis=1)
    hit: Array = (right & (cases.said == best[:, None])).any(axis=1)
    return hit
