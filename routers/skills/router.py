"""Routing by skills: what a query asks for, and how well each expert does there, its weakest skill counting most.

Skill-based recruiting (Symbolic-MoE, arXiv 2503.05641) with smoothed rates in place of signed sums, and a soft minimum
over a query's skills (the law of the weakest link, arXiv 2409.19951). Knows no text and no price.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np

from routers.base import Array, Matrix, Prediction, Router
from routers.skills.competency import QualityMap, fit_quality
from routers.skills.profile import SkillProfile
from routers.skills.rates import Counts, count, difficulties, overall_rates, posterior
from routers.skills.recruit import recruit_best, recruit_drawn, recruiting_weights
from routers.skills.regions import RegionTagger
from routers.skills.suitability import out_of_fold, suitability, suitability_errors, weakest
from routers.skills.tags import Tagger


class SkillRouter(Router):
    """Expected quality of an expert: a logistic map of its suitability, a soft minimum of its rates at the skills.

    tagger: which skills a row asks for, fitted already; without one, `regions` of the training rows stand in for them.
    sharpness: 0 averages over the skills, large numbers count the weakest alone. prior: how many answers the
    backed-off rate is worth. neighbours: how many skills a sparse one leans on. width: columns that regions are of.
    """

    columns: ClassVar[Mapping[str, int]] = {"right_": 0, "wrong_": 0, "overall_": 0, "rates_": 0, "errors_": 0}

    regions_: RegionTagger
    """Fitted where no tagger was given."""
    right_: Array
    wrong_: Array
    """(m, S) answers, weighted by how strongly the questions asked for the skill."""
    overall_: Array
    """(m, 2) right and wrong answers in all."""
    rates_: Array
    errors_: Array
    """(m, S) posterior means and standard deviations."""
    difficulty_: Array
    """(S,)."""
    map_: Array
    """(3,): offset and the slopes of suitability and competency."""

    def __init__(
        self,
        tagger: Tagger | None = None,
        sharpness: float = 2.0,
        prior: float = 20.0,
        neighbours: int = 8,
        regions: int = 96,
        width: int | None = None,
        seed: int = 0,
    ) -> None:
        self.tagger = tagger
        self.sharpness = sharpness
        self.prior = prior
        self.neighbours = neighbours
        self.regions = regions
        self.width = width
        self.seed = seed

    @property
    def skills(self) -> tuple[str, ...]:
        """The skills it knows, in the order of its arrays."""
        return self._tagger.skills_

    def _fit(self, X: Matrix, Y: Array) -> None:
        if self.tagger is None:
            self.regions_ = RegionTagger(self.regions, width=self.width, seed=self.seed).fit(X)
        elif not hasattr(self.tagger, "skills_"):
            raise ValueError(f"the {type(self.tagger).__name__} given to the router is not fitted; fit it first")
        tags = self._tagger.tags(X)
        counts = count(tags, Y, len(self.skills))
        self.difficulty_ = difficulties(counts, self.prior)
        self._learn(counts)
        suits = out_of_fold(tags, Y, self._tagger.neighbours(self.neighbours), self.prior, self.sharpness, self.seed)
        quality = fit_quality(suits, counts.overall_rates, Y)
        self.map_ = np.array([quality.offset, quality.suitability, quality.competency])

    def _added(self, X: Matrix, y: Array) -> Self:
        return self._grown(count(self._tagger.tags(X), y[:, None], len(self.skills)))

    def with_profile(self, expert: str, profile: SkillProfile) -> Self:
        """A router with one expert more, or with this one anew, from its counts alone; the others stay as they are.

        ValueError for a skill that the router does not know.
        """
        others = self.select([name for name in self.experts_ if name != expert])
        known = profile.ordered(self.skills)
        added = others._grown(Counts(known.right[None], known.wrong[None], known.overall[None]))
        added.experts_ = (*others.experts_, expert)
        return added

    def profiles(self) -> dict[str, SkillProfile]:
        """The counts of each expert, by name."""
        counts = zip(self.experts_, self.right_, self.wrong_, self.overall_, strict=True)
        return {name: SkillProfile(self.skills, right, wrong, overall) for name, right, wrong, overall in counts}

    def predict(self, X: Matrix) -> Prediction:
        tags = self._tagger.tags(X)
        suits = suitability(tags, self.rates_, self.sharpness)
        quality, rates = QualityMap(*self.map_.tolist()), overall_rates(self.overall_)
        mean = quality.quality(suits, rates)
        weak = weakest(tags, self.rates_[mean.argmax(axis=1)])
        errors = suitability_errors(tags, self.rates_, self.errors_, self.sharpness)
        asked = tuple(tuple(self.skills[s] for s in row) for row in tags.kept)
        return Prediction(
            mean=mean,
            std=np.minimum(quality.slope(suits, rates) * errors, 0.5),
            confidence=np.asarray(tags.strengths[:, 0], dtype=np.float64),
            labels=("",) * len(mean),
            reasons=tuple(_reason(names, self.skills[s]) for names, s in zip(asked, weak, strict=True)),
            skills=asked,
        )

    def recruit(self, X: Matrix, k: int, *, seed: int | None = None, replace: bool = True) -> list[dict[str, int]]:
        """Per row, whom to ask and how often: the best k, or k calls drawn by weight where a seed is given."""
        suits = suitability(self._tagger.tags(X), self.rates_, self.sharpness)
        rows = [recruiting_weights(row, overall_rates(self.overall_)) for row in suits]
        if seed is None:
            chosen = [recruit_best(weights, k) for weights in rows]
        else:
            chosen = [recruit_drawn(weights, k, seed=seed + n, replace=replace) for n, weights in enumerate(rows)]
        return [{self.experts_[place]: calls for place, calls in counted.items()} for counted in chosen]

    @property
    def _tagger(self) -> Tagger:
        return self.regions_ if self.tagger is None else self.tagger

    def _learn(self, counts: Counts) -> None:
        self.right_, self.wrong_, self.overall_ = counts.right, counts.wrong, counts.overall
        near = self._tagger.neighbours(self.neighbours)
        self.rates_, self.errors_ = posterior(counts, self.difficulty_, near, self.prior)

    def _grown(self, counts: Counts) -> Self:
        """A copy with one more entry, the last, in each of `columns`."""
        alone, grown = copy.copy(self), copy.copy(self)
        alone._learn(counts)
        for name in self.columns:
            setattr(grown, name, np.concatenate([getattr(self, name), getattr(alone, name)]))
        return grown


def _reason(names: tuple[str, ...], weak: str) -> str:
    """What the query asks for, and where the expert that is expected to do best is weakest."""
    if len(names) == 1:
        return f"asks for {names[0]}"
    return f"asks for {', '.join(names[:-1])} and {names[-1]}; weakest there: {weak}"
