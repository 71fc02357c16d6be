"""Saying that one does not know, in words of the gateway's own; and what becomes of an answer that is too doubtful."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway.consult import Brief
from gateway.doubt import Doubt
from gateway.strategies.proposals import ballot_of
from gateway.types import ANSWER, Json, Outcome, Reply, Usage, Verdict

OWN = "coterie/abstain"
"""Whose words they are: no expert may be called so."""
BEFORE = "I do not know: nobody I may ask is likely enough to answer this right."
AFTER = "I do not know: the answers I was given are too doubtful to pass on."


async def abstain(brief: Brief) -> Verdict:
    """Asks nobody: whoever is likeliest to be right is not likely enough."""
    chance = float(brief.decision.estimates.score.max())
    return Verdict(_said(brief, BEFORE), chance, brief.plan.reason, abstained=True)


async def settled(brief: Brief, strategy: Callable[[Brief], Awaitable[Verdict]]) -> Verdict:
    """What the strategy comes to, or what the plan's doubt puts in its place where that is not sure enough."""
    verdict, doubt = await strategy(brief), brief.plan.doubt
    if doubt is None or verdict.abstained or not _doubtful(verdict, doubt):
        return verdict
    if doubt.then == "say":
        reason = f"{verdict.reason}; that is below {_least(verdict, doubt):.2f}"
        return replace(verdict, served=_said(brief, AFTER), reason=reason, abstained=True)
    return await _escalated(brief, verdict, doubt.to) if doubt.then == "escalate" else verdict


def _doubtful(verdict: Verdict, doubt: Doubt) -> bool:
    """Whether it is known to be too likely wrong; what was heard already is not taken back."""
    served, sure = verdict.served, verdict.confidence
    return served is not None and not served.committed and sure is not None and sure < _least(verdict, doubt)


def _least(verdict: Verdict, doubt: Doubt) -> float:
    """Where nothing was compared, the confidence is the chance of the one expert."""
    return doubt.verdict if verdict.ballot else doubt.first


async def _escalated(brief: Brief, verdict: Verdict, to: str) -> Verdict:
    """One more is asked, unless it was asked already. Where answers compare, its own is weighed with the others."""
    if any(outcome.expert == to and outcome.role == ANSWER for outcome in brief.outcomes):
        return verdict
    outcome = await brief.consult(to)
    if outcome is None or not outcome.worded:
        return verdict
    reason = f"the answer was doubtful, so {to} was asked too"
    if brief.features.form.checkable:
        ballot = await ballot_of(brief, [one for one in brief.outcomes if one.role == ANSWER])
        return ballot.verdict(reason=reason)
    return Verdict(outcome, brief.decision.estimates.of(to).score, reason)


def _said(brief: Brief, words: str) -> Outcome:
    """A completion like any other, that took nothing."""
    return Outcome(
        expert=OWN,
        reply=Reply(_completion(brief, words), words, Usage(), "stop"),
        error=None,
        usage=Usage(),
        cost_usd=0.0,
        latency_s=0.0,
        first_token_s=None,
        retries=0,
        committed=False,
        started=time.monotonic(),
    )


def _completion(brief: Brief, words: str) -> Json:
    message = {"role": "assistant", "content": words, "refusal": None}
    return {
        "id": f"chatcmpl-{brief.query.id}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": OWN,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    }
