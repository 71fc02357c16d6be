"""The correctors of one configuration: one for each router that a policy lets feedback correct."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.configuration import Configuration
from gateway.experts import Policy
from gateway.learning.corrector import Corrector
from gateway.learning.learn import Learn
from gateway.learning.spending import Spending
from gateway.learning.versions import versions_of
from gateway.learning.window import Study
from gateway.policy import rates_for
from gateway.wishes import NO_WISHES

School = Mapping[tuple[str, Learn], Corrector]
"""By router and terms: policies that have both in common learn together, and `auto:cheap` from `auto`."""


def school_of(configuration: Configuration, reference_usd: float, spending: Callable[[str], Spending]) -> School:
    """Empty where no policy learns. Prices count as they do under the first policy of each."""
    correctors: dict[tuple[str, Learn], Corrector] = {}
    for address in configuration.book.values():
        policy = address.policy
        if policy.learn is None or address.expert or (policy.router, policy.learn) in correctors:
            continue
        study = study_of(policy, configuration, reference_usd)
        corrector = Corrector(address.name, policy.learn, study, spending(address.name))
        correctors[policy.router, policy.learn] = corrector
    return correctors


def study_of(policy: Policy, configuration: Configuration, reference_usd: float) -> Study:
    """What teaches about this policy's router, prices counted as under the policy."""
    return Study(
        router=policy.router,
        artifact=configuration.readings[policy.router].version,
        versions=versions_of(configuration.experts.experts),
        rates=rates_for(policy, NO_WISHES, reference_usd),
        half_life_days=None if policy.learn is None else policy.learn.half_life_days,
    )


def corrector_of(school: School, policy: Policy) -> Corrector | None:
    """None where this policy does not learn, or the caller wishes for a router that it does not learn about."""
    return None if policy.learn is None else school.get((policy.router, policy.learn))
