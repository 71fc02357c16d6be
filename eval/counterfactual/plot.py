"""What each policy would have changed, as a picture. Computes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from eval.counterfactual.evaluation import Evaluation
from eval.report.parts import Missing
from eval.report.plots.intervals import Difference, Intervals


@dataclass(frozen=True, slots=True)
class Effects(Intervals):
    """Of those of whom the logs can say."""

    key: ClassVar[str] = "effects"
    heading: ClassVar[str] = "Difference to what was done"
    reading: ClassVar[str] = (
        "Each line is a policy: how much better or worse its answers would have been judged than those that were given,"
        " doubly robust, with its 95 % interval; grey ones may be noise."
    )
    across: ClassVar[str] = "difference in quality"


def effects(evaluation: Evaluation) -> Effects | Missing:
    """Missing where the logs can say of nobody."""
    rows = tuple(
        Difference(one.name, difference.n, difference.value, difference.interval)
        for one in evaluation
        if (difference := one.quality.difference) is not None
    )
    if not rows:
        return Missing(Effects.key, Effects.heading, "the logs cannot say of any policy")
    return Effects("policy", rows)
