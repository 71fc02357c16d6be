"""The chance of every answer, by Bayes: right answers agree, wrong ones scatter, hard questions are hard for everybody.

Given the truth and a shared difficulty u ~ N(0, 1), experts answer independently:
P(j right | u) = Φ((Φ⁻¹(p_j) - √ρ·u)/√(1 - ρ)) keeps every p_j (the one-factor copula of `routers.recruiting`).
An expert that is wrong draws from an urn in which each of the d wrong options lies a/d times and each wrong answer
named before once more (Pólya): popular wrong answers grow more popular. Knows chances and codes, no expert.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import gammaln, ndtr, ndtri

from routers.base import Array
from routers.fusion.cases import Cases

CORRELATION = 0.35
SCATTER = 3.0
"""a: as many wrong answers unheard weigh as much as those that were heard."""
NODES = 9
CERTAIN = 1e-4
SILENCE = 0.08
"""How often an expert that is wrong names nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """joint: (n, K + 1, U) chance of each hypothesis (an answer; last, none of them) and difficulty.

    right: (n, m, U) chance of each expert to be right. votes: (n, K). wrong: (n,) how many answers are wrong.
    """

    joint: Array
    right: Array
    votes: Array
    wrong: Array

    @property
    def chances(self) -> Array:
        """(n, K + 1); 0 for a code that nobody gave."""
        found: Array = self.joint.sum(axis=2)
        return found

    def gains(self) -> Array:
        """(n, m) what one more call would add to the chance of the likeliest answer, everything weighed."""
        n, K = self.votes.shape
        hit = self.right @ self.joint.transpose(0, 2, 1)
        miss = self.chances[:, None, :] - hit
        given = self.votes > 0
        each = SCATTER / self.wrong
        under = np.concatenate([self.votes, np.zeros((n, 1))], axis=1)
        drawn = SCATTER + self.votes.sum(axis=1, keepdims=True) - under
        named = given.sum(axis=1, keepdims=True) - (under > 0)
        fresh = each[:, None] * np.maximum(self.wrong[:, None] - named, 0) / drawn
        said = 1 - SILENCE
        best = np.maximum((miss * fresh[:, None]).max(axis=2, initial=0, where=_answers(K)) * said, hit[:, :, K])
        best += SILENCE * miss.max(axis=2, initial=0, where=_answers(K))
        for code in range(K):
            repeated = said * ((self.votes[:, code] + each) * given[:, code])[:, None] / drawn
            then = miss * repeated[:, None]
            then[:, :, code] = hit[:, :, code]
            best += then.max(axis=2, initial=0, where=_answers(K)) * given[:, code, None]
        found: Array = best - self.chances[:, :K].max(axis=1, initial=0)[:, None]
        return found


def believe(cases: Cases, logits: Array) -> Belief:
    """logits: (n, m) log odds of each expert to be right, in the light of its own answer alone."""
    nodes, weights = _quadrature()
    latent = ndtri(1 / (1 + np.exp(-logits)))[:, :, None]
    right = ndtr((latent - np.sqrt(CORRELATION) * nodes) / np.sqrt(1 - CORRELATION))
    right = np.clip(right, CERTAIN, 1 - CERTAIN)
    against = np.log1p(-right)
    K = cases.places.shape[1]
    gave = (cases.said[:, :, None] == np.arange(K)).astype(float)
    votes = gave.sum(axis=1)
    logs = np.zeros((len(logits), K + 1, NODES))
    logs[:, :K] = gave.transpose(0, 2, 1) @ (np.log(right) - against)
    logs += (against * cases.asked[:, :, None]).sum(axis=1, keepdims=True) + np.log(weights)
    wrong = np.maximum(cases.options - 1, (votes > 0).sum(axis=1)).astype(float)
    logs += _scattered(votes, wrong)[:, :, None]
    joint = np.exp(logs - logs.max(axis=(1, 2), keepdims=True))
    return Belief(joint / joint.sum(axis=(1, 2), keepdims=True), right, votes, wrong)


def _scattered(votes: Array, wrong: Array) -> Array:
    """(n, K + 1) log chance that the wrong answers fell so, under each hypothesis; none of a code nobody gave."""
    each = (SCATTER / wrong)[:, None]
    given = votes > 0
    drawn = np.where(given, gammaln(votes + each) - gammaln(each), 0.0)
    number, kinds = votes.sum(axis=1, keepdims=True), given.sum(axis=1, keepdims=True)
    number = number - np.concatenate([votes, np.zeros_like(number)], axis=1)
    kinds = kinds - np.concatenate([given, np.zeros_like(kinds)], axis=1)
    options = wrong[:, None]
    found = gammaln(SCATTER) - gammaln(SCATTER + number) + gammaln(options + 1) - gammaln(options + 1 - kinds)
    found += drawn.sum(axis=1, keepdims=True)
    found[:, :-1] = np.where(given, found[:, :-1] - drawn, -np.inf)
    return np.asarray(found)


def _answers(K: int) -> Array:
    """(K + 1,) which hypotheses are answers that could be given."""
    return np.arange(K + 1) < K


@cache
def _quadrature() -> tuple[Array, Array]:
    """Gauss-Hermite nodes and weights."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights / weights.sum()
