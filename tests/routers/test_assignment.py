from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.assignment import Budget, Pool, assign, frontier, valued

FIELDS = ("law", "math")


def pool(quality, active, total=None, shares=None):
    """Quality (K, M) of experts a, b, c… with these sizes; categories share the traffic evenly unless told."""
    quality = np.asarray(quality, dtype=float)
    k, m = quality.shape
    shares = np.full(k, 1 / k) if shares is None else np.asarray(shares, dtype=float)
    active = np.asarray(active, dtype=float)
    names = tuple("abcdefgh"[:m])
    total = active if total is None else np.asarray(total, dtype=float)
    return Pool(tuple(f"field {n}" for n in range(k)), names, shares, quality, active, total)


SPECIALISTS = pool([[0.9, 0.2, 0.6], [0.1, 0.8, 0.6]], active=[10, 20, 2])
"""a knows law, b knows math, c is small and middling."""


@st.composite
def problems(draw):
    """A small pool, its numbers eighths so that no two maps differ by less than the solver sees, and a budget."""
    k, m = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    eighths = st.integers(0, 8).map(lambda n: n / 8)
    sizes = st.lists(st.integers(1, 12), min_size=m, max_size=m)
    quality = draw(st.lists(st.lists(eighths, min_size=m, max_size=m), min_size=k, max_size=k))
    parts = np.array(draw(st.lists(st.integers(1, 4), min_size=k, max_size=k)), dtype=float)
    drawn = pool(quality, draw(sizes), draw(sizes), parts / parts.sum())
    some = st.lists(st.sampled_from(drawn.experts), unique=True).map(tuple)
    limits = st.none() | st.integers(1, 30).map(float)
    return drawn, Budget(draw(limits), draw(limits), draw(some), draw(st.none() | some))


def allowed(drawn, budget):
    """Every map that keeps the budget, by trying them all."""
    may = drawn.experts if budget.may is None else {*budget.may, *budget.must}
    maps = (valued(drawn, experts, budget.must) for experts in product(drawn.experts, repeat=len(drawn.categories)))
    total, active = (np.inf if limit is None else limit + 1e-6 for limit in (budget.total, budget.active))
    return [one for one in maps if {*one.experts} <= {*may} and one.total <= total and one.active <= active]


def pareto(maps):
    """(active, quality) of the maps than which none is at least as good in both and better in one."""
    points = sorted({(round(one.active, 6), round(one.quality, 6)) for one in maps}, key=lambda p: (p[0], -p[1]))
    return [p for n, p in enumerate(points) if all(p[1] > before[1] for before in points[:n])]


@given(problems())
@settings(deadline=None, max_examples=60)
def test_no_map_that_keeps_the_budget_is_better(problem):
    drawn, budget = problem
    maps = allowed(drawn, budget)
    if not maps:
        with pytest.raises(ValueError, match="no map fits"):
            assign(drawn, budget)
        return
    found = assign(drawn, budget)
    best = max(one.quality for one in maps)
    assert found.quality == pytest.approx(best, abs=1e-6)
    assert found.active == pytest.approx(min(one.active for one in maps if one.quality > best - 1e-6), abs=1e-5)
    assert found in maps


@given(problems())
@settings(deadline=None, max_examples=30)
def test_the_frontier_is_every_point_that_trying_all_maps_finds(problem):
    drawn, budget = problem
    maps = allowed(drawn, budget)
    if maps:
        found = [(one.active, one.quality) for one in frontier(drawn, budget)]
        assert np.allclose(found, pareto(maps), atol=1e-5)


def test_without_a_budget_each_category_goes_to_whom_it_suits():
    found = assign(SPECIALISTS, Budget())
    assert found.experts == ("a", "b") and found.used == ("a", "b")
    assert (found.quality, found.active, found.total) == pytest.approx((0.85, 15, 30))


def test_the_two_budgets_are_two_different_questions():
    assert assign(SPECIALISTS, Budget(active=15)).experts == ("a", "b")
    assert assign(SPECIALISTS, Budget(total=15)).experts == ("a", "c")


def test_a_point_that_no_price_on_parameters_would_find_is_on_the_frontier():
    unsupported = pool([[0.0, 0.4, 1.0]], active=[1, 2, 3])
    assert [one.experts for one in frontier(unsupported, Budget())] == [("a",), ("b",), ("c",)]


def test_points_can_be_asked_to_lie_apart():
    close = pool([[0.1, 0.2, 0.3, 0.4]], active=[1, 2, 3, 4])
    assert [one.active for one in frontier(close, Budget(), apart=1.5)] == [2, 4]


def test_who_must_be_held_counts_even_where_nobody_asks_it():
    found = assign(SPECIALISTS, Budget(total=22, must=("b",)))
    assert found.experts == ("c", "b") and found.total == 22


def test_nobody_else_is_held_than_who_may_be():
    assert assign(SPECIALISTS, Budget(may=("c",))).experts == ("c", "c")


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(total=4), "no map fits total 4: the smallest total that fits is 5$"),
        (Budget(active=0), "no map fits active 0: the smallest average active that fits is 1.235$"),
        (Budget(total=10, active=5), "total that fits is 50 or the smallest average active that fits is 10$"),
        (Budget(total=4, active=0), "too small by itself; try total 5 and active 10$"),
        (Budget(may=()), "nobody may be held"),
    ],
)
def test_a_budget_too_small_names_the_smallest_that_fits(budget, words):
    with pytest.raises(ValueError, match=words) as refused:
        assign(pool([[0.9, 0.2], [0.1, 0.8]], active=[1.2345, 10], total=[50, 5]), budget)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("budget", [Budget(must=("z",)), Budget(may=("a", "z"))])
def test_an_expert_the_pool_lacks_is_named(budget):
    with pytest.raises(ValueError, match="the pool has no z; it has a, b, c"):
        assign(SPECIALISTS, budget)


def test_win_rates_must_be_numbers_of_the_right_shape():
    with pytest.raises(ValueError, match="finite"):
        assign(pool([[np.nan, 0.5]], [1, 1]), Budget())
