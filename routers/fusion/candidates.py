"""What is known of each answer that was given, and of "none of these", as rows: what the answers are weighed by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.fusion.belief import Belief
from routers.fusion.cases import Cases

GENERAL = 22
BLOCKS = 5
"""Columns of each expert: gave this answer, and its log odds; gave another one, and its log odds; named nothing."""
NOBODY = -1.5
"""In place of log odds, where there are none."""
TINY = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """rows: (R, GENERAL + BLOCKS·m), a row per answer of each case, its last one for "none of these".

    case, code: (R,) whose row it is; the code is K for "none of these". bayes: (R,) log chance by the belief.
    """

    rows: Array
    case: Array
    code: Array
    bayes: Array

    @property
    def starts(self) -> Array:
        """(n,) where each case's rows begin."""
        return np.flatnonzero(np.diff(self.case, prepend=-1))


def candidates(cases: Cases, logits: Array, belief: Belief, known: Array) -> Candidates:
    """known: (n, m) bool, which experts may be told from others."""
    n, K = belief.votes.shape
    case, code = np.nonzero(np.concatenate([belief.votes > 0, np.ones((n, 1), dtype=bool)], axis=1))
    general, gave, other = _general(cases, logits, belief, case, code)
    odds, knows = logits[case], known[case]
    gave, other = gave & knows, other & knows
    silent = (cases.asked & ~cases.voiced & known)[case]
    rows = np.concatenate([general, gave, gave * odds, other, other * odds, silent], axis=1)
    return Candidates(rows, case, code, np.log(np.maximum(belief.chances[case, code], TINY)))


def _general(cases: Cases, logits: Array, belief: Belief, case: Array, code: Array) -> tuple[Array, Array, Array]:
    """The columns that name no expert; and (R, m) who gave the answer, and who another one."""
    n, K = belief.votes.shape
    chances, votes = belief.chances, belief.votes
    asked, voiced, able = cases.asked, cases.voiced, cases.able
    gave = (cases.said[case] == code[:, None]) & (code < K)[:, None]
    other = voiced[case] & ~gave
    odds = logits[case]
    chance = 1 / (1 + np.exp(-odds))
    apart = np.arange(K) != code[:, None]
    number, called, kinds = voiced.sum(axis=1), asked.sum(axis=1), (votes > 0).sum(axis=1)
    support = gave.sum(axis=1)
    wide = np.where(able, cases.logits, -np.inf)
    of_case = np.column_stack(
        [
            np.log(np.maximum(chances[:, K], TINY)),
            number / 4,
            called / 4,
            (called - number) / 2,
            kinds / 2,
            kinds / np.maximum(number, 1),
            np.where(asked, 1 / (1 + np.exp(-logits)), 0).sum(axis=1) / 3,
            np.where(able, cases.logits, 0).sum(axis=1) / np.maximum(able.sum(axis=1), 1),
            wide.max(axis=1, initial=-4.6),
            np.log(np.minimum(cases.options, 50)) - 2.2,
        ]
    )
    own = np.column_stack(
        [
            code == K,
            np.log(np.maximum(chances[case, code], TINY)),
            chances[case, code],
            np.log(np.maximum((chances[case, :K] * apart).max(axis=1, initial=0), 1e-4)),
            support,
            support / np.maximum(number[case], 1),
            _most(odds, gave),
            (odds * gave).sum(axis=1) / 3,
            (chance * gave).sum(axis=1),
            _most(odds, other),
            (chance * other).sum(axis=1),
            (votes[case] * apart).max(axis=1, initial=0) / 2,
        ]
    )
    return np.concatenate([own, of_case[case]], axis=1), gave, other


def _most(odds: Array, of: Array) -> Array:
    """(R,) the greatest odds among these; NOBODY without any."""
    found: Array = np.where(of.any(axis=1), np.where(of, odds, -np.inf).max(axis=1, initial=-9), NOBODY)
    return found
