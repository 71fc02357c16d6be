"""What an expert is good at, category by category, with the standard error of each number.

Three ways to know it: measured (shrunk win rates), declared by hand, or not at all. Knows no query and no text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from routers.base import Array
from routers.categories import CATEGORIES, nearest
from routers.errors import UnknownProfile

DECLARED_ERROR = 0.15
UNKNOWN_ERROR = 0.29
"""About the standard deviation of a uniform number in [0, 1]: nothing is known."""
STRENGTHS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
"""Prior strengths tried, in questions."""


@dataclass(frozen=True, slots=True)
class Rate:
    """An expected quality in [0, 1] and its standard error."""

    mean: float
    error: float


@dataclass(frozen=True, slots=True)
class Ability:
    """One expert's quality, overall and by category; a category not named falls back to the overall rate."""

    overall: Rate
    categories: Mapping[str, Rate] = field(default_factory=dict)
    origin: str = ""

    def on(self, category: str) -> Rate:
        return self.categories.get(category, self.overall)

    def columns(self, categories: Sequence[str]) -> tuple[Array, Array]:
        """Means and standard errors, (K,) each, in the order of `categories`."""
        rates = [self.on(category) for category in categories]
        return np.array([rate.mean for rate in rates]), np.array([rate.error for rate in rates])

    @classmethod
    def unknown(cls) -> Self:
        return cls(Rate(0.5, UNKNOWN_ERROR), {}, "unknown")

    @classmethod
    def declared(cls, rates: Mapping[str, float], known: Sequence[str] = CATEGORIES) -> Self:
        """What an operator wrote, e.g. {"math": 0.7, "default": 0.5}. ValueError for a strange name or number."""
        for name, mean in rates.items():
            if name != "default" and name not in known:
                raise ValueError(f"unknown category {name!r}; the nearest are {nearest(name, (*known, 'default'))}")
            if not 0 <= mean <= 1:
                raise ValueError(f"the ability for {name!r} must lie in [0, 1], not {mean:g}")
        error = DECLARED_ERROR if "default" in rates else UNKNOWN_ERROR
        named = {name: Rate(float(mean), DECLARED_ERROR) for name, mean in rates.items() if name != "default"}
        return cls(Rate(float(rates.get("default", 0.5)), error), named, "declared")

    @classmethod
    def measured(cls, members: Array, scores: Array, categories: Sequence[str], origin: str = "measured") -> Self:
        """From members (n, K), how far each query belongs to each category, and its scores (n,), NaN where missing.

        Gaussian regression of scores on memberships with the prior N(own mean, s²/k) on every category, its strength
        k chosen by marginal likelihood. With one category per query this is the Beta prior's (wins + k·mean)/(n + k).
        """
        seen = ~np.isnan(scores)
        members, scores = members[seen], scores[seen]
        mean, noise = float(scores.mean()), max(float(scores.var()), 1e-4)
        gram, pull = members.T @ members, members.T @ (scores - mean)
        strength = max(STRENGTHS, key=lambda k: _evidence(gram, pull, noise, k))
        inverse = np.linalg.inv(gram + strength * np.eye(len(gram)))
        own = noise / len(scores)
        means = np.clip(mean + inverse @ pull, 0, 1)
        errors = np.sqrt(noise * np.diag(inverse) + own)
        rates = {category: _rate(m, e) for category, m, e in zip(categories, means, errors, strict=True)}
        return cls(_rate(mean, np.sqrt(own + _spread(means))), rates, origin)


def _evidence(gram: Array, pull: Array, noise: float, strength: float) -> float:
    """Log marginal likelihood of a prior strength, up to what does not depend on it."""
    precision = gram + strength * np.eye(len(gram))
    fit = pull @ np.linalg.solve(precision, pull) / noise
    return float(0.5 * (len(gram) * np.log(strength) - np.linalg.slogdet(precision)[1] + fit))


def _rate(mean: float, error: float) -> Rate:
    return Rate(round(float(mean), 4), round(float(error), 4))


def _spread(means: Array) -> float:
    """A category nobody measured may lie anywhere the measured ones do."""
    return float(np.var(means))


@dataclass(frozen=True, slots=True)
class Profiles:
    """The abilities of every recorded model, by name."""

    abilities: Mapping[str, Ability]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.abilities)

    def profile(self, name: str) -> Ability:
        if name not in self.abilities:
            raise UnknownProfile(f"no profile of {name!r}; the nearest are {nearest(name, self.abilities)}")
        return self.abilities[name]

    def to_json(self) -> dict[str, Any]:
        return {name: asdict(ability) for name, ability in sorted(self.abilities.items())}

    @classmethod
    def from_json(cls, rows: Mapping[str, Any]) -> Self:
        return cls({name: ability_from_json(row) for name, row in rows.items()})


def ability_from_json(row: Mapping[str, Any]) -> Ability:
    """What `dataclasses.asdict` made of an ability; KeyError or TypeError where it is none."""
    rates = {category: Rate(**rate) for category, rate in row["categories"].items()}
    return Ability(Rate(**row["overall"]), rates, row["origin"])
