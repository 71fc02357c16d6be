"""The routers that read no query, the oracles, and what shrinks a mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.chance import RandomRouter
from routers.constant import ConstantRouter
from routers.oracle import CategoryOracle, QueryOracle
from routers.shrinkage import level, shrunk
from routers.zero import ZeroRouter


def rows(n=200, d=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


# constant


def test_the_constant_router_always_prefers_the_best_single_expert():
    Y = np.array([[1, 0, np.nan], [1, 1, 1], [0, 0, 1.0]])
    prediction = ConstantRouter().fit(rows(3), Y).predict(rows(5))
    assert np.allclose(prediction.mean, [2 / 3, 1 / 3, 1])
    assert set(prediction.mean.argmax(axis=1)) == {2}


def test_a_lucky_few_are_not_taken_for_certain():
    few, many = (ConstantRouter().fit(rows(n), np.ones((n, 1))).errors_[0] for n in (2, 200))
    assert few > 0.15 > 0.01 > many


def test_the_error_of_a_mean_is_the_usual_one_where_much_was_measured():
    Y = (np.arange(1000) % 4 == 0).astype(float)[:, None]
    assert ConstantRouter().fit(rows(1000), Y).errors_[0] == pytest.approx(np.sqrt(0.25 * 0.75 / 1000), rel=1e-3)


# chance


def test_chance_depends_on_the_row_and_not_on_its_place():
    X = rows(50)
    router = RandomRouter(seed=1).fit(X, np.ones((50, 3)))
    order = np.random.default_rng(0).permutation(50)
    assert np.array_equal(router.predict(X).mean[order], router.predict(X[order]).mean)


def test_another_seed_is_another_chance():
    X = rows(50)
    one, other = (RandomRouter(seed).fit(X, np.ones((50, 3))).predict(X).mean for seed in (0, 1))
    assert not np.isclose(one, other).any()


def test_chance_gives_every_expert_its_share():
    X = rows(3000)
    best = RandomRouter().fit(X, np.ones((3000, 3))).predict(X).mean.argmax(axis=1)
    assert np.bincount(best) == pytest.approx([1000] * 3, abs=100)


def test_a_newcomer_draws_its_own_lots():
    X = rows(50)
    some = RandomRouter().fit(X, np.ones((50, 3))).select(["expert 1", "expert 2"])
    mean = some.add("newcomer", X, np.ones(50)).predict(X).mean
    assert len(np.unique(mean)) == mean.size


# zero


@pytest.fixture
def priced():
    """Experts of quality 0.2, 0.6 and 1 that cost 1, 2 and 5: the middle one lies on the hull."""
    Y = np.array([[1, 1, 1], [0, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 1.0]])
    return lambda budget: ZeroRouter((1, 2, 5), budget).fit(rows(5), Y)


@pytest.mark.parametrize(
    ("budget", "shares"), [(0, [1, 0, 0]), (1.5, [0.5, 0.5, 0]), (3, [0, 2 / 3, 1 / 3]), (9, [0, 0, 1])]
)
def test_the_zero_router_mixes_the_two_experts_around_its_budget(priced, budget, shares):
    chosen = priced(budget).predict(rows(2000, seed=1)).mean.argmax(axis=1)
    assert np.bincount(chosen, minlength=3) / 2000 == pytest.approx(shares, abs=0.04)


def test_the_zero_router_without_costs_is_the_best_single_expert():
    router = ZeroRouter().fit(rows(4), np.array([[0, 1.0]] * 4))
    assert router.predict(rows(9)).mean.tolist() == [[0, 1]] * 9


def test_what_a_newcomer_costs_is_not_known_so_nobody_is_sent_to_it(priced):
    router = priced(None).add("newcomer", rows(5), np.ones(5))
    assert set(router.predict(rows(9)).mean.argmax(axis=1)) == {2}


def test_costs_are_needed_for_every_expert():
    with pytest.raises(ValueError, match="2 experts need as many costs, 3 were given"):
        ZeroRouter((1, 2, 3)).fit(rows(4), np.ones((4, 2)))


# shrinkage


def test_few_scores_are_drawn_to_the_mean_as_the_beta_prior_draws_them():
    members = np.array([[1, 0]] * 3 + [[0, 1]] * 7)
    Y = np.array([1, 1, 1, 0, 0, 0, 0, 0, np.nan, 0.0])[:, None]
    means, errors = shrunk(members, Y, strength=2)
    assert means[:, 0] == pytest.approx([(3 + 2 / 3) / 5, (2 / 3) / 8])
    assert errors[0, 0] > errors[1, 0]


@settings(deadline=None)
@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_variance_of_scores_is_never_nothing_nor_more_than_a_score_can_have(scores):
    mean, variance = level(np.array(scores)[:, None])
    assert min(scores) - 1e-9 <= mean[0] <= max(scores) + 1e-9
    assert 0 < variance[0] <= 0.25 + 1e-9


# oracles


def test_the_category_oracle_knows_the_best_of_each_category():
    category = np.repeat([3, 8], 50)[:, None]
    Y = np.where(category == 3, [[1.0, 0.0]], [[0.0, 0.8]])
    oracle = CategoryOracle(strength=1).fit(category, Y)
    assert oracle.predict(np.array([[8], [3]])).mean.argmax(axis=1).tolist() == [1, 0]


def test_a_category_never_met_is_answered_as_all_are():
    category = np.repeat([3, 8], 50)[:, None]
    Y = np.where(category == 3, [[1.0, 0.0]], [[0.0, 0.8]])
    assert CategoryOracle().fit(category, Y).predict(np.array([[5], [99]])).mean == pytest.approx(
        np.array([[0.5, 0.4]] * 2)
    )


def test_the_query_oracle_knows_every_outcome():
    Y = np.array([[1, 0, 0.5], [np.nan, 0.2, 0.1]])
    oracle = QueryOracle().fit(Y, Y + 0, ["a", "b", "c"])
    assert oracle.predict(Y).mean.tolist() == [[1, 0, 0.5], [0, 0.2, 0.1]]
    assert oracle.select(["c", "a"]).predict(Y).mean.tolist() == [[0.5, 1], [0.1, 0]]


def test_the_query_oracle_takes_a_newcomers_outcomes_from_the_last_column():
    Y = np.array([[1, 0], [0, 1.0]])
    wider = np.column_stack([Y, [0.3, 0.4]])
    assert QueryOracle().fit(Y, Y).add("new", wider, wider[:, 2]).predict(wider).mean.tolist() == wider.tolist()


def test_the_query_oracle_needs_the_outcomes_as_its_rows():
    with pytest.raises(ValueError, match="2 columns are needed, 6 were given"):
        QueryOracle().fit(rows(3), np.ones((3, 2)))
