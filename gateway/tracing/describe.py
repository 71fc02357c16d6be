"""What spans say: OpenTelemetry's conventions for generative AI, and `coterie.*` for what is ours. Never a text.

Tokens stand at the calls alone, so that whoever sums `gen_ai.usage.*` over a trace counts each once.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from gateway.experts import Expert
from gateway.tracing.spans import Attributes, Value
from gateway.types import Answer, Consultation, Decided, Outcome, Query, Verdict
from gateway.wire.sources import documents_of


def of_query(query: Query) -> Attributes:
    return {"coterie.decision_id": query.id, "coterie.model": query.model, "coterie.stream": query.stream}


def of_decided(decided: Decided) -> Attributes:
    """Words of the category and of skills come from lists of ours, not from the prompt."""
    decision, plan, grounding = decided.decision, decided.plan, decided.decision.grounding
    return {
        "coterie.router": decision.router,
        "coterie.artifact": decision.artifact,
        "coterie.category": decision.category,
        "coterie.skills": decision.skills,
        "coterie.confidence": decision.confidence,
        "coterie.sure": decision.sure,
        "coterie.outlier": decision.outlier,
        "coterie.policy": plan.policy,
        "coterie.strategy": plan.strategy,
        "coterie.experts": plan.experts[:10],
        "coterie.dropped": [dropped.expert for dropped in decision.dropped[:10]],
        "coterie.propensity": plan.propensity,
        "coterie.documents.found": len(grounding.passages) if grounding else None,
        "coterie.documents.experts": sorted(grounding.experts)[:10] if grounding else None,
        "coterie.documents.search_s": grounding.seconds if grounding else None,
    }


def of_verdict(verdict: Verdict) -> Attributes:
    served = verdict.served
    return {"coterie.expert": served.expert if served else None, "coterie.verdict.confidence": verdict.confidence}


def of_answer(answer: Answer) -> Attributes:
    """Of the whole request: sums over its calls, under names of our own."""
    return {
        "coterie.strategy": answer.plan.strategy,
        "coterie.expert": answer.served.expert if answer.served else None,
        "coterie.retrieved": bool(documents_of(answer)),
        "coterie.abstained": answer.verdict.abstained,
        "coterie.calls": sum(outcome.asked for outcome in answer.outcomes),
        "coterie.retries": answer.retries,
        "coterie.fallbacks": answer.fallbacks,
        "coterie.cost_usd": answer.cost_usd,
        "coterie.overhead_s": answer.overhead_s,
    }


def of_consultation(asked: Consultation, expert: Expert) -> Attributes:
    """What is known before the call."""
    where = urlsplit(expert.base_url or "")
    return {
        "gen_ai.operation.name": "text_completion" if expert.endpoint == "completions" else "chat",
        "gen_ai.provider.name": provider(expert),
        "gen_ai.request.model": expert.model,
        "gen_ai.request.max_tokens": _whole(asked.query.body.get("max_tokens")),
        "server.address": where.hostname,
        "server.port": where.port,
        "coterie.expert": asked.expert,
        "coterie.role": asked.role,
    }


def of_outcome(outcome: Outcome) -> Attributes:
    """What came of it. Where another expert answered in its place, its name."""
    reply = outcome.reply
    return {
        "gen_ai.response.model": _text(reply.body.get("model")) if reply else None,
        "gen_ai.response.id": _text(reply.body.get("id")) if reply else None,
        "gen_ai.response.finish_reasons": [reply.finish_reason] if reply and reply.finish_reason else None,
        "gen_ai.usage.input_tokens": outcome.usage.input_tokens,
        "gen_ai.usage.output_tokens": outcome.usage.output_tokens,
        "coterie.usage.estimated": outcome.usage.estimated,
        "coterie.cost_usd": outcome.cost_usd,
        "coterie.retries": outcome.retries,
        "coterie.first_token_s": outcome.first_token_s,
        "coterie.expert": outcome.expert,
        "coterie.moved_from": outcome.moved_from,
    }


def provider(expert: Expert) -> str:
    """Whose format it speaks: LiteLLM's models begin with that; everything else is OpenAI's."""
    prefix, slash, _ = expert.model.partition("/")
    return prefix if expert.provider == "litellm" and slash else "openai"


def _text(value: object) -> Value:
    return value if isinstance(value, str) else None


def _whole(value: object) -> Value:
    return value if isinstance(value, int) else None
