"""What learning had to do with one decision, as JSON: for the record, and for those who want to see why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.estimates import Estimates
    from gateway.types import Plan


def explored_usd(estimates: Estimates, plan: Plan) -> float | None:
    """What asking somebody in order to learn is expected to cost more than not to; None where nobody is."""
    if estimates.lesson is None or plan.lot is None or plan.lot.weights is None or plan.experts[0] == plan.lot.front:
        return None
    if plan.propensity >= 1:  # somebody else was put in his place
        return None
    return max(0.0, estimates.of(plan.experts[0]).cost_usd - estimates.of(plan.lot.front).cost_usd)


def learning_json(estimates: Estimates, plan: Plan) -> dict[str, Any] | None:
    """None where nothing is learned from feedback."""
    lesson = estimates.lesson
    if lesson is None:
        return None
    told: dict[str, Any] = {
        "teacher": lesson.teacher,
        "region": lesson.region,
        "answers": round(lesson.answers, 1),
        "baseline": None if lesson.baseline is None else estimates.experts[lesson.baseline],
        "paused": lesson.paused,
    }
    spent = explored_usd(estimates, plan)
    return told if spent is None else {**told, "explored_usd": spent}
