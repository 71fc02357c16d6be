"""From weak and cheap to strong and dear, until an answer is sure enough by the way it was given."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ballot import Ballot
from gateway.confidence import SENSITIVITY, log_odds, mean_logprob, shifted, silence, telling, tells
from gateway.consult import Brief
from gateway.strategies.sampling import sampled
from gateway.types import Outcome, Verdict


async def cascade(brief: Brief) -> Verdict:
    """FrugalGPT's cascade; confidence is the prior chance, moved by log-probabilities or by samples, and by agreement.

    Where the next expert costs more than a few samples of this one, those are drawn first (RPC).
    """
    ballot, order = Ballot(brief), ladder(brief)
    for place, expert in enumerate(order):
        if ballot.given and not _worth(brief, ballot, expert):
            continue
        told = tells(brief.kit.experts[expert])
        outcome = await brief.consult(expert, body=telling(brief.query.body) if told else None)
        if outcome is None:
            break
        await _believed(brief, ballot, outcome, order[place + 1 :])
        if ballot.given and ballot.posterior.top >= brief.plan.knobs.sure:
            break
    verdict = ballot.verdict()
    if verdict.served is not None and not brief.query.body.get("logprobs"):
        silence(verdict.served)
    return verdict


def ladder(brief: Brief) -> Sequence[str]:
    """Of those that the limits allow to be asked, who is better than all cheaper ones; then the others, as planned."""
    rows = {row.expert: row for row in brief.decision.estimates}
    allowed = [rows[name] for name in brief.plan.experts[: max(1, brief.purse.calls_left)]]
    rungs: list[str] = []
    best = float("-inf")
    for row in sorted(allowed, key=lambda row: (row.cost_usd, -row.score)):
        if not rungs or row.score > best:
            rungs.append(row.expert)
            best = row.score
    return [*rungs, *(name for name in brief.plan.experts if name not in rungs)]


def _worth(brief: Brief, ballot: Ballot, expert: str) -> bool:
    """Whether what the expert may add to the chance of a right answer is worth its price."""
    gain = float(ballot.gains()[ballot.places[expert]])
    return gain > brief.price(expert) + brief.plan.knobs.least_gain


async def _believed(brief: Brief, ballot: Ballot, outcome: Outcome, later: Sequence[str]) -> None:
    """Put the answer on the ballot, with what is to be thought of it; more samples are drawn where that pays."""
    known = None if outcome.reply is None else mean_logprob(outcome.reply)
    if known is not None:
        prior = ballot.chance(outcome)
        chance = shifted(prior, SENSITIVITY * brief.kit.ranks.score(outcome.expert, "answer", known))
        more = _samples(brief, outcome.expert, later) if chance < brief.plan.knobs.sure else 0
        if more:
            found = await sampled(brief, outcome, more)
            outcome, chance = found.outcome, shifted(prior, log_odds(found.chance))
        ballot.trust(outcome.expert, chance)
    await ballot.add(outcome)


def _samples(brief: Brief, expert: str, later: Sequence[str]) -> int:
    """How many more answers of the expert together cost less than the next expert's; a call is left for that one."""
    if not later or not brief.features.form.checkable:
        return 0
    more = min(brief.plan.knobs.recruit, brief.purse.calls_left) - 1
    estimates = brief.decision.estimates
    cheaper = more * estimates.of(expert).cost_usd < estimates.of(later[0]).cost_usd
    return max(0, more) if cheaper else 0
