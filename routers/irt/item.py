"""The questions of a bank, each with what other experts' answers say of it beyond its text. Knows no text.

A text leaves much of a question's difficulty open. Where other experts have answered it, its difficulty and
discrimination have a posterior of their own: the mirror image of an expert's ability.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy.special import expit

from routers.base import Array
from routers.irt.link import PROBIT, Link
from routers.irt.posterior import Posterior

ROUNDS = 12
LONGEST_STEP = 2.0
START = (1.0, 0.05)
"""The variances of difficulty and discrimination to begin with, in log odds."""


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """P(right) = sigma(alpha_i·theta - beta_i + effect_i·f), f = (1, theta standardised), effect_i ~ N(0, cov_i).

    alpha (n, d), beta (n,), cov (n, d + 1, d + 1); whiten (d, d) and centre (d,) standardise an ability.
    """

    alpha: Array
    beta: Array
    cov: Array
    whiten: Array
    centre: Array

    def __len__(self) -> int:
        return len(self.beta)

    def marginal(self, theta: Array) -> tuple[Array, Array]:
        """alpha (n, d) and beta (n,), flattened by what is not known of each question near this ability."""
        point = np.append(1.0, self.whiten @ (theta - self.centre))
        variance = (self.cov @ point) @ point
        flat = 1 / np.sqrt(1 + PROBIT * variance)
        return self.alpha * flat[:, None], self.beta * flat

    def part(self, rows: Array) -> Self:
        return replace(self, alpha=self.alpha[rows], beta=self.beta[rows], cov=self.cov[rows])


def plain_items(alpha: Array, beta: Array, prior: Posterior, link: Link) -> Items:
    """Questions that nobody else has answered: what their texts say, and no more."""
    n, d = alpha.shape
    none = np.zeros((n, d + 1, d + 1))
    return Items(link.scale_ * alpha, link.scale_ * beta - link.offset_, none, *_standard(prior))


def answered_items(alpha: Array, beta: Array, Y: Array, theta: Array, prior: Posterior) -> Items:
    """Questions that other experts of abilities theta (m, d) answered with scores Y (n, m), NaN where missing.

    The effects' variances and the scale of the log odds once difficulty is known are fitted by
    expectation-maximisation over all questions, each question's posterior by Laplace's approximation.
    """
    whiten, centre = _standard(prior)
    design = np.column_stack([np.ones(len(theta)), (theta - centre) @ whiten.T])
    fit = _Effects(alpha @ theta.T - beta[:, None], design, Y)
    for _ in range(ROUNDS):
        fit.round()
    difficulty, tilt = fit.effects[:, 0], fit.effects[:, 1:] @ whiten
    return Items(
        fit.scale * alpha + tilt,
        fit.scale * beta - difficulty + tilt @ centre,
        np.linalg.inv(fit.bends()),
        whiten,
        centre,
    )


def _standard(prior: Posterior) -> tuple[Array, Array]:
    return np.linalg.inv(np.linalg.cholesky(prior.cov)), prior.mean


class _Effects:
    """The state of the fit: effects (n, d + 1), their prior variances (d + 1,), and the scale of the text's part."""

    def __init__(self, logits: Array, design: Array, Y: Array) -> None:
        self.logits, self.design = logits, design
        self.seen, self.scores = ~np.isnan(Y), np.nan_to_num(Y)
        self.scale = 1.0
        self.effects = np.zeros((len(Y), design.shape[1]))
        self.variances = np.append(START[0], np.full(design.shape[1] - 1, START[1]))
        self.pairs = np.einsum("mi,mj->mij", design, design).reshape(len(design), -1)

    def chances(self) -> Array:
        chances: Array = expit(self.scale * self.logits + self.effects @ self.design.T)
        return chances

    def bends(self) -> Array:
        """The precision (n, d + 1, d + 1) of each question's effects."""
        chances = self.chances()
        width = self.design.shape[1]
        information = (chances * (1 - chances) * self.seen) @ self.pairs
        bends: Array = information.reshape(-1, width, width) + np.diag(1 / self.variances)
        return bends

    def round(self) -> None:
        """Newton's steps for the effects, then their variances, then the scale."""
        for _ in range(3):
            slopes = ((self.scores - self.chances()) * self.seen) @ self.design - self.effects / self.variances
            steps = np.linalg.solve(self.bends(), slopes[:, :, None])[:, :, 0]
            lengths = np.linalg.norm(steps, axis=1, keepdims=True)
            self.effects += steps * (LONGEST_STEP / np.maximum(lengths, LONGEST_STEP))
        covs = np.linalg.inv(self.bends())
        moments = (self.effects**2 + np.einsum("nii->ni", covs)).mean(axis=0)
        self.variances = np.append(moments[0], np.full(len(moments) - 1, moments[1:].mean()))
        chances = self.chances()
        bend = (chances * (1 - chances) * self.seen * self.logits**2).sum() + 1.0
        self.scale += float(((self.scores - chances) * self.seen * self.logits).sum() / bend)
