"""Routing by category: which one a query belongs to, and how good each expert is at it.

Composition of experts (arXiv 2412.01868) and MoDEM (arXiv 2410.07490) with soft categories: an expert's expected
quality is its ability averaged over the category probabilities. Knows no price, and no text beyond its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from routers.abilities import Ability, Rate
from routers.base import Array, Matrix, Prediction, Router
from routers.categories import CATEGORIES
from routers.growth import grown
from routers.rows import dense


class CategoryRouter(Router):
    """Expected quality of expert m: sum over categories k of p(k|q)·ability[m, k].

    Its variance is the law of total variance: the spread of the abilities between the categories the query may belong
    to, plus the abilities' own standard errors. The chances p(k|q) are the last columns of a row, one for each of
    `categories`.
    """

    columns = {"means_": 0, "errors_": 0, "squares_": 0, "overall_": 0}

    means_: Array
    errors_: Array
    squares_: Array
    """(m, K): abilities, their standard errors, and their second moments."""
    overall_: Array
    """(m, 2): ability over all categories and its standard error."""

    def __init__(self, categories: tuple[str, ...] = CATEGORIES) -> None:
        self.categories = categories

    @property
    def abilities_(self) -> tuple[Ability, ...]:
        """By expert, every category named."""
        names = self.categories
        rows = zip(self.overall_.tolist(), self.means_.tolist(), self.errors_.tolist(), strict=True)
        return tuple(
            Ability(Rate(*overall), dict(zip(names, map(Rate, means, errors), strict=True)))
            for overall, means, errors in rows
        )

    def with_abilities(self, abilities: Mapping[str, Ability]) -> Self:
        """A router with exactly these experts; nothing is fitted, so adding one leaves the others as they are."""
        router = type(self)(self.categories)
        router.experts_ = tuple(abilities)
        router._learn(list(abilities.values()))
        return router

    def _fit(self, X: Matrix, Y: Array) -> None:
        members = self.chances(X)
        self._learn([Ability.measured(members, scores, self.categories) for scores in Y.T])

    def _learn(self, abilities: list[Ability]) -> None:
        columns = [ability.columns(self.categories) for ability in abilities]
        shape = (-1, len(self.categories))
        self.means_ = np.array([means for means, _ in columns]).reshape(shape)
        self.errors_ = np.array([errors for _, errors in columns]).reshape(shape)
        self.squares_ = self.means_**2 + self.errors_**2
        overall = [(ability.overall.mean, ability.overall.error) for ability in abilities]
        self.overall_ = np.array(overall).reshape(-1, 2)

    def _added(self, X: Matrix, y: Array) -> Self:
        ability = Ability.measured(self.chances(X), y, self.categories)
        means, errors = ability.columns(self.categories)
        overall = (ability.overall.mean, ability.overall.error)
        return grown(self, means_=means, errors_=errors, squares_=means**2 + errors**2, overall_=overall)

    def chances(self, X: Matrix) -> Array:
        """(n, K) probabilities; a row that gives no category a chance may belong to any of them."""
        last = np.maximum(dense(X)[:, -len(self.categories) :].astype(np.float64), 0)
        total = last.sum(axis=1, keepdims=True)
        chances: Array = np.where(total > 0, last / np.where(total > 0, total, 1), 1 / last.shape[1])
        return chances

    def predict(self, X: Matrix) -> Prediction:
        chances = self.chances(X)
        mean = chances @ self.means_.T
        second_moment = chances @ self.squares_.T
        std = np.sqrt(np.maximum(second_moment - mean**2, 0))
        confidence = chances.max(axis=1)
        labels = tuple(self.categories[column] for column in chances.argmax(axis=1))
        reasons = tuple(f"reads as {label} ({p:.2f})" for label, p in zip(labels, confidence, strict=True))
        return Prediction(np.clip(mean, 0, 1), std, confidence, labels, reasons)
