"""Policies with a budget: the experts they may ask, chosen before anybody asks (MoE², arXiv 2501.09410).

What a router says of an expert does not depend on who else is in the pool, so the set is searched on its predictions
for reference prompts, and the policy then routes within it. Knows no request.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gateway.columns import Columns
from gateway.document import Misplaced
from gateway.experts import Budget, Experts, Policy
from gateway.features import EXPECTED_OUTPUT_TOKENS
from gateway.pool import Pool
from gateway.reading import Reading
from gateway.reference import Reference, sample
from gateway.utility import exchange
from routers.base import Array
from routers.subset import Limits, Offers, choose


def within_budgets(experts: Experts, pool: Pool, readings: Mapping[str, Reading], habits: Array) -> Experts:
    """The same, with `experts` of each policy that has a budget set to those chosen; Misplaced where none fit.

    habits (m,): how many times as much as the average expert each of the pool writes.
    """
    if all(policy.budget is None for policy in experts.policies.values()):
        return experts
    columns, texts = Columns.of(pool.members.values()), sample()
    references = {
        name: Reference.by(readings[name], texts)
        for name in {policy.router for policy in experts.policies.values() if policy.budget is not None}
    }
    policies = {
        name: policy
        if policy.budget is None
        else _restricted(name, policy, policy.budget, columns, references[policy.router], habits)
        for name, policy in experts.policies.items()
    }
    return experts.model_copy(update={"policies": policies})


def _restricted(
    name: str, policy: Policy, budget: Budget, columns: Columns, reference: Reference, habits: Array
) -> Policy:
    places = np.flatnonzero(~columns.absent & columns.mask(policy.experts or columns.names))
    if not len(places):
        raise Misplaced(("policies", name, "experts"), "none of these experts can be asked")
    offers = _offers(policy, columns, reference, habits, places)
    try:
        chosen = choose(offers, Limits(cost=budget.cost_usd_per_query, latency=budget.latency_s))
    except ValueError as error:
        raise Misplaced(("policies", name, "budget"), str(error)) from None
    return policy.model_copy(update={"experts": tuple(columns.names[places[held]] for held in chosen.experts)})


def _offers(policy: Policy, columns: Columns, reference: Reference, habits: Array, places: Array) -> Offers:
    """What the experts at these places are worth on the reference prompts, and what they cost and take."""
    where = [reference.experts.index(columns.names[place]) for place in places]
    cost = np.array([columns.cost_usd(tokens, EXPECTED_OUTPUT_TOKENS * habits) for tokens in reference.input_tokens])
    rates = exchange(policy.thrift, policy.haste, columns.reference_usd, policy.caution)
    latency = columns.latency[places]
    worth = rates.utility(reference.score[:, where], cost[:, places], latency, reference.std[:, where])
    return Offers(worth, cost[:, places].mean(axis=0), latency)
