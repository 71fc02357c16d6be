"""A decision and a plan as JSON, for those who want to see why. Calls nobody."""

from __future__ import annotations

from dataclasses import asdict

from gateway.learning.account import learning_json
from gateway.types import Decided, Decision, Json, Plan
from gateway.wire.sources import retrieval_json


def decided_json(decided: Decided) -> Json:
    """What POST /v1/route returns: every expert with score, uncertainty and price, or why it was dropped."""
    return {
        "object": "coterie.route",
        "model": decided.query.model,
        "decision": decision_json(decided.decision, decided.plan),
        "plan": plan_json(decided.plan),
        "learning": learning_json(decided.decision.estimates, decided.plan),
        "features": {
            "input_tokens": decided.features.input_tokens,
            "output_tokens": decided.features.output_tokens,
            "needs": sorted(decided.features.needs),
            "truncated": decided.features.truncated,
            "answer": decided.features.form.kind,
        },
    }


def decision_json(decision: Decision, plan: Plan) -> Json:
    """Every expert with what the plan made of it. A score that was not predicted is null, and so is its utility."""
    estimates = decision.estimates
    rows = zip(
        estimates,
        estimates.column(estimates.score),
        estimates.column(estimates.std),
        estimates.column(plan.utilities),
        estimates.column(plan.load_prices),
        estimates.column(estimates.score if estimates.lesson is None else estimates.lesson.raw),
        strict=True,
    )
    return {
        "router": decision.router,
        "artifact": decision.artifact,
        "category": decision.category,
        "skills": list(decision.skills),
        "outlier": decision.outlier,
        "confidence": decision.confidence,
        "sure": decision.sure,
        "reason": decision.reason,
        "experts": [
            {
                "expert": estimate.expert,
                "score": score,
                "std": std,
                "raw_score": raw,
                "expected_cost_usd": estimate.cost_usd,
                "expected_latency_s": estimate.latency_s,
                "expected_output_tokens": round(estimate.output_tokens),
                "utility": utility,
                "load_price": load_price,
            }
            for estimate, score, std, utility, load_price, raw in rows
        ],
        "retrieval": retrieval_json(decision),
        "dropped": [{"expert": one.expert, "reason": one.reason} for one in decision.dropped],
    }


def plan_json(plan: Plan) -> Json:
    return {
        "experts": list(plan.experts),
        "recruited": list(plan.recruited),
        "strategy": plan.strategy,
        "knobs": asdict(plan.knobs),
        "policy": plan.policy,
        "propensity": plan.propensity,
        "limits": {"calls": plan.limits.calls, "cost_usd": plan.limits.cost_usd, "seconds": plan.limits.seconds},
        "reason": plan.reason,
    }
