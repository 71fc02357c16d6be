"""An answer as a row of `records`, and back. Knows no database.

Runs in the writer's thread but under the interpreter's one lock, so every microsecond here is taken from requests:
rows are tuples in the order of the tables' columns, and dictionaries are built by hand, which is twice as fast as
letting orjson walk the dataclasses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.draw import Lot
from gateway.errors import GatewayError
from gateway.learning.account import learning_json
from gateway.store.tables import RECORDS
from gateway.types import Answer, Decision, Features, Json, Outcome, Plan, Verdict
from gateway.wire.sources import documents_of, named, retrieval_json

Row = tuple[Any, ...]

COLUMNS: tuple[str, ...] = tuple(RECORDS.columns.keys())
JSON_COLUMNS: tuple[str, ...] = ("tags", "wishes", "features", "estimates", "dropped", "plan", "calls", "retrieval")
MESSAGE_CHARS = 1000
"""Longer error messages are cut: an upstream may answer with a whole page."""


def row_of(answer: Answer, created_at: float, worker: str) -> Row:
    """One value per column of `records`, in their order."""
    return (
        *_asked(answer, created_at),
        *_decided(answer.decision, answer.plan),
        *_served(answer),
        *_wished(answer),
        _features(answer.features, answer.decision),
        *_predicted(answer.decision, answer.plan),
        _plan(answer.plan, answer.verdict, _learning(answer)),
        *_spent(answer),
        *_read(answer),
        worker,
    )


def record_of(row: Mapping[str, Any]) -> Json:
    """A row as callers see it: JSON columns parsed, the rest as it is."""
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    """Columns that came later are empty in old rows."""
    return orjson.loads(value) if name in JSON_COLUMNS and value is not None else value


def _asked(answer: Answer, created_at: float) -> Row:
    query = answer.query
    return query.id, created_at, query.tenant, query.model


def _decided(decision: Decision, plan: Plan) -> Row:
    """Plain numbers: what numpy computed is no number to a database."""
    return (
        plan.strategy,
        plan.policy,
        decision.router,
        decision.artifact,
        decision.category,
        float(decision.confidence),
        bool(decision.sure),
        float(plan.propensity),
        decision.reason,
    )


def _served(answer: Answer) -> Row:
    """served, status, message."""
    served, error = answer.served, answer.error
    name = None if served is None else served.expert
    return (name, "ok", None) if error is None else (name, error.code, _message(error))


def _wished(answer: Answer) -> Row:
    """stream, session, tags, wishes, thrift; most callers wish for nothing."""
    query = answer.query
    wishes = query.wishes
    if not wishes.model_fields_set:
        return query.stream, None, "{}", "{}", None
    wished = wishes.model_dump(exclude_unset=True)
    return query.stream, wishes.session, as_json(wishes.tags), as_json(wished), wishes.thrift


def _message(error: GatewayError) -> str | None:
    """What may be kept of it: never what may quote the prompt."""
    return None if error.reason is None else error.reason[:MESSAGE_CHARS]


def _features(features: Features, decision: Decision) -> str:
    return as_json(
        {
            "input_tokens": features.input_tokens,
            "output_tokens": features.output_tokens,
            "needs": sorted(features.needs),
            "truncated": features.truncated,
            "skills": decision.skills,
            "outlier": decision.outlier,
        }
    )


def _predicted(decision: Decision, plan: Plan) -> Row:
    """estimates, dropped."""
    columns = decision.estimates
    estimates: list[Json] = [
        {
            "expert": e.expert,
            "score": e.score,
            "std": e.std,
            "cost_usd": e.cost_usd,
            "latency_s": e.latency_s,
            "output_tokens": round(e.output_tokens),
            "utility": utility,
        }
        for e, utility in zip(columns, columns.column(plan.utilities), strict=True)
    ]
    if plan.load_prices is not None:
        for row, price in zip(estimates, plan.load_prices.tolist(), strict=True):
            row["load_price"] = price
    if columns.lesson is not None:
        for row, raw in zip(estimates, columns.column(columns.lesson.raw), strict=True):
            row["raw"] = raw
    dropped = [{"expert": d.expert, "reason": d.reason, "error": d.error.code} for d in decision.dropped]
    return as_json(estimates), as_json(dropped) if dropped else "[]"


def _plan(plan: Plan, verdict: Verdict, learning: Json | None) -> str:
    limits = plan.limits
    bounds = {"calls": limits.calls, "cost_usd": limits.cost_usd, "seconds": limits.seconds}
    planned: Json = {"experts": plan.experts, "recruited": plan.recruited, "limits": bounds, "reason": plan.reason}
    if plan.lot is not None:
        planned["draw"] = _draw(plan.lot)
    if learning is not None:
        planned["learning"] = learning
    return as_json({**planned, "verdict": _verdict(verdict)} if verdict.ballot or verdict.reason else planned)


def _learning(answer: Answer) -> Json | None:
    """With the version of whoever is served; None where nothing is learned from feedback."""
    taught = learning_json(answer.decision.estimates, answer.plan)
    lesson, served = answer.decision.estimates.lesson, answer.served
    if taught is not None and lesson is not None and served is not None:
        taught["version"] = lesson.versions.get(served.expert)
    return taught


def _draw(lot: Lot) -> Json:
    """Only what is out of the ordinary, but for the first three."""
    drawn: Json = {"front": lot.front, "explore": lot.explore, "reference_usd": lot.reference_usd}
    if lot.behind:
        drawn["behind"] = lot.behind
    if lot.pinned is not None:
        drawn |= {"pinned": lot.pinned, "locked": lot.locked}
    if lot.generalist is not None:
        drawn["generalist"] = lot.generalist
    if lot.seconds_left is not None:
        drawn["seconds_left"] = round(lot.seconds_left, 3)
    if lot.least_chance is not None:
        drawn["least_chance"] = lot.least_chance
    if lot.weights is not None:
        drawn["weights"] = lot.weights
    return drawn


def _verdict(verdict: Verdict) -> Json:
    """Who stood together, and how likely they were right; what they said is a text, and texts are kept elsewhere."""
    ballot = [{"experts": one.experts, "chance": one.chance} for one in verdict.ballot]
    return {"confidence": verdict.confidence, "reason": verdict.reason, "ballot": ballot}


def _spent(answer: Answer) -> Row:
    """calls, input_tokens, output_tokens, cost_usd, latency_s, overhead_s, retries, fallbacks."""
    calls: list[Json] = []
    asked = written = retries = 0
    cost_usd = 0.0
    for outcome in answer.outcomes:
        calls.append(_call(outcome))
        asked += outcome.usage.input_tokens
        written += outcome.usage.output_tokens
        retries += outcome.retries
        cost_usd += outcome.cost_usd
    return as_json(calls), asked, written, cost_usd, answer.latency_s, answer.overhead_s, retries, answer.fallbacks


def _call(outcome: Outcome) -> Json:
    usage, error = outcome.usage, outcome.error
    return {
        "expert": outcome.expert,
        "role": outcome.role,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "estimated": usage.estimated,
        "cost_usd": outcome.cost_usd,
        "latency_s": outcome.latency_s,
        "first_token_s": outcome.first_token_s,
        "retries": outcome.retries,
        "committed": outcome.committed,
        "moved_from": outcome.moved_from,
        "loss": outcome.loss,
        "error": None if error is None else {"code": error.code, "message": _message(error)},
    }


def _read(answer: Answer) -> Row:
    """retrieved, retrieval; most answers have nothing to do with documents."""
    documents, sought = documents_of(answer), retrieval_json(answer.decision)
    if sought is None and not documents:
        return False, None
    given = sought or {"reason": f"looked into by {answer.plan.strategy}", "passages": [], "experts": []}
    arms = {arm["expert"]: round(arm["documented"] - arm["without"], 4) for arm in given["experts"]}
    served = None if answer.served is None else answer.served.expert
    read = [named(passage) for passage in documents]
    return bool(documents), as_json({**given, "gain": arms.get(served), "read": read})


def as_json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
