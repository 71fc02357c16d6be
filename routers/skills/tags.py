"""What every tagger has in common: a few skills per query, each with its strength.

Knows rows only; no expert, no outcome. How strongly a row asks for each skill is for the taggers themselves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from routers.base import Array, Estimator, Matrix

HALVINGS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """The skills of n queries, the strongest first; k is the most that a query keeps.

    places: (n, k) numbers of skills. strengths: (n, k) in [0, 1], zero where a query keeps fewer than k.
    """

    places: Array
    strengths: Array

    @property
    def shares(self) -> Array:
        """(n, k): the strengths, summing to 1 over a query's skills."""
        return np.asarray(self.strengths / self.strengths.sum(axis=1, keepdims=True))

    @property
    def kept(self) -> list[list[int]]:
        """The numbers of each query's skills."""
        return [row[kept].tolist() for row, kept in zip(self.places, self.strengths > 0, strict=True)]

    def matrix(self, skills: int) -> Any:
        """A sparse (n, S) of the strengths."""
        n, k = self.places.shape
        rows = np.repeat(np.arange(n), k)
        return csr_matrix((self.strengths.ravel(), (rows, self.places.ravel())), shape=(n, skills))

    def at_least(self, threshold: float) -> Tags:
        """Only what reaches the threshold, and the strongest in any case."""
        kept = self.strengths >= threshold
        kept[:, :1] = True
        return Tags(self.places, np.where(kept, self.strengths, 0))

    def take(self, rows: Array) -> Tags:
        return Tags(self.places[rows], self.strengths[rows])


class Tagger(Estimator, ABC):
    """Rows (n, d) -> a few skills each: those whose affinity reaches the threshold, the nearest alone where none does.

    `keep` is how many skills a training row keeps on average, at least 1 and at most `most`.
    """

    skills_: tuple[str, ...]
    centres_: Array
    """(S, d): the mean row of the queries that ask for a skill."""
    threshold_: float

    keep: float
    most: int

    @abstractmethod
    def affinities(self, X: Matrix) -> Array:
        """(n, S), above 0: the probability that a row asks for each skill."""

    def tags(self, X: Matrix) -> Tags:
        """The skills of each row; never none."""
        return self._strongest(X).at_least(self.threshold_)

    def neighbours(self, count: int) -> Array:
        """(S, S): the cosines of the `count` nearest other skills, by their centred centres; 0 for all further ones."""
        centres = self.centres_ - self.centres_.mean(axis=0)
        centres = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
        near = np.maximum(centres @ centres.T, 0).astype(np.float64)
        np.fill_diagonal(near, 0)
        far = np.argsort(-near, axis=1, kind="stable")[:, count:]
        np.put_along_axis(near, far, 0, axis=1)
        return np.asarray(near)

    def _strongest(self, X: Matrix) -> Tags:
        affinities = self.affinities(X)
        places = np.argsort(-affinities, axis=1, kind="stable")[:, : self.most]
        return Tags(places, np.take_along_axis(affinities, places, axis=1))

    def _settle(self, X: Matrix) -> None:
        """The threshold at which the rows keep `keep` skills on average."""
        strengths = self._strongest(X).strengths
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            too_many = (strengths >= middle).sum() > self.keep * len(strengths)
            low, high = (middle, high) if too_many else (low, middle)
        self.threshold_ = high


def check_keeping(keep: float, most: int) -> None:
    """ValueError unless a query may keep `keep` skills on average."""
    if not 1 <= keep <= most:
        raise ValueError(f"keep must lie between 1 and most = {most}, not {keep:g}")
