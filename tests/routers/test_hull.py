import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.hull import hull

POINTS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 20).map(lambda part: part / 20)), min_size=1, max_size=12
)
in_any_time = settings(deadline=None)


def test_the_area_under_the_toy_points_is_the_papers():
    found = hull(np.array([1, 4, 10]), np.array([0.5, 0.7, 0.8]))
    grid = np.linspace(1, 10, 9001)
    assert np.trapezoid(found.quality(grid), grid) / 9 == pytest.approx(0.70)


def test_a_point_under_a_mixture_of_others_is_left_out():
    assert hull(np.array([0, 1, 2]), np.array([0.0, 0.4, 1.0])).places.tolist() == [0, 2]


def test_a_dearer_point_that_is_no_better_is_left_out():
    found = hull(np.array([3, 1, 2, 1]), np.array([0.6, 0.5, 0.9, 0.2]))
    assert found.places.tolist() == [1, 2]
    assert found.quality(50) == 0.9


def test_less_than_the_cheapest_costs_buys_nothing():
    assert np.isnan(hull(np.array([1, 2]), np.array([0.5, 0.9])).quality(0.5))


@pytest.mark.parametrize(
    ("budget", "mixture"),
    [(0, (1, 0, 0.0)), (1, (1, 0, 0.0)), (1.25, (1, 0, 0.25)), (2, (1, 0, 1.0)), (9, (1, 0, 1.0))],
)
def test_a_budget_is_a_mixture_of_two(budget, mixture):
    assert hull(np.array([2, 1]), np.array([0.9, 0.5])).mixture(budget) == mixture


def test_a_single_point_is_mixed_with_itself():
    assert hull(np.array([2]), np.array([0.9])).mixture(5) == (0, 0, 0.0)


def test_points_that_all_cost_infinitely_much_are_refused():
    with pytest.raises(ValueError, match="none of 2 points has a finite cost"):
        hull(np.array([np.inf, np.inf]), np.array([0.5, 0.6]))


@in_any_time
@given(points=POINTS)
def test_no_point_lies_above_the_hull_and_its_corners_are_points(points):
    costs, qualities = np.array(points).T
    found = hull(costs, qualities)
    assert (found.quality(costs) >= qualities - 1e-9).all()
    assert np.array_equal(found.costs, costs[found.places])
    assert np.array_equal(found.qualities, qualities[found.places])


@in_any_time
@given(points=POINTS)
def test_the_hull_rises_ever_more_slowly(points):
    found = hull(*np.array(points).T)
    assert (np.diff(found.costs) > 0).all()
    assert (np.diff(found.qualities) > 0).all()
    rises = np.diff(found.qualities)[:, None] * np.diff(found.costs)
    assert all(rises[k, k + 1] >= rises[k + 1, k] - 1e-12 for k in range(len(rises) - 1))


@in_any_time
@given(points=POINTS, budget=st.floats(0, 60))
def test_a_mixture_costs_the_budget_and_is_worth_what_the_hull_says(points, budget):
    costs, qualities = np.array(points).T
    found = hull(costs, qualities)
    cheaper, dearer, share = found.mixture(budget)
    assert 0 <= share <= 1
    spent = (1 - share) * costs[cheaper] + share * costs[dearer]
    assert spent == pytest.approx(np.clip(budget, found.costs[0], found.costs[-1]), abs=1e-6)
    if budget >= found.costs[0]:
        worth = (1 - share) * qualities[cheaper] + share * qualities[dearer]
        assert worth == pytest.approx(float(found.quality(budget)), abs=1e-6)
