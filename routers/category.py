"""Routing by category: which one a query belongs to, and how good each expert is at it.

Composition of experts (arXiv 2412.01868) and MoDEM (arXiv 2410.07490) with soft categories: an expert's expected
quality is its ability averaged over the category probabilities. Knows no price, and no text beyond its rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np

from routers.abilities import Ability
from routers.base import Array, Matrix, Prediction, Router
from routers.classifier import CategoryClassifier


class CategoryRouter(Router):
    """Expected quality of expert m: sum over categories k of p(k|q)·ability[m, k].

    Its variance is the law of total variance: the spread of the abilities between the categories the query may belong
    to, plus the abilities' own standard errors.
    """

    abilities_: tuple[Ability, ...]

    def __init__(self, classifier: CategoryClassifier) -> None:
        self.classifier = classifier

    def _fit(self, X: Matrix, Y: Array) -> None:
        members = self.classifier.predict_proba(X)
        categories = self.classifier.categories_
        self._learn([Ability.measured(members, scores, categories) for scores in Y.T])

    def with_abilities(self, abilities: Mapping[str, Ability]) -> Self:
        """A router with exactly these experts; nothing is fitted, so adding one leaves the others as they are."""
        router = type(self)(self.classifier)
        router.experts_ = tuple(abilities)
        router._learn(list(abilities.values()))
        return router

    def _learn(self, abilities: list[Ability]) -> None:
        columns = [ability.columns(self.classifier.categories_) for ability in abilities]
        shape = (-1, len(self.classifier.categories_))
        self.abilities_ = tuple(abilities)
        self.means_ = np.array([means for means, _ in columns]).reshape(shape)
        self.errors_ = np.array([errors for _, errors in columns]).reshape(shape)
        self.squares_ = self.means_**2 + self.errors_**2

    def predict(self, X: Matrix) -> Prediction:
        chances = self.classifier.predict_proba(X)
        mean = chances @ self.means_.T
        second_moment = chances @ self.squares_.T
        std = np.sqrt(np.maximum(second_moment - mean**2, 0))
        confidence = chances.max(axis=1)
        labels = tuple(self.classifier.categories_[column] for column in chances.argmax(axis=1))
        reasons = tuple(f"reads as {label} ({p:.2f})" for label, p in zip(labels, confidence, strict=True))
        return Prediction(mean, std, confidence, labels, reasons)
