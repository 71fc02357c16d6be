"""Parts of a question: each is asked of whoever is best for it; one expert writes the answer from what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.consult import Asking, Brief
from gateway.prompts import WRITES, marked, writing
from gateway.strategies.leads import Lead
from gateway.strategies.proposals import broken_off
from gateway.strategies.single import in_turn
from gateway.types import Json, Outcome, Query, Verdict

ROLE = "part"


@dataclass(frozen=True, slots=True)
class Part:
    """What one expert is asked: all that it sees. title: what it is shown as to whoever writes the answer."""

    title: str
    prompt: str


async def alone(brief: Brief) -> Verdict:
    """Somebody's own answer to the caller's request, as `single` asks for it; whoever has failed comes last."""
    failed = {outcome.expert for outcome in brief.outcomes if not outcome.ok}
    return await in_turn(brief, sorted(brief.plan.experts, key=lambda expert: expert in failed))


async def best_for(brief: Brief, text: str, body: Json) -> str:
    """Of those the plan allows, whoever is worth most on this text after its price, and may still be asked.

    Where nobody may, or no router can say, the order of the plan decides.
    """
    chances = await brief.kit.route(text, brief.decision.router)
    able = [expert for expert in brief.plan.experts if brief.may_consult(expert, body)] or brief.plan.experts
    return max(able, key=lambda expert: chances.get(expert, 0.0) - (brief.price(expert) if chances else 0.0))


async def answered(brief: Brief, parts: Sequence[Part]) -> Mapping[int, Outcome]:
    """By place, what was answered of the parts, all asked at once; who failed or may not be asked is not there."""
    bodies = [fresh(brief.query, part.prompt) for part in parts]
    askings = [
        Asking(await best_for(brief, part.prompt, body), body, f"{ROLE} {place}")
        for place, (part, body) in enumerate(zip(parts, bodies, strict=True))
    ]
    outcomes = {outcome.role: outcome for outcome in await brief.consult_all(askings)}
    found = {place: outcomes.get(asking.role) for place, asking in enumerate(askings)}
    return {place: one for place, one in found.items() if one is not None and said(one)}


def fresh(query: Query, prompt: str) -> Json:
    """A request that holds this prompt and nothing else: whoever answers it has fresh eyes."""
    return {"model": query.model, "messages": [{"role": "user", "content": prompt}], "max_tokens": WRITES}


def said(outcome: Outcome) -> str:
    """Its words; "" where it failed or says nothing."""
    return outcome.reply.text.strip() if outcome.reply is not None else ""


def shown(query: Query, parts: Sequence[tuple[str, str]], tokens: int) -> str:
    """Titles and replies as data."""
    return marked(query, [f"{title}\n\nReply: {reply}" for title, reply in parts], tokens, "Part")


async def written(brief: Brief, lead: Lead, text: str, parts: Sequence[Outcome], role: str) -> Verdict:
    """The lead's answer to the caller's request with this text after it, aloud.

    Where it fails, somebody else answers the request alone; where the limits forbid that, the last part goes out.
    """
    outcome = await brief.consult(lead.expert, body=writing(brief.query, text), role=role, aloud=True)
    if outcome is not None and (outcome.committed or said(outcome)):
        helpers = ", ".join(dict.fromkeys(part.expert for part in parts))
        return Verdict(outcome if outcome.ok else None, reason=f"{lead.expert} wrote it from the parts of {helpers}")
    verdict = await alone(brief)
    if verdict.served is not None or broken_off(brief):
        return verdict
    return Verdict(
        parts[-1] if parts else None, reason=f"{lead.expert} could not write the answer: the last part of it"
    )
