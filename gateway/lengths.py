"""How much each expert of a pool is expected to write: a query's typical length, an expert's habit, what was seen.

The habit comes from `routers.verbosity` where the expert's profile is known; the rest is learned from answers as they
come, in this process. Knows no price.
"""

from __future__ import annotations

import numpy as np

from gateway.columns import Columns
from gateway.types import Features, Outcome
from routers.base import Array
from routers.verbosity import Verbosity

WEIGHT = 0.02
"""Of one answer in the running mean, once there are many."""
PRIOR_ANSWERS = 5
"""As many answers of the expected length count as seen at the start."""
EXTREME = 10.0
"""One answer counts as at most so many times more or less than expected."""


class Lengths:
    """`ratios` (m,): how many times as much as the average expert each writes, before anything is seen of it."""

    def __init__(self, columns: Columns, ratios: Array | None = None) -> None:
        self._columns = columns
        self._ratios = np.ones(len(columns.names)) if ratios is None else ratios
        self._corrections = np.ones(len(columns.names))
        self._answers = np.zeros(len(columns.names))

    def expected(self, typical: float, features: Features) -> Array:
        """(m,) output tokens of each, all choices together, where the average expert writes `typical` for one."""
        habits = self._ratios * self._corrections
        tokens: Array = np.minimum(typical * habits, self._most(features)) * features.choices
        return tokens

    def observe(self, outcome: Outcome, typical: float, features: Features) -> None:
        """One answer more. One that was cut off says only that it would have been longer.

        The correction is the running mean of what was written over what was expected before any correction, so that
        answers that come late, to questions asked long ago, say the same as others.
        """
        reply = outcome.reply
        if reply is None or reply.finish_reason == "length":
            return
        place = self._columns.places[outcome.expert]
        expected = min(typical * self._ratios[place], self._most(features)[place]) * features.choices
        ratio = min(max(outcome.usage.output_tokens / expected, 1 / EXTREME), EXTREME)
        self._answers[place] += 1
        weight = max(WEIGHT, 1 / (PRIOR_ANSWERS + self._answers[place]))
        self._corrections[place] += weight * (ratio - self._corrections[place])

    def _most(self, features: Features) -> Array:
        """(m,) what the caller allows, or else the expert's own sampling."""
        most = features.max_output_tokens
        return self._columns.writes if most is None else np.full(len(self._columns.names), float(most))


def ratios(columns: Columns, verbosity: Verbosity | None) -> Array:
    """(m,) the habit of each expert whose profile was measured; 1 of the others."""
    if verbosity is None:
        return np.ones(len(columns.names))
    return verbosity.ratios([member.expert.profile or member.expert.name for member in columns.members])
