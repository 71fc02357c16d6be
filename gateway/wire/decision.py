"""A decision and a plan as JSON, for those who want to see why. Calls nobody."""

from __future__ import annotations

import math

from gateway.pipeline import Decided
from gateway.types import Decision, Json, Plan


def decided_json(decided: Decided) -> Json:
    """What POST /v1/route returns: every expert with score, uncertainty and price, or why it was dropped."""
    return {
        "object": "coterie.route",
        "model": decided.query.model,
        "decision": decision_json(decided.decision),
        "plan": plan_json(decided.plan),
        "features": {
            "input_tokens": decided.features.input_tokens,
            "output_tokens": decided.features.output_tokens,
            "needs": sorted(decided.features.needs),
            "truncated": decided.features.truncated,
        },
    }


def decision_json(decision: Decision) -> Json:
    """A score that was not predicted is null."""
    return {
        "router": decision.router,
        "artifact": decision.artifact,
        "category": decision.category,
        "confidence": decision.confidence,
        "sure": decision.sure,
        "reason": decision.reason,
        "experts": [
            {
                "expert": estimate.expert,
                "score": _number(estimate.score),
                "std": _number(estimate.std),
                "expected_cost_usd": estimate.cost_usd,
                "expected_latency_s": estimate.latency_s,
            }
            for estimate in decision.estimates
        ],
        "dropped": [{"expert": one.expert, "reason": one.reason} for one in decision.dropped],
    }


def plan_json(plan: Plan) -> Json:
    return {
        "experts": list(plan.experts),
        "strategy": plan.strategy,
        "policy": plan.policy,
        "propensity": plan.propensity,
        "limits": {"calls": plan.limits.calls, "cost_usd": plan.limits.cost_usd, "seconds": plan.limits.seconds},
        "reason": plan.reason,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
