"""What is known of one more call, as rows: what its gain is foretold from."""

from __future__ import annotations

import numpy as np

from routers.base import Array
from routers.fusion.belief import Belief
from routers.fusion.cases import Cases

GENERAL = 23
BLOCKS = 4
"""Columns of each expert: would be asked, and its log odds; gave the answer now held best; gave another one."""
LEAST = -3.0
"""Log odds of an expert who is not there."""


def calls(cases: Cases, logits: Array, chances: Array, belief: Belief, known: Array, at: Array, whom: Array) -> Array:
    """(R, GENERAL + BLOCKS·m): for each R, asking the expert `whom` in the case `at`.

    chances: (n, K + 1) of the answers, and last of none of them. known: (n, m) bool, as for candidates.
    """
    general, ours, theirs = _general(cases, logits, chances)
    plain = cases.logits
    free = np.where(cases.able & ~cases.asked, plain, LEAST)
    rank = (-free).argsort(axis=1).argsort(axis=1)
    odds = plain[at, whom]
    of_call = [odds, 1 / (1 + np.exp(-odds)), odds - free.max(axis=1)[at], belief.gains()[at, whom], rank[at, whom] / 3]
    would = (np.arange(plain.shape[1]) == whom[:, None]) & known[at]
    return np.concatenate(
        [
            general[at],
            np.column_stack(of_call),
            would,
            would * odds[:, None],
            (ours & known)[at],
            (theirs & known)[at],
        ],
        axis=1,
    )


def _general(cases: Cases, logits: Array, chances: Array) -> tuple[Array, Array, Array]:
    """What holds whoever is asked; and (n, m) who gave the answer now held best, and who another one."""
    n, m = cases.said.shape
    answers = np.concatenate([chances[:, :-1], np.zeros((n, 3))], axis=1)
    best = answers.argmax(axis=1)
    order = -np.sort(-answers, axis=1)
    top = order[:, 0]
    ours = (cases.said == best[:, None]) & (top > 0)[:, None]
    theirs = cases.voiced & ~ours
    plain = cases.logits
    free = np.where(cases.able & ~cases.asked, plain, LEAST)
    left = -np.sort(-np.concatenate([free, np.full((n, 3), LEAST)], axis=1), axis=1)
    asked, voiced, able = cases.asked.sum(axis=1), cases.voiced.sum(axis=1), cases.able
    found = np.column_stack(
        [
            order[:, :3],
            chances[:, -1],
            np.log(top + 0.02),
            top * (1 - top),
            voiced / 4,
            asked / 4,
            asked - voiced,
            (answers > 0).sum(axis=1) / 2,
            ours.sum(axis=1) / 2,
            (ours * logits).sum(axis=1) / 2,
            (theirs * logits).sum(axis=1) / 2,
            (able * plain).sum(axis=1) / np.maximum(able.sum(axis=1), 1),
            left[:, :3],
            np.log(np.minimum(cases.options, 50)) - 2.2,
        ]
    )
    return found, ours, theirs
