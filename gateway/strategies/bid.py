"""Experts bid with the confidence of their first token; the best bidder writes, and is heard as it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.clients.prepare import CAPS
from gateway.confidence import ALTERNATIVES, SENSITIVITY, first_token, shifted, telling, tells
from gateway.consult import Asking, Brief
from gateway.strategies.single import in_turn
from gateway.types import Json, Outcome, Verdict

ROLE = "bid"
FEWEST = 2
SPARE = 2.0
"""A bid may take as many times what the slowest bidder's whole answers take."""
LONGEST_SHARE = 0.3
"""Of the seconds left, for bids at most."""


async def bid(brief: Brief) -> Verdict:
    """Autonomy of Experts (arXiv 2501.13074) between models: one token, ranked among the expert's own.

    The rank moves the prior; who does not give log-probabilities bids its prior, who fails to bid comes last.
    """
    most = min(brief.plan.knobs.recruit, brief.purse.calls_left - 1)
    bidders = brief.recruits(most) if most >= FEWEST else ()
    if len(bidders) < FEWEST:
        return await in_turn(brief, brief.plan.experts)
    worth = _worth(brief, bidders, await _bids(brief, bidders))
    order = sorted(bidders, key=lambda expert: -_value(brief, expert, worth))
    verdict = await in_turn(brief, [*order, *(expert for expert in brief.plan.experts if expert not in order)])
    served = verdict.served
    if served is None or worth.get(served.expert) is None:
        return verdict
    said = ", ".join(f"{expert} {worth[expert]:.2f}" for expert in order if expert in worth)
    return replace(verdict, confidence=worth[served.expert], reason=f"bids: {said}")


async def _bids(brief: Brief, bidders: Sequence[str]) -> Mapping[str, Outcome]:
    """One call and the dollars and seconds of an answer are left for whoever wins."""
    estimates = [brief.decision.estimates.of(expert) for expert in bidders]
    usd = max(one.cost_usd for one in estimates)
    left = max(0.0, brief.purse.seconds_left)
    patience = min(LONGEST_SHARE * left, SPARE * max(one.latency_s for one in estimates))
    body = first_words(brief.query.body)
    with brief.purse.keeping(1, usd, left - patience):
        able = [expert for expert in bidders if tells(brief.kit.experts[expert])]
        outcomes = await brief.consult_all(Asking(expert, body, ROLE) for expert in able)
    return {outcome.expert: outcome for outcome in outcomes}


def first_words(body: Json) -> Json:
    """The request for one token, with the likeliest others."""
    bare = {key: value for key, value in body.items() if key not in CAPS}
    return telling(bare) | {"top_logprobs": ALTERNATIVES, "max_tokens": 1}


def _worth(brief: Brief, bidders: Sequence[str], bids: Mapping[str, Outcome]) -> dict[str, float]:
    """By expert, the chance that it answers right after its bid; whoever failed is not there."""
    evidence = brief.kit.blank(brief.decision, brief.features, brief.plan.experts)
    priors = dict(zip(brief.kit.experts, evidence.chance.tolist(), strict=True))
    worth: dict[str, float] = {}
    for expert in bidders:
        outcome = bids.get(expert)
        if outcome is not None and outcome.reply is None:
            continue
        sure = None if outcome is None or outcome.reply is None else first_token(outcome.reply)
        by = 0.0 if sure is None else SENSITIVITY * brief.kit.ranks.score(expert, "first token", sure)
        worth[expert] = shifted(priors[expert], by)
    return worth


def _value(brief: Brief, expert: str, worth: Mapping[str, float]) -> float:
    """After the price of the whole answer."""
    return worth.get(expert, -1.0) - brief.price(expert)
