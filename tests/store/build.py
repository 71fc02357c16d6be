"""Answers as the pipeline makes them, for the tests of the record."""

from __future__ import annotations

from typing import Any

import numpy as np

from gateway.errors import ContextTooLong, ExpertTimeout, GatewayError
from gateway.estimates import Estimate, Estimates
from gateway.limits import Limits
from gateway.types import Answer, Decision, Dropped, Features, Outcome, Plan, Query, Reply, Usage, Verdict
from gateway.wishes import Wishes

PROMPT = "my most secret prompt"


def outcome(expert: str = "maths", text: str = "4", error: GatewayError | None = None) -> Outcome:
    usage = Usage(40, 100)
    reply = None if error else Reply({"choices": []}, text, usage, "stop")
    return Outcome(expert, reply, error, usage, 0.0003, 1.2, None if error else 0.2, 1 if error else 0, not error)


def answer(
    id: str,
    tenant: str = "acme",
    *,
    wishes: Wishes | None = None,
    served: Outcome | None = None,
    text: str = "4",
    error: GatewayError | None = None,
    **more: Any,
) -> Answer:
    """An answer after one timeout; with `error`, none at all."""
    body = {"messages": [{"role": "user", "content": more.get("prompt", PROMPT)}], "stream": True}
    query = Query(id, "auto:cheap", body, tenant, wishes or Wishes())
    estimates = Estimates.rows(Estimate(name, 0.5, 0.1, 0.0001, 1.5, 120.0) for name in ("maths", "small"))
    dropped = (Dropped("tiny", "its context is too short", ContextTooLong("too long")),)
    confidence = more.get("confidence", 0.83)
    decision = Decision(
        estimates, dropped, "blend", "blend@1f", confidence, True, "math", "maths is best", ("algebra",)
    )
    plan = Plan(
        ("small", "maths"),
        "single",
        Limits(4, 0.5, 60.0),
        0.95,
        "auto",
        "thrift 0.3",
        recruited=("maths",),
        utilities=np.array([0.4, 0.45]),
        load_prices=np.array([-0.02, 0.02]),
    )
    late = outcome("small", error=ExpertTimeout("small was too slow", expert="small"))
    good = None if error else served or outcome(text=text)
    outcomes = (late,) if good is None else (late, good)
    features = Features(PROMPT, False, 40, 100, frozenset({"tools"}))
    return Answer(query, features, decision, plan, outcomes, Verdict(good), error, 0.0004, 1.24)
