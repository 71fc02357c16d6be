"""From predictions, prices, latencies and wishes to a plan. Learns nothing, so one knob sweeps cost against quality."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from gateway.experts import Policy
from gateway.types import Decision, Estimate, Limits, Plan
from gateway.wishes import Wishes

LATENCY_REFERENCE_S = 10.0
CHEAPEST = 1e9


def plan_for(
    decision: Decision,
    policy: Policy,
    name: str,
    wishes: Wishes,
    *,
    reference_usd: float,
    pinned: str | None,
    locked: bool,
    random_: random.Random,
) -> Plan:
    """The plan for one query. `reference_usd` is what a typical query costs at the dearest expert of the pool.

    `pinned` has the conversation; where it is `locked` to it (the results of its own tool calls) it stays.
    """
    utility = utilities(decision.estimates, policy, wishes, reference_usd)
    order = sorted(utility, key=lambda expert: -utility[expert])
    order, reason = _preferred(order, utility, decision, policy, pinned, locked)
    explore = 0.0 if pinned in utility else policy.explore
    first, propensity = _drawn(order, explore, random_)
    if first != order[0]:
        reason = f"{first} was drawn at random to learn about it"
    order.sort(key=lambda expert: expert != first)
    return Plan(
        experts=tuple(order),
        strategy=wishes.strategy or policy.strategy,
        limits=limits_for(policy, wishes),
        propensity=propensity,
        policy=name,
        reason=reason,
    )


def plan_as_named(decision: Decision, policy: Policy, wishes: Wishes) -> Plan:
    """The plan of a caller who named the expert: that one, and nobody else."""
    expert = decision.estimates[0].expert
    strategy = wishes.strategy or "single"
    return Plan((expert,), strategy, limits_for(policy, wishes), 1.0, expert, decision.reason)


def utilities(
    estimates: Sequence[Estimate], policy: Policy, wishes: Wishes, reference_usd: float
) -> Mapping[str, float]:
    """Expected quality less price and latency: u = score - w(thrift) * cost / reference - w(haste) * seconds / 10.

    w(t) = (t / (1 - t))^2, so that at thrift 0.3 an answer for the dearest typical price must be 0.18 better than a
    free one, at 0.5 it must be 1.0 better, and at 1 price alone counts. One price for quality over all queries is what
    traces the convex hull of cost against quality (methods of RouterBench, decision rule).
    """
    thrift = policy.thrift if wishes.thrift is None else wishes.thrift
    per_usd = _weight(thrift) / reference_usd if reference_usd > 0 else 0.0
    per_s = _weight(policy.haste) / LATENCY_REFERENCE_S
    return {
        estimate.expert: estimate.score - per_usd * estimate.cost_usd - per_s * estimate.latency_s
        for estimate in estimates
    }


def limits_for(policy: Policy, wishes: Wishes) -> Limits:
    """The tighter of what the policy allows and the caller wishes."""
    costs = [cost for cost in (policy.max_cost_usd, wishes.max_cost_usd) if cost is not None]
    return Limits(
        calls=min(policy.max_calls, wishes.max_calls or policy.max_calls),
        cost_usd=min(costs, default=None),
        seconds=min(policy.deadline_s, wishes.deadline_s or policy.deadline_s),
    )


def _weight(knob: float) -> float:
    return CHEAPEST if knob >= 1 else (knob / (1 - knob)) ** 2


def _preferred(
    order: list[str],
    utility: Mapping[str, float],
    decision: Decision,
    policy: Policy,
    pinned: str | None,
    locked: bool,
) -> tuple[list[str], str]:
    """The order by utility, unless the session has its expert or the router is not sure."""
    best = order[0]
    if pinned is not None and pinned in utility and (locked or utility[best] - utility[pinned] < policy.switch_margin):
        return sorted(order, key=lambda expert: expert != pinned), f"the conversation stays with {pinned}"
    if not decision.sure and policy.fallback in utility:
        reason = f"the router is not sure (confidence {decision.confidence:.2f}), so {policy.fallback} goes first"
        return sorted(order, key=lambda expert: expert != policy.fallback), reason
    return order, f"{best} has the highest expected quality after price and latency"


def _drawn(order: list[str], explore: float, random_: random.Random) -> tuple[str, float]:
    """The expert to ask first and the probability with which it was drawn."""
    chance = explore / len(order)
    first = order[0]
    if explore > 0 and random_.random() < explore:
        first = random_.choice(order)
    return first, chance + (1 - explore if first == order[0] else 0.0)
