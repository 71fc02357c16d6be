from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.base import Prediction, Router
from routers.subset import Limits, Offers, choose, upper_bound


def offers(utility, cost=None, latency=None):
    utility = np.asarray(utility, dtype=float)
    m = utility.shape[1]
    cost, latency = (np.ones(m) if given is None else np.asarray(given, dtype=float) for given in (cost, latency))
    return Offers(utility, cost, latency)


def drawn(n, m, seed):
    """Utilities and costs as they come; the better an expert, the dearer."""
    chance = np.random.default_rng(seed)
    skill = chance.uniform(0.2, 0.7, m)
    utility = np.clip(skill + 0.2 * chance.standard_normal((n, m)), 0, 1)
    return offers(utility, np.round(10 * skill, 1) + 1, chance.integers(1, 9, m))


def worth(given, held):
    """Utility and cost of a set by its definition, query by query."""
    best = [max(held, key=lambda m: (row[m], -given.cost[m])) for row in given.utility]
    utility = np.mean([row[m] for row, m in zip(given.utility, best, strict=True)])
    return utility, np.mean([given.cost[m] for m in best])


def best_by_trying(given, limits):
    columns = range(given.utility.shape[1])
    sets = chain.from_iterable(combinations(columns, size) for size in range(1, (limits.most or len(columns)) + 1))
    slow = np.inf if limits.latency is None else limits.latency
    dear = np.inf if limits.cost is None else limits.cost + 1e-12
    quick = [held for held in sets if max(given.latency[m] for m in held) <= slow]
    found = [(held, *worth(given, held)) for held in quick]
    return max((one for one in found if one[2] <= dear), key=lambda one: (one[1], -one[2]), default=None)


limits = st.builds(
    Limits,
    cost=st.none() | st.floats(2, 8),
    latency=st.none() | st.integers(1, 8).map(float),
    most=st.none() | st.integers(1, 4),
)


@given(st.integers(0, 10_000), st.integers(1, 5), limits)
@settings(deadline=None, max_examples=60)
def test_no_set_within_the_limits_is_worth_more(seed, m, limits):
    given = drawn(6, m, seed)
    best = best_by_trying(given, limits)
    if best is None:
        with pytest.raises(ValueError, match="no expert"):
            choose(given, limits)
        return
    found = choose(given, limits)
    assert (found.utility, found.cost) == pytest.approx(best[1:])
    assert found.gap == 0
    assert all(upper_bound(given, limits, held) >= found.utility - 1e-9 for held in ((), found.experts, best[0][:1]))


@pytest.mark.parametrize("limits", [Limits(), Limits(most=4), Limits(cost=4.5), Limits(cost=4.5, latency=6, most=3)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_of_many_experts_the_set_is_near_its_bound_and_within_the_limits(limits, seed):
    given = drawn(200, 18, seed)
    found = choose(given, limits)
    assert (found.utility, found.cost) == pytest.approx(worth(given, found.experts))
    assert limits.most is None or len(found.experts) <= limits.most
    assert limits.cost is None or found.cost <= limits.cost
    assert limits.latency is None or max(given.latency[list(found.experts)]) <= limits.latency
    assert 0 <= found.gap < 0.1


def test_the_bound_holds_for_what_greedy_misses():
    """Eighteen experts of whom sixteen are useless: every set of the others can be tried."""
    base = drawn(40, 6, 3)
    idle = offers(np.hstack([base.utility, np.zeros((40, 12))]), [*base.cost, *[50] * 12])
    limits = Limits(cost=4.0, most=3)
    best = best_by_trying(offers(base.utility, base.cost), limits)
    found = choose(idle, limits)
    assert found.utility <= best[1] + 1e-9 <= found.bound + 2e-9


def test_the_bound_holds_however_poor_the_set_it_begins_from():
    given = offers(np.eye(4))
    assert upper_bound(given, Limits(most=3), (0,)) >= choose(given, Limits(most=3)).utility == 0.75


def test_two_specialists_are_held_rather_than_a_generalist_twice_as_dear():
    given = offers([[0.9, 0.1, 0.8], [0.1, 0.9, 0.8]], cost=[1, 1, 2])
    assert choose(given, Limits(most=2)).experts == (0, 1)
    assert choose(given, Limits(most=1)).experts == (2,)
    assert choose(given, Limits(most=1, cost=1)).utility == pytest.approx(0.5)


def test_what_a_set_costs_is_what_its_queries_cost():
    given = offers([[0.9, 0.5], [0.4, 0.5], [0.4, 0.5], [0.4, 0.5]], cost=[8, 1])
    assert choose(given, Limits(cost=3)).experts == (0, 1)
    assert choose(given, Limits(cost=3)).cost == pytest.approx(11 / 4)
    assert choose(given, Limits(cost=2.5)).experts == (1,)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(latency=0.5), "within 0.5; the quickest takes 1"),
        (Limits(cost=0.5), "costs 0.5 or less; the cheapest that is quick enough costs 1"),
        (Limits(most=0), "at least one expert must be held, not 0"),
    ],
)
def test_limits_nobody_fits_name_the_smallest_that_somebody_does(limits, words):
    with pytest.raises(ValueError, match=words):
        choose(offers([[0.5, 0.6]]), limits)


class Columns(Router):
    """Each expert's quality is a fixed row of weights: as every router here, it predicts each expert by itself."""

    columns = {"weights_": 1}

    def _fit(self, X, Y):
        self.weights_ = np.linalg.lstsq(X, Y, rcond=None)[0]

    def _added(self, X, y):
        raise NotImplementedError

    def predict(self, X):
        mean = np.clip(X @ self.weights_, 0, 1)
        return Prediction.plain(mean, np.zeros_like(mean), "")


def test_a_router_of_the_full_pool_is_worth_the_same_restricted_to_the_set():
    chance = np.random.default_rng(0)
    X, Y = chance.uniform(size=(50, 3)), chance.uniform(size=(50, 5))
    router = Columns().fit(X, Y, tuple("abcde"))
    found = choose(offers(router.predict(X).mean), Limits(most=2))
    restricted = router.select([router.experts_[m] for m in found.experts])
    assert restricted.predict(X).mean.max(axis=1).mean() == pytest.approx(found.utility, abs=1e-12)
