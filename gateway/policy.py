"""From predictions, prices, latencies and wishes to a plan. Learns nothing, so one knob sweeps cost against quality."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import numpy as np

from gateway.abstention import Circumstances, abstaining, doubtful
from gateway.doubt import Doubt
from gateway.draw import Draw, Lot
from gateway.estimates import Estimate, Estimates
from gateway.experts import Policy
from gateway.fanout import SINGLE, Prospects, Terms, fanout
from gateway.form import FREE, Form
from gateway.limits import Knobs, Limits
from gateway.types import Decision, Plan
from gateway.utility import Exchange, exchange, levelled
from gateway.wishes import Wishes
from routers.base import Array
from routers.recruiting import Recruiting

CORRELATION = 0.55
"""How far experts err on the same questions, as fitted on recorded outcomes of eleven models; independent ones would be
taken to hold a right answer far more often than they do."""
CALLS, COMPOSED_CALLS = 3, 12
"""How many calls a query may take where neither policy nor caller says: with one expert, and with several."""


@dataclass(frozen=True, slots=True, eq=False)
class Situation:
    """What is true at this moment, whatever the policy says.

    reference_usd: what a typical query costs at the dearest expert of the pool. seconds_left: until the deadline.
    pinned: who has the conversation; `locked` to it by the results of its own tool calls, which nobody else can use.
    load_prices: (m,) in [-1, 1], in the order of the estimates; None where loads are not balanced.
    generalist: who is best on average over all categories, where that is asked for. form: what an answer looks like;
    `whole`: it must be one expert's as it is. prospects: what asking several would gain. doubt: when an answer is too
    doubtful to be given.
    """

    reference_usd: float
    seconds_left: float = math.inf
    pinned: str | None = None
    locked: bool = False
    load_prices: Array | None = None
    generalist: str | None = None
    form: Form = FREE
    whole: bool = False
    prospects: Prospects | None = None
    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Front:
    """The place of who should go first, and why."""

    place: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Everybody in order, before the lot: what serving draws from, and what a replay takes the chances from.

    rates: what price and latency count. worth, prices: (m,) utilities, and load prices where loads are balanced. order:
    (m,) places, the most valuable first, whoever is late or too likely wrong last.
    """

    rates: Exchange
    worth: Array
    prices: Array | None
    order: Array
    draw: Draw
    reason: str


def plan_for(
    decision: Decision, policy: Policy, name: str, wishes: Wishes, situation: Situation, random_: random.Random
) -> Plan:
    """The plan for one query."""
    experts = decision.estimates.experts
    ranking = ranking_for(decision, policy, wishes, situation)
    order, rates = ranking.order, ranking.rates
    first, propensity = ranking.draw.first(random_)
    if first != order[0]:
        order = np.concatenate(([first], order[order != first]))
    front = ranking.draw.front
    said = ranking.reason if first == front else f"{experts[first]} was drawn at random to learn about it"
    how = fanout(decision.estimates, order, _terms(policy, wishes, situation, rates))
    limits = limits_for(policy, wishes, how.strategy)
    plan = Plan(
        experts=tuple(map(experts.__getitem__, order.tolist())),
        strategy=how.strategy,
        limits=limits,
        propensity=propensity,
        policy=name,
        reason=f"{said}; {how.reason}" if how.reason else said,
        recruited=_recruited(decision.estimates, order[: limits.calls], policy),
        knobs=knobs_of(policy),
        utilities=ranking.worth,
        load_prices=ranking.prices,
        rates=rates,
        doubt=situation.doubt,
        lot=_lot(ranking, experts, situation),
    )
    return abstaining(plan, decision.estimates, Circumstances(situation.form, situation.locked))


def ranking_for(decision: Decision, policy: Policy, wishes: Wishes, situation: Situation) -> Ranking:
    """All of a plan's first choice but the lot itself."""
    estimates = decision.estimates
    rates = rates_for(policy, wishes, situation.reference_usd)
    worth = utilities(estimates, rates)
    prices = None if situation.load_prices is None else situation.load_prices * policy.balance
    value = worth if prices is None else worth + prices
    lesson = estimates.lesson
    value = value if lesson is None else lesson.guarded(value)
    late = _late(estimates.latency_s, situation.seconds_left)
    behind = late | doubtful(estimates, situation.doubt, late)
    order = _ranked(value, estimates.cost_usd, behind)
    front = _front(order, value, behind, decision, policy, situation)
    among = order[: len(order) - behind.sum()]
    if situation.pinned is not None and situation.pinned in estimates:
        draw = Draw(front.place, among, 0.0)
    elif lesson is None:
        draw = Draw(front.place, among, policy.explore)
    else:
        weights = lesson.weights(front.place, among, value, estimates.cost_usd)
        draw = Draw(front.place, among, lesson.share, weights)
    return Ranking(rates, worth, prices, order, draw, front.reason)


def _lot(ranking: Ranking, experts: tuple[str, ...], situation: Situation) -> Lot:
    draw, left = ranking.draw, situation.seconds_left
    return Lot(
        front=experts[draw.front],
        explore=draw.explore,
        reference_usd=situation.reference_usd,
        behind=tuple(map(experts.__getitem__, ranking.order[len(draw.among) :].tolist())),
        pinned=situation.pinned,
        locked=situation.locked,
        generalist=situation.generalist,
        seconds_left=left if math.isfinite(left) else None,
        least_chance=None if situation.doubt is None else situation.doubt.first,
        weights=None if draw.weights is None else _weights(draw, experts),
    )


def _weights(draw: Draw, experts: tuple[str, ...]) -> dict[str, float]:
    chances = [] if draw.weights is None else draw.weights.tolist()
    return {experts[place]: chance for place, chance in zip(draw.among.tolist(), chances, strict=True) if chance > 0}


def plan_as_named(decision: Decision, policy: Policy, wishes: Wishes, whole: bool) -> Plan:
    """The plan of a caller who named the expert: that one, and nobody else."""
    expert, strategy = decision.estimates.experts[0], SINGLE if whole else wishes.strategy or SINGLE
    limits = limits_for(policy, wishes, strategy)
    return Plan((expert,), strategy, limits, 1.0, expert, decision.reason, knobs=knobs_of(policy))


def _terms(policy: Policy, wishes: Wishes, situation: Situation, rates: Exchange) -> Terms:
    return Terms(
        wanted=wishes.strategy or policy.strategy,
        form=situation.form,
        whole=situation.whole,
        rates=rates,
        least_gain=policy.least_gain,
        calls=wishes.max_calls or policy.max_calls,
        prospects=situation.prospects,
    )


def rates_for(policy: Policy, wishes: Wishes, reference_usd: float) -> Exchange:
    """What price, latency and uncertainty count, under the knobs of the policy and the caller."""
    thrift = policy.thrift if wishes.thrift is None else wishes.thrift
    return exchange(thrift, policy.haste, reference_usd, policy.caution)


def utilities(estimates: Estimates, rates: Exchange) -> Array:
    """(m,) what each expert's answer is worth (`gateway.utility`)."""
    return rates.utility(estimates.score, estimates.cost_usd, estimates.latency_s, estimates.std)


def knobs_of(policy: Policy) -> Knobs:
    """How a strategy that asks several goes about it, under this policy."""
    return Knobs(policy.recruit, policy.sure, policy.least_gain, policy.rounds, policy.lead or "", policy.packs or "")


def limits_for(policy: Policy, wishes: Wishes, strategy: str = SINGLE) -> Limits:
    """The tighter of what the policy allows and the caller wishes."""
    costs = [cost for cost in (policy.max_cost_usd, wishes.max_cost_usd) if cost is not None]
    calls = [most for most in (policy.max_calls, wishes.max_calls) if most is not None]
    return Limits(
        calls=min(calls, default=CALLS if strategy == SINGLE else COMPOSED_CALLS),
        cost_usd=min(costs, default=None),
        seconds=min(policy.deadline_s, wishes.deadline_s or policy.deadline_s),
    )


def _late(latency_s: Array, seconds_left: float) -> Array:
    """(m,) bool: who is expected to answer too late. Where that is everybody, being late makes no difference."""
    late = latency_s > seconds_left
    return np.zeros_like(late) if late.all() else late


def _ranked(value: Array, cost_usd: Array, behind: Array) -> Array:
    """Places from the most valuable on; who would be late, or is too likely wrong, comes after all others.

    Of experts worth the same the cheaper one: the last bit of a float is no reason to pay more.
    """
    order = np.lexsort((cost_usd, -levelled(value)))
    return np.concatenate((order[~behind[order]], order[behind[order]])) if behind.any() else order


def _front(
    order: Array, value: Array, behind: Array, decision: Decision, policy: Policy, situation: Situation
) -> Front:
    """The most valuable, unless the session has its expert or the router is not sure."""
    best, experts = int(order[0]), decision.estimates.experts
    pinned = _place(experts, situation.pinned)
    if pinned is not None and (
        situation.locked or (not behind[pinned] and value[best] - value[pinned] < policy.switch_margin)
    ):
        return Front(pinned, f"the conversation stays with {experts[pinned]}")
    careful = _careful(decision, policy, situation)
    if careful is not None and not behind[careful.place]:
        return careful
    passed_over = int(np.argmax(value))
    said = f"{experts[best]} has the highest expected quality after price and latency"
    return Front(best, said + _why_not(decision.estimates[passed_over], situation) if behind[passed_over] else said)


def _why_not(worth_more: Estimate, situation: Situation) -> str:
    """Why somebody else goes first than whoever is worth most."""
    name, seconds, left = worth_more.expert, worth_more.latency_s, situation.seconds_left
    if seconds > left:
        return f" of those in time; {name} would take about {seconds:.3g} s of the {left:.3g} s left"
    return f" of those likely enough to be right; {name} is so with a chance of {worth_more.score:.2f} only"


def _careful(decision: Decision, policy: Policy, situation: Situation) -> Front | None:
    """Who goes first where the router cannot be relied on."""
    experts = decision.estimates.experts
    fallback = _place(experts, policy.fallback)
    if decision.outlier:
        place = _place(experts, situation.generalist) if fallback is None else fallback
        unlike = "the query is unlike any that the router has learned from"
        return None if place is None else Front(place, f"{unlike}, so {experts[place]} goes first")
    if decision.sure or fallback is None:
        return None
    unsure = f"the router is not sure (confidence {decision.confidence:.2f})"
    return Front(fallback, f"{unsure}, so {experts[fallback]} goes first")


def _place(experts: tuple[str, ...], name: str | None) -> int | None:
    return experts.index(name) if name is not None and name in experts else None


def _recruited(estimates: Estimates, places: Array, policy: Policy) -> tuple[str, ...]:
    """Of these places the fewest that hold a right answer with the policy's confidence; the best by score."""
    if policy.confidence is None:
        return ()
    mean, std = np.clip(estimates.score[places], 0, 1)[None], estimates.std[places][None]
    [members] = Recruiting(chance=policy.confidence, most=len(places), correlation=CORRELATION).members(mean, std)
    return tuple(estimates.experts[place] for place in places[members].tolist())
