"""Item response theory as a router: P(right | expert, query) = sigma(alpha(q)·theta_m - beta(q)).

IrtNet (arXiv 2510.00844) and MIRT (arXiv 2506.01048) with a posterior over every ability, so that adding an expert is
a small regression and the router knows how unsure it is. Knows no price, and no text beyond its rows.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Literal, Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.growth import grown
from routers.irt.head import Head, LinearHead
from routers.irt.link import Link
from routers.irt.mixture import MixtureHead
from routers.irt.population import fitted, population, stacked
from routers.irt.posterior import Posterior, posterior
from routers.irt.training import Schedule, train
from routers.rows import dense
from routers.standard import Standard

ALIKE = 40
"""About how many queries make a neighbourhood."""
PERCENTILES = np.arange(1, 100)


class IrtRouter(Router):
    """A head reads alpha (d,) and beta off a query's row; theta_m ~ N(theta_[m], cov_[m]) is all that an expert adds.

    head: "linear" (MIRT) or "mixture" (IrtNet), of `members` networks of `hidden` units.
    noise, decay, epochs, batch, rate: of the training. folds: held-out parts that calibrate the probabilities.
    width: only the first columns of each row are used.
    """

    columns = {"theta_": 0, "cov_": 0}

    theta_: Array
    """(m, d)"""
    cov_: Array
    """(m, d, d)"""
    prior_mean_: Array
    prior_cov_: Array
    """(d,) and (d, d): the population the experts are drawn from."""
    difficulties_: Array
    """(99,) percentiles of the training queries' difficulty to the average expert, in log odds."""
    head_: Head
    link_: Link
    standard_: Standard

    def __init__(
        self,
        head: Literal["linear", "mixture"] = "linear",
        dimensions: int = 8,
        members: int = 6,
        hidden: int = 32,
        noise: float = 1.0,
        decay: float = 0.05,
        epochs: int = 15,
        batch: int = 256,
        rate: float = 0.003,
        folds: int = 3,
        width: int | None = None,
        seed: int = 0,
    ) -> None:
        self.head = head
        self.dimensions = dimensions
        self.members = members
        self.hidden = hidden
        self.noise = noise
        self.decay = decay
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.folds = folds
        self.width = width
        self.seed = seed

    def _fit(self, X: Matrix, Y: Array) -> None:
        rows = dense(X, self.width)
        self.standard_ = Standard().fit(rows)
        self.link_ = Link()
        self._learn(rows, Y)
        if self.folds > 1 and len(rows) >= self.folds:
            self.link_ = Link().fit(*self._held_out(rows, Y), Y, self._groups(rows))

    def _learn(self, rows: Array, Y: Array) -> None:
        """The query side, the population, and the experts' posteriors under it."""
        self.head_ = self._head()
        schedule = Schedule(self.epochs, self.batch, self.rate, self.decay, self.noise, shrinkage=1.0)
        train(self.head_, self.standard_.transform(rows), Y, schedule, self.seed)
        alpha, beta = self.query_side(rows)
        prior = population(alpha, beta, Y)
        self.prior_mean_, self.prior_cov_ = prior.mean, prior.cov
        self.theta_, self.cov_ = stacked(fitted(alpha, beta, Y, prior))
        self.difficulties_ = np.percentile(beta - alpha @ prior.mean, PERCENTILES)

    def _head(self) -> Head:
        if self.head == "mixture":
            return MixtureHead(self.dimensions, self.members, self.hidden)
        if self.head != "linear":
            raise ValueError(f"head must be linear or mixture, not {self.head!r}")
        return LinearHead(self.dimensions)

    def _held_out(self, rows: Array, Y: Array) -> tuple[Array, Array]:
        """Log odds and their variance (n, m) of each row, by a router that has not seen it."""
        logits, variance = np.zeros(Y.shape), np.zeros(Y.shape)
        for part in np.array_split(np.random.default_rng(self.seed).permutation(len(rows)), self.folds):
            others = np.setdiff1d(np.arange(len(rows)), part)
            member = copy.copy(self)
            member._learn(rows[others], Y[others])
            logits[part], variance[part] = member._odds(*member.query_side(rows[part]))
        return logits, variance

    def _groups(self, rows: Array) -> Array:
        """(n,) the neighbourhood of each row: which of some rows drawn by lot is the nearest."""
        standard = self.standard_.transform(rows)
        count = max(1, len(rows) // ALIKE)
        drawn = standard[np.random.default_rng(self.seed).choice(len(rows), count, replace=False)]
        nearest: Array = np.argmax(standard @ drawn.T - 0.5 * (drawn**2).sum(axis=1), axis=1)
        return nearest

    def query_side(self, X: Matrix) -> tuple[Array, Array]:
        """Discriminations alpha (n, d) and difficulties beta (n,)."""
        return self.head_(self.standard_.transform(dense(X, self.width)))

    def _odds(self, alpha: Array, beta: Array) -> tuple[Array, Array]:
        """Log odds (n, m) and the variance the abilities leave them, before calibration."""
        m, d = self.theta_.shape
        products = (alpha[:, :, None] * alpha[:, None, :]).reshape(len(alpha), d * d)
        return alpha @ self.theta_.T - beta[:, None], products @ self.cov_.reshape(m, d * d).T

    def predict(self, X: Matrix) -> Prediction:
        alpha, beta = self.query_side(X)
        logits, variance = self._odds(alpha, beta)
        mean = self.link_.mean(logits, variance)
        n = len(mean)
        reasons = tuple(map(harder_than, self._percents(alpha, beta)))
        return Prediction(mean, self.link_.std(mean, variance), np.ones(n), ("",) * n, reasons)

    def _percents(self, alpha: Array, beta: Array) -> list[int]:
        """How many per cent of the training queries are easier for the average expert."""
        percents: list[int] = np.searchsorted(self.difficulties_, beta - alpha @ self.prior_mean_).tolist()
        return percents

    def explain(self, X: Matrix) -> tuple[str, ...]:
        """For each row: how hard it is, and what each expert's ability makes of that, the likeliest first."""
        prediction = self.predict(X)
        told = []
        for mean, std, reason in zip(prediction.mean, prediction.std, prediction.reasons, strict=True):
            ranked = np.argsort(-mean, kind="stable")
            said = [f"{self.experts_[m]} is right on {mean[m]:.0%} (± {std[m]:.0%}) of such" for m in ranked]
            told.append(": ".join([reason, "; ".join(said)]))
        return tuple(told)

    def _added(self, X: Matrix, y: Array) -> Self:
        found = posterior(*self.query_side(X), y, self.prior)
        return grown(self, theta_=found.mean, cov_=found.cov)

    def with_posteriors(self, posteriors: Mapping[str, Posterior]) -> Self:
        """A router over exactly these experts; nothing is fitted. ValueError for an ability of another dimension."""
        d = len(self.prior_mean_)
        for name, one in posteriors.items():
            if len(one.mean) != d:
                raise ValueError(f"the ability of {name} has {len(one.mean)} dimensions; this router's have {d}")
        router = copy.copy(self)
        router.experts_ = tuple(posteriors)
        means, covs = stacked(tuple(posteriors.values()))
        router.theta_, router.cov_ = means.reshape(-1, d), covs.reshape(-1, d, d)
        return router

    def calibrate(self, X: Matrix, Y: Array) -> Self:
        """A router whose probabilities were fitted anew to scores Y (n, m), NaN where missing, that it has not seen."""
        rows = dense(X, self.width)
        router = copy.copy(self)
        router.link_ = Link().fit(*self._odds(*self.query_side(rows)), Y, self._groups(rows))
        return router

    def average(self, X: Matrix) -> tuple[Array, Array]:
        """The mean quality (m,) of each expert over these rows, and its standard error, the draw of answers aside.

        What is not known of an ability errs the same way on every row, so it does not average out.
        """
        alpha, beta = self.query_side(X)
        mean = self.link_.mean(*self._odds(alpha, beta))
        slopes = self.link_.scale_ * mean * (1 - mean)
        pulls = slopes.T @ alpha / len(alpha)
        known = np.einsum("mi,mij,mj->m", pulls, self.cov_, pulls)
        beside = self.link_.residual_ * (mean * (1 - mean)).mean(axis=0) ** 2
        return mean.mean(axis=0), np.sqrt(known + beside)

    @property
    def prior(self) -> Posterior:
        """What is known of an expert before it was asked anything."""
        return Posterior(self.prior_mean_, self.prior_cov_)

    @property
    def posteriors(self) -> Mapping[str, Posterior]:
        """What is known of each expert's ability, by name."""
        pairs = zip(self.theta_, self.cov_, strict=True)
        return {name: Posterior(mean, cov) for name, (mean, cov) in zip(self.experts_, pairs, strict=True)}


def harder_than(percent: int) -> str:
    return f"harder than {percent} % of the training questions"
