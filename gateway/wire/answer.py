"""From an Answer to OpenAI's completion, with `coterie` beside it."""

from __future__ import annotations

import orjson

from gateway.errors import GatewayError
from gateway.types import Answer, Json, Outcome
from gateway.wire.completion import read_usage
from gateway.wire.sources import documents_of, sources_json

USD_DIGITS = 12


def completion(answer: Answer) -> bytes:
    """The expert's completion as it came, but for `model`, the summed `usage` and `coterie`."""
    served = answer.served
    if served is None or served.reply is None:
        raise ValueError("an answer without a reply has no completion. This is a bug.")
    return orjson.dumps(
        {**served.reply.body, "model": answer.speaker, "usage": total_usage(answer), "coterie": account(answer)}
    )


def account(answer: Answer) -> Json:
    """What stands under `coterie` in an answer and in the last chunk of a stream."""
    verdict, served, documents = answer.verdict, answer.served, documents_of(answer)
    account: Json = {
        "decision_id": answer.query.id,
        "strategy": answer.plan.strategy,
        "experts": [outcome.expert for outcome in answer.outcomes],
        "cost_usd": round(answer.cost_usd, USD_DIGITS),
        "retrieved": bool(documents),
    }
    if documents:
        account["sources"] = sources_json(answer, documents)
    if served is not None and served.moved_from is not None:
        account["moved"] = {"from": served.moved_from, "loss": round(served.loss, 4)}
    if answer.confidence is not None:
        account["confidence"] = round(answer.confidence, 4)
    if verdict.abstained:
        account["abstained"] = True
    if verdict.ballot:
        account["ballot"] = [
            {"answer": one.key, "experts": one.experts, "chance": round(one.chance, 4)} for one in verdict.ballot
        ]
    return account


def total_usage(answer: Answer) -> Json:
    """The expert's own usage where it alone was asked, with all its details; otherwise the sum over every call."""
    served = answer.served
    theirs = served.reply.body.get("usage") if served and served.reply else None
    spent = [outcome for outcome in answer.outcomes if outcome is not served and _cost_tokens(outcome)]
    if not spent and isinstance(theirs, dict) and read_usage(theirs) is not None:
        return theirs
    prompt = sum(outcome.usage.input_tokens for outcome in answer.outcomes)
    written = sum(outcome.usage.output_tokens for outcome in answer.outcomes)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


def _cost_tokens(outcome: Outcome) -> bool:
    return outcome.usage.input_tokens + outcome.usage.output_tokens > 0


def error_body(error: GatewayError) -> Json:
    """The one shape that every error has, in a body and in a stream."""
    return {"error": {"message": error.message, "type": error.type, "param": error.param, "code": error.code}}
