import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.balancing import LoadPrices

POOL = ("big", "mid", "small")
EVEN = dict.fromkeys(POOL, 1.0)


def traffic(prices, chance, queries=200):
    """A window in which every query goes to the highest score with bias; big is the best almost everywhere."""
    scores = np.array([0.62, 0.60, 0.58]) + 0.02 * chance.standard_normal((queries, 3))
    chosen = (scores + prices.bias(POOL)).argmax(axis=1)
    loads = dict(zip(POOL, np.bincount(chosen, minlength=3) / queries, strict=True))
    return loads, scores, chosen


def settled(capacities, windows=200, **steps):
    """Average shares of the second half of a simulation, and the prices at its end."""
    prices, chance, shares = LoadPrices(**steps), np.random.default_rng(0), []
    for _ in range(windows):
        loads, _, _ = traffic(prices, chance)
        prices = prices.update(loads, capacities)
        shares.append([loads[name] for name in POOL])
    return np.mean(shares[windows // 2 :], axis=0), prices


def test_skewed_load_is_balanced_in_the_end():
    before, _, _ = traffic(LoadPrices(), np.random.default_rng(0))
    assert before["big"] > 0.6 and before["small"] < 0.12
    after, _ = settled(EVEN)
    assert after == pytest.approx([1 / 3] * 3, abs=0.03)


def test_a_larger_capacity_is_a_larger_share():
    after, _ = settled({"big": 2, "mid": 1, "small": 1})
    assert after == pytest.approx([0.5, 0.25, 0.25], abs=0.03)


def test_who_bears_too_much_is_made_less_attractive():
    prices = LoadPrices(step=0.01).update({"big": 9, "mid": 3, "small": 0}, dict.fromkeys(POOL, 1.0))
    third = 0.01 / 3
    assert prices.biases == pytest.approx({"big": -4 * third, "mid": 2 * third, "small": 2 * third})


def test_no_query_loses_more_than_the_limit_allows():
    _, prices = settled({"big": 0.001, "mid": 0.001, "small": 1}, step=0.01, limit=0.02)
    assert max(map(abs, prices.biases.values())) == pytest.approx(0.02)
    _, scores, chosen = traffic(prices, np.random.default_rng(1))
    lost = scores.max(axis=1) - scores[np.arange(len(scores)), chosen]
    assert 0 < lost.max() <= 2 * 0.02 + 1e-12


@given(
    st.lists(st.dictionaries(st.sampled_from(POOL), st.floats(0, 1e6)), max_size=30),
    st.fixed_dictionaries(dict.fromkeys(POOL, st.floats(0.01, 100))),
)
@settings(deadline=None, max_examples=25)
def test_biases_always_sum_to_zero_and_stay_within_the_limit(windows, capacities):
    prices = LoadPrices(step=0.004, limit=0.01)
    for loads in windows:
        prices = prices.update(loads, capacities)
    assert sum(prices.biases.values()) == pytest.approx(0, abs=1e-9)
    assert all(abs(bias) <= 0.01 for bias in prices.biases.values())


def test_a_window_without_load_moves_nothing():
    moved = LoadPrices().update({"big": 1}, EVEN)
    assert moved.update({}, EVEN) == moved


def test_load_near_its_target_is_left_alone():
    loads = {"big": 1.1, "mid": 1.0, "small": 0.9}
    assert LoadPrices(slack=0.2).update(loads, EVEN).bias(POOL) == pytest.approx(0, abs=1e-12)
    assert LoadPrices(slack=0.05).update(loads, EVEN).biases["big"] < 0


def test_an_update_leaves_the_old_prices_as_they_were():
    first = LoadPrices()
    first.update({"big": 1}, EVEN)
    assert first == LoadPrices()


def test_who_joins_begins_without_a_price_and_who_leaves_takes_it_along():
    prices = LoadPrices().update({"big": 1}, {"big": 1, "mid": 1}).update({"mid": 1, "new": 1}, {"mid": 1, "new": 1})
    assert set(prices.biases) == {"mid", "new"}
    assert prices.bias(("unheard of",)).tolist() == [0.0]


@pytest.mark.parametrize(("loads", "capacities"), [({"big": -1}, EVEN), ({"big": 1}, {"big": 0}), ({}, {"big": -1})])
def test_negative_numbers_are_refused(loads, capacities):
    with pytest.raises(ValueError, match="must not be negative"):
        LoadPrices().update(loads, capacities)
