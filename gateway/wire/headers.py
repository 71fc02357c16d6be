"""`x-coterie-...`: wishes on the way in, what happened on the way out. Knows names and spelling, no meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway.errors import BadRequest
from gateway.types import Answer, Decision, Plan, Query
from gateway.wishes import Wishes

PREFIX = "x-coterie-"
CONFIDENCE = b"x-coterie-confidence"
LISTS = {"experts", "collections"}
SWITCHES = {"cite", "explain"}
NUMBERS = {"thrift", "max_cost_usd", "max_calls", "deadline_s"}
WORDS = {"strategy", "router", "answer", "retrieve", "session"}
SAID = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}

Pairs = list[tuple[bytes, bytes]]


def wishes_in_headers(headers: Mapping[str, str]) -> dict[str, Any]:
    """Wishes as their JSON values; BadRequest for a header of ours that is none."""
    given: dict[str, Any] = {}
    for name, value in headers.items():
        if name.startswith(PREFIX):
            wish = name[len(PREFIX) :].replace("-", "_")
            given[wish] = _value(name, wish, value)
    return given


def _value(header: str, wish: str, text: str) -> Any:
    if wish not in Wishes.model_fields:
        allowed = ", ".join(PREFIX + field.replace("_", "-") for field in Wishes.model_fields)
        raise BadRequest(f"{header}: unknown header. Allowed: {allowed}", param=header)
    if wish in WORDS:
        return text
    if wish in LISTS:
        return [name.strip() for name in text.split(",") if name.strip()]
    if wish in SWITCHES:
        return SAID.get(text.strip().lower(), text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        kind = "a number" if wish in NUMBERS else 'a JSON object such as {"team": "search"}'
        raise BadRequest(f"{header}: must be {kind}", param=header) from None


def plan_headers(query: Query, decision: Decision, plan: Plan, speaker: str) -> Pairs:
    """What is known as soon as an expert speaks; how sure the router is only where the caller asked to be explained.

    Under a policy that minds wrong answers the confidence is the chance that this one is right.
    """
    pairs = [
        (b"x-coterie-decision", query.id.encode()),
        (b"x-coterie-model", speaker.encode()),
        (b"x-coterie-strategy", plan.strategy.encode()),
    ]
    sure = decision.chance_of(speaker) if plan.doubt is not None else decision.confidence
    if sure is not None and (query.wishes.explain or plan.doubt is not None):
        pairs.append((CONFIDENCE, f"{sure:.3f}".encode()))
    return pairs


def answer_headers(answer: Answer) -> Pairs:
    """What happened, on success and on error; the full set only where the caller asked to have it explained."""
    pairs = plan_headers(answer.query, answer.decision, answer.plan, answer.speaker)
    if answer.plan.doubt is not None and answer.confidence is not None:
        pairs = [pair for pair in pairs if pair[0] != CONFIDENCE]
        pairs.append((CONFIDENCE, f"{answer.confidence:.3f}".encode()))
    if answer.query.wishes.explain:
        pairs += [
            (b"x-coterie-cost-usd", f"{answer.cost_usd:.6f}".encode()),
            (b"x-coterie-overhead-ms", f"{answer.overhead_s * 1000:.2f}".encode()),
            (b"x-coterie-retries", str(answer.retries).encode()),
            (b"x-coterie-fallbacks", str(answer.fallbacks).encode()),
        ]
    return pairs
