"""Between router and policy: a decision whose scores feedback has corrected, and what else the policy must heed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from gateway.estimates import Estimates
from gateway.learning.account import explored_usd
from gateway.learning.learn import Learn
from gateway.learning.lesson import Lesson
from gateway.learning.spending import Spending
from gateway.learning.window import Judged, Study, context_of
from gateway.types import Decision, Features, Plan
from routers.base import Array
from routers.online.context import Context
from routers.online.learner import Corrected, Learned, learn

TOLD = 0.005
"""Corrections below it are not worth a word."""


class Corrector:
    """What one router says, corrected by what has been said of its answers. `name`: the first policy that wants it."""

    def __init__(self, name: str, settings: Learn, study: Study, spending: Spending) -> None:
        self.name = name
        self.settings = settings
        self.learned = Learned(tuple(study.versions))
        self.spending = spending
        self.decided = self.explored = 0
        self._study = study
        self._places = lru_cache(64)(self._where)

    @property
    def subject(self) -> tuple[str, str]:
        """The router and the artifact that are corrected."""
        return self._study.router, self._study.artifact

    def study(self, rows: Sequence[Judged]) -> None:
        """Learn anew from all that is remembered. Slow; what was learned before is used until it is done."""
        self.learned = learn(self._study.of(rows))

    def correct(self, decision: Decision, features: Features) -> Decision:
        """The decision with corrected scores, and the lesson they come from."""
        estimates, learned = decision.estimates, self.learned
        if decision.router != self._study.router:
            return decision
        places = self._places(estimates.experts)
        found = learned.corrected(_context(decision, features), estimates.score, places)
        lesson = Lesson(
            teacher=self.name,
            raw=estimates.score,
            std=found.std,
            baseline=_place(estimates.experts, learned.baseline),
            explore=self.settings.explore,
            left_usd=self.spending.left_usd(self.settings.budget_usd),
            careful=found.careful,
            paused=learned.paused,
            region=found.region,
            answers=found.answers,
            versions=self._study.versions,
        )
        corrected = replace(estimates, score=found.score, lesson=lesson)
        said = _why(corrected, found)
        reason = f"{decision.reason}; {said}" if said else decision.reason
        return replace(decision, estimates=corrected, reason=reason)

    def planned(self, decision: Decision, plan: Plan) -> None:
        """Takes down whom it led to."""
        self.decided += 1
        spent = explored_usd(decision.estimates, plan)
        if spent is not None:
            self.explored += 1
            self.spending.spend(spent)

    def _where(self, experts: tuple[str, ...]) -> Array:
        known = {name: place for place, name in enumerate(self.learned.experts)}
        return np.array([known[name] for name in experts], dtype=np.intp)


def _context(decision: Decision, features: Features) -> Context:
    best = float(np.nanmax(decision.estimates.score))
    tokens, tools = features.input_tokens, "tools" in features.needs
    return context_of(decision.category, tokens, decision.confidence, decision.outlier, tools, best)


def _place(experts: tuple[str, ...], name: str | None) -> int | None:
    return experts.index(name) if name is not None and name in experts else None


def _why(estimates: Estimates, found: Corrected) -> str:
    """Whom feedback has moved most, in words."""
    if estimates.lesson is None or not found.answers:
        return ""
    moved = np.nan_to_num(found.score - estimates.lesson.raw)
    most = int(np.argmax(np.abs(moved)))
    if abs(moved[most]) < TOLD:
        return ""
    judged = f"feedback on {found.answers:.0f} answers ({found.region})"
    careful = "; choosing has not paid there, so nobody goes before the best single expert on trust"
    return f"{judged} moves {estimates.experts[most]} by {moved[most]:+.2f}{careful if found.careful else ''}"
