"""Several routers as one: their log odds, weighed as held-out training rows say, and calibrated.

Stacking (Wolpert 1992; Breiman 1996: weights that are not negative). The weights belong to the members, not to the
experts, so an expert that a member does not know is judged by the others.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy.special import expit

from routers.base import Array, Matrix, Prediction, Router
from routers.linear import LinearRouter
from routers.neighbours import NeighboursRouter
from routers.stacking import cleared, stack

PRIOR_SCORES = 200.0
"""As many unseen scores weigh as much as all that the training rows said of the weights."""


class BlendRouter(Router):
    """P(right) = σ(o + Σ w_k·logit(p_k)) over the members k that know the expert, their weights made up to Σ w.

    members: routers, unfitted; voices: which of them say what they see, in their labels, skills and reasons.
    folds: parts of the training rows, each predicted by members that have not seen it.
    """

    columns = {"known_": 1}

    members_: tuple[Router, ...]
    weights_: Array
    """(k,)"""
    offset_: float
    known_: Array
    """(k, m) bool: which member knows which expert; what the others say of it is not asked for."""
    held_out: Array | None = None
    """(k, n, m) log odds of the training rows by members that had not seen them; not kept in an artifact."""

    def __init__(
        self,
        members: tuple[Router, ...] = (LinearRouter(), NeighboursRouter()),
        voices: tuple[int, ...] = (),
        folds: int = 3,
        seed: int = 0,
    ) -> None:
        self.members = members
        self.voices = voices
        self.folds = folds
        self.seed = seed

    def _fit(self, X: Matrix, Y: Array) -> None:
        self.held_out = self._held_out(X, Y)
        self.weights_, self.offset_ = stack(self.held_out, Y)
        self.members_ = tuple(_fresh(member).fit(X, Y, self.experts_) for member in self.members)
        self.known_ = np.ones((len(self.members), len(self.experts_)), dtype=bool)

    def _held_out(self, X: Matrix, Y: Array) -> Array:
        """(k, n, m) log odds of each row, by members that have not seen it; NaN where a fold lacks the expert."""
        found = np.full((len(self.members), *Y.shape), np.nan)
        order = np.random.default_rng(self.seed).permutation(len(Y))
        for part in np.array_split(order, min(self.folds, len(Y))):
            rest = np.setdiff1d(order, part)
            seen = np.flatnonzero((~np.isnan(Y[rest])).any(axis=0))
            if not len(rest) or not len(seen) or not len(part):
                continue
            for k, member in enumerate(self.members):
                fitted = _fresh(member).fit(X[rest], Y[np.ix_(rest, seen)])
                found[k][np.ix_(part, seen)] = cleared(fitted.predict(X[part]).mean)
        return found

    @property
    def unseen_chances(self) -> Array | None:
        """(n, m) P(right) of the training rows, each by members that had not seen it; None unless fitted here."""
        if self.held_out is None:
            return None
        chances: Array = expit(self.offset_ + np.tensordot(self.weights_, self.held_out, axes=1))
        return chances

    def calibrate(self, X: Matrix, Y: Array) -> Self:
        """A router whose weights and offset suit scores Y (n, m), NaN where missing, that nothing in it has seen.

        Where the encoder of the rows was taught by the training questions, their rows flatter the members that trust
        it most, folds or not: only such rows weigh them fairly.
        """
        logits = np.array([cleared(member.predict(X).mean) for member in self.members_])
        router = copy.copy(self)
        router.weights_, router.offset_ = stack(logits, Y, prior=self.weights_, strength=PRIOR_SCORES)
        return router

    def predict(self, X: Matrix) -> Prediction:
        said = [member.predict(X) for member in self.members_]
        means, stds = np.array([one.mean for one in said]), np.array([one.std for one in said])
        voices = self.weights_[:, None] * self.known_
        voices = voices / np.maximum(voices.sum(axis=0), 1e-12)
        odds = np.einsum("km,knm->nm", voices, cleared(means))
        mean = expit(self.offset_ + self.weights_.sum() * odds)
        variance = np.einsum("km,knm->nm", voices, stds**2 + (means - mean) ** 2)
        return self._spoken(mean, np.sqrt(variance), [said[k] for k in self.voices])

    def _spoken(self, mean: Array, std: Array, voices: Sequence[Prediction]) -> Prediction:
        """What the members that speak see in the queries; the first that names categories lends its confidence."""
        if not voices:
            return Prediction.plain(mean, std, "by several routers together")
        labelled = next((one for one in voices if any(one.labels)), voices[0])
        skilled = next((one.skills for one in voices if one.skills), ())
        reasons = tuple("; ".join(said) for said in zip(*(one.reasons for one in voices), strict=True))
        return Prediction(mean, std, labelled.confidence, labelled.labels, reasons, skilled)

    def select(self, experts: Mapping[str, str] | Sequence[str]) -> Self:
        chosen = super().select(experts)
        chosen.members_ = tuple(member.select(experts) for member in self.members_)
        return chosen

    def _added(self, X: Matrix, y: Array) -> Self:
        name = "\N{NULL}the expert that is added"
        router = copy.copy(self)
        router.members_ = tuple(member.add(name, X, y) for member in self.members_)
        router.known_ = np.append(self.known_, np.ones((len(self.members_), 1), dtype=bool), axis=1)
        return router

    def add(self, expert: str, X: Matrix, y: Array) -> Self:
        added = super().add(expert, X, y)
        names = dict(zip(added.experts_, added.members_[0].experts_, strict=True)) if added.members_ else {}
        added.members_ = tuple(member.select(names) for member in added.members_)
        return added

    def over(self, members: Sequence[Router], known: Array) -> Self:
        """A blend of the same weights over other members, all of the same experts; known (k, m) says who knows whom."""
        router = copy.copy(self)
        router.members_, router.known_ = tuple(members), np.asarray(known, dtype=bool)
        router.experts_ = members[0].experts_
        return router


def _fresh(member: Router) -> Any:
    """The member before it was fitted."""
    return type(member)(**member.get_params())
