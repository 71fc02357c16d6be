from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.matching.assign import assign
from routers.matching.difference import chains
from routers.matching.greedy import greedy
from routers.matching.problem import OUT


@st.composite
def problems(draw, rows=5, columns=3):
    """Utilities in eighths, some of them missing, whole capacities and dollars: few enough to try every assignment."""
    n, m = draw(st.integers(1, rows)), draw(st.integers(1, columns))

    def table(cell):
        return np.array(draw(st.lists(cell, min_size=n * m, max_size=n * m)), dtype=float).reshape(n, m)

    utility = table(st.integers(-8, 8).map(lambda eighths: eighths / 8) | st.just(np.nan))
    capacities = np.array(draw(st.lists(st.integers(0, n), min_size=m, max_size=m)))
    return utility, capacities, draw(st.none() | st.integers(0, 12)), table(st.integers(0, 4))


def best(utility, capacities, budget, cost):
    """(how many are placed, their total utility), by trying every assignment."""
    n, m = utility.shape
    found = (0, 0.0)
    for places in product(range(OUT, m), repeat=n):
        inside = [(row, place) for row, place in enumerate(places) if place != OUT]
        loads = np.bincount([place for _, place in inside], minlength=m)
        spent, total = (sum(table[cell] for cell in inside) for table in (cost, utility))
        if not np.isnan(total) and (loads <= capacities).all() and (budget is None or spent <= budget):
            found = max(found, (len(inside), float(total)))
    return found


def crowd(n, m, seed=0, kinds=None):
    """Utilities of n queries of so many kinds (unless told, each its own), and even capacities that just suffice."""
    chance = np.random.default_rng(seed)
    rows = chance.random((kinds or n, m))
    utility = rows if kinds is None else rows[chance.integers(0, kinds, n)]
    return utility, np.full(m, -(-n // m)), chance.lognormal(size=(n, m))


def within(found, capacities, budget=None):
    loads = np.bincount(found.places[found.places != OUT], minlength=len(capacities))
    return (loads <= capacities).all() and (budget is None or found.cost <= budget * (1 + 1e-9))


@given(problems())
@settings(deadline=None, max_examples=60)
def test_no_assignment_places_more_or_is_worth_more(problem):
    utility, capacities, budget, cost = problem
    found = assign(utility, capacities, budget, cost)
    inside = found.places != OUT
    count, total = best(*problem)
    assert (inside.sum(), found.total) == (count, pytest.approx(total, abs=1e-6))
    assert found.exact and found.bound >= found.total
    assert found.total == pytest.approx(utility[inside, found.places[inside]].sum())
    assert found.cost == pytest.approx(cost[inside, found.places[inside]].sum())


@given(problems(rows=40, columns=6))
@settings(deadline=None, max_examples=25)
def test_rooms_and_budget_are_kept_and_the_bound_is_above(problem):
    utility, capacities, budget, cost = problem
    found = assign(utility, capacities, budget, cost)
    assert within(found, capacities, budget)
    assert found.gap >= 0 and found.bound == pytest.approx(found.total + found.gap)
    assert np.isfinite(utility[found.places != OUT, found.places[found.places != OUT]]).all()


def test_it_is_the_assignment_that_scipy_finds():
    from scipy.optimize import linear_sum_assignment

    utility, capacities, _ = crowd(300, 7)
    rows, columns = linear_sum_assignment(np.repeat(utility, capacities, axis=1), maximize=True)
    expected = np.repeat(utility, capacities, axis=1)[rows, columns].sum()
    found = assign(utility, capacities)
    assert found.exact and found.total == pytest.approx(expected, abs=1e-9)


def test_the_plain_choice_stands_where_there_is_room_for_all():
    utility, _, _ = crowd(200, 5)
    assert assign(utility).places.tolist() == utility.argmax(axis=1).tolist()


def test_those_without_whom_the_others_are_worth_most_stay_out():
    found = assign(np.array([[0.9, 0.8], [0.7, 0.1], [0.2, 0.1]]), np.array([1, 1]))
    assert found.places.tolist() == [1, 0, OUT]
    assert found.total == pytest.approx(1.5)


def test_a_low_utility_is_no_reason_to_stay_out():
    assert assign(np.array([[-5.0, -9.0], [3.0, 2.0]]), np.array([1, 1])).places.tolist() == [0, 1]


def test_where_money_is_short_as_many_as_possible_are_placed():
    utility, cost = np.array([[1.0, 0.1], [0.9, 0.2], [0.8, 0.3]]), np.array([[3.0, 1.0]] * 3)
    assert assign(utility, None, 9, cost).places.tolist() == [0, 0, 0]
    assert assign(utility, None, 5, cost).places.tolist() == [0, 1, 1]
    assert assign(utility, None, 2.5, cost).places.tolist() == [OUT, 1, 1]
    assert assign(utility, None, 0, cost).places.tolist() == [OUT, OUT, OUT]


def test_who_is_not_allowed_is_not_asked():
    utility, allowed = np.array([[0.9, np.nan, 0.1], [0.9, 0.8, 0.1]]), np.array([[False, True, True], [True] * 3])
    found = assign(utility, np.array([1, 1, 1]), allowed=allowed)
    assert found.places.tolist() == [2, 0]
    assert assign(utility, allowed=np.zeros((2, 3))).places.tolist() == [OUT, OUT]


def test_no_queries_and_no_experts_are_no_error():
    assert assign(np.zeros((0, 3)), np.array([1, 1, 1])).places.tolist() == []
    assert assign(np.zeros((2, 0))).places.tolist() == [OUT, OUT]


@pytest.mark.parametrize("kinds", [None, 12, 1])
def test_thousands_are_assigned_exactly_alike_or_not(kinds):
    utility, capacities, _ = crowd(3000, 10, kinds=kinds)
    found = assign(utility, capacities)
    assert found.exact and found.gap < 1e-6 and within(found, capacities)


def test_a_budget_over_a_thousand_queries_leaves_hardly_a_gap():
    utility, capacities, cost = crowd(1000, 10)
    least, free = assign(-cost, capacities, cost=cost).cost, assign(utility, capacities, cost=cost).cost
    budget = (least + free) / 2
    found = assign(utility, capacities, budget, cost)
    assert within(found, capacities, budget) and found.gap < 1e-5 * found.total


def test_what_is_greedy_says_by_how_much_it_may_miss():
    utility, _, _ = crowd(15_000, 6, kinds=1)
    capacities = np.full(6, 4000)
    found = assign(utility, capacities)
    assert not found.exact and within(found, capacities) and (found.places != OUT).all()
    assert 0 < found.gap < 0.02 * found.total
    ranked = np.sort(utility[0])[::-1]
    best_total = 4000 * ranked[:3].sum() + 3000 * ranked[3]
    assert found.total <= best_total + 1e-6 <= found.bound + 2e-6


@given(problems(rows=30, columns=4))
@settings(deadline=None, max_examples=40)
def test_the_greedy_rounds_keep_the_rooms_and_end(problem):
    utility, capacities, _, _ = problem
    worth = np.hstack([np.where(np.isnan(utility), -np.inf, utility), np.full((len(utility), 1), -99.0)])
    rooms = np.append(capacities, 0)
    places = greedy(worth, rooms, np.zeros(len(rooms)))
    assert (np.bincount(places, minlength=len(rooms))[:-1] <= capacities).all()
    assert np.isfinite(worth[np.arange(len(places)), places]).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=40))
@settings(deadline=None, max_examples=100)
def test_any_chains_of_a_difference_can_be_made_alone(pairs):
    before, after = (np.array([pair[side] for pair in pairs], dtype=int) for side in (0, 1))
    low, high = (np.bincount(side, minlength=5) for side in (before, after))
    found = list(chains(before, after, 5))
    assert sorted(query for chain in found for query in chain) == np.flatnonzero(before != after).tolist()
    for some in (found[::2], found[1::2]):
        mixed = before.copy()
        for chain in some:
            mixed[chain] = after[chain]
        loads = np.bincount(mixed, minlength=5)
        assert (loads >= np.minimum(low, high)).all() and (loads <= np.maximum(low, high)).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"utility": np.zeros(3)}, "utility must be a table"),
        ({"utility": np.full((2, 2), np.inf)}, "below infinity"),
        ({"cost": np.zeros((2, 3))}, "cost must be a table"),
        ({"cost": np.full((2, 2), -1.0)}, "cost not below 0"),
        ({"capacities": np.array([1])}, "capacities must be 2 numbers"),
        ({"capacities": np.array([1, np.nan])}, "capacities must be 2 numbers"),
        ({"allowed": np.ones(2)}, "allowed has the shape"),
        ({"budget_usd": -1.0}, "the budget must be 0 or more"),
        ({"budget_usd": float("nan")}, "the budget must be 0 or more"),
    ],
)
def test_what_does_not_belong_together_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        assign(**{"utility": np.zeros((2, 2)), **arguments})
