import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.recruiting import Recruiting, chances, fit_correlation

quality = st.floats(0, 1)
rows = st.integers(1, 6).flatmap(lambda m: st.lists(st.lists(quality, min_size=m, max_size=m), min_size=1, max_size=5))


def certain(mean):
    """Predictions without any doubt of their own."""
    mean = np.array(mean, dtype=float)
    return mean, np.zeros_like(mean)


def drawn(n, m, seed, correlation):
    """Means, and outcomes of experts that fail together: the latents of a row share a part."""
    chance = np.random.default_rng(seed)
    latent = chance.normal(0, 0.8, (n, 1)) + chance.normal(0, 0.3, (n, m))
    noise = np.sqrt(correlation) * chance.standard_normal((n, 1))
    noise = noise + np.sqrt(1 - correlation) * chance.standard_normal((n, m))
    from scipy.special import ndtr

    return ndtr(latent), (noise < latent).astype(float)


@given(rows, quality, quality, st.floats(0, 0.9), st.floats(0, 0.3))
@settings(deadline=None, max_examples=60)
def test_a_greater_p_never_asks_fewer(mean, p, other, correlation, doubt):
    mean = np.array(mean)
    std = np.full_like(mean, doubt)
    low, high = (Recruiting(p, correlation=correlation).counts(mean, std) for p in sorted((p, other)))
    assert (1 <= low).all() and (low <= high).all() and (high <= min(4, mean.shape[1])).all()


@given(rows, st.floats(1, 5), st.floats(0, 0.9))
@settings(deadline=None, max_examples=60)
def test_tuning_keeps_the_budget_of_calls(mean, calls, correlation):
    mean, std = certain(mean)
    recruiting = Recruiting(correlation=correlation, null=0.0)
    for tuned in (recruiting.tune(mean, std, calls), recruiting.tune_null(mean, std, calls)):
        assert tuned.counts(mean, std).mean() <= calls


@pytest.mark.parametrize("calls", [1.5, 2.0, 3.0])
def test_tuning_spends_what_it_may(calls):
    mean, _ = drawn(2000, 6, 0, 0.5)
    recruiting = Recruiting(correlation=0.5, null=0.0)
    for tune in (recruiting.tune, recruiting.tune_null):
        assert tune(mean, np.zeros_like(mean), calls).counts(mean, mean * 0).mean() == pytest.approx(calls, abs=0.01)


def test_fewer_than_one_call_is_refused():
    with pytest.raises(ValueError, match="0.5 calls a query are too few"):
        Recruiting().tune(*certain([[0.5]]), 0.5)


def test_experts_that_fail_by_themselves_multiply_their_failures():
    assert chances(*certain([[0.5, 0.8, 0.5]]), 3)[0] == pytest.approx([0.8, 0.9, 0.95])


def test_experts_that_fail_together_help_each_other_less():
    mean, std = certain([[0.6, 0.6, 0.6]])
    alone, some, much = (chances(mean, std, 3, rho)[0] for rho in (0.0, 0.4, 0.8))
    assert alone[0] == pytest.approx(some[0], abs=2e-3) and some[0] == pytest.approx(much[0], abs=2e-3)
    assert alone[2] > some[2] > much[2] > 0.6


def test_the_chance_is_that_of_drawn_outcomes():
    mean, outcomes = np.full((1, 4), 0.5), np.random.default_rng(0)
    shared, own = outcomes.standard_normal((200_000, 1)), outcomes.standard_normal((200_000, 4))
    right = np.sqrt(0.6) * shared + np.sqrt(0.4) * own < 0
    simulated = np.maximum.accumulate(right, axis=1).mean(axis=0)
    assert chances(mean, mean * 0, 4, 0.6)[0] == pytest.approx(simulated, abs=5e-3)


def test_doubt_of_the_router_is_a_difficulty_all_experts_share():
    mean = np.array([[0.6, 0.6, 0.6]])
    assert chances(mean, mean * 0 + 0.2, 3)[0, 2] < chances(mean, mean * 0, 3)[0, 2] - 0.02


def test_harder_queries_get_more_experts():
    mean, std = certain([[0.95, 0.9, 0.9, 0.9], [0.7, 0.65, 0.6, 0.6], [0.5, 0.45, 0.4, 0.4]])
    assert Recruiting(0.9, null=0.0).counts(mean, std).tolist() == [1, 3, 4]


def test_nobody_more_is_asked_where_it_is_hopeless_or_all_but_certain():
    mean, std = certain([[0.01, 0.01, 0.01], [0.98, 0.9, 0.9], [0.5, 0.5, 0.5]])
    assert Recruiting(0.999, null=0.05).counts(mean, std).tolist() == [1, 1, 3]


def test_whom_to_ask_are_the_best_and_of_equals_the_first():
    mean, std = certain([[0.4, 0.5, 0.5, 0.5]])
    assert Recruiting(0.7, null=0.0).members(mean, std).tolist() == [[False, True, True, False]]


def test_no_more_are_asked_than_may_be():
    assert Recruiting(1.0, most=2, null=0.0).counts(*certain([[0.2, 0.2, 0.2]])).tolist() == [2]


@pytest.mark.parametrize("correlation", [0.1, 0.6])
def test_the_correlation_is_found_from_outcomes(correlation):
    mean, Y = drawn(6000, 5, 1, correlation)
    assert fit_correlation(mean, mean * 0, Y) == pytest.approx(correlation, abs=0.1)


def test_missing_outcomes_are_not_failures():
    mean, Y = drawn(6000, 5, 1, 0.5)
    Y[np.random.default_rng(2).random(Y.shape) < 0.3] = np.nan
    assert fit_correlation(mean, mean * 0, Y) == pytest.approx(0.5, abs=0.1)


def test_without_outcomes_of_the_best_no_correlation_is_made_up():
    with pytest.raises(ValueError, match="of 3 queries none"):
        fit_correlation(np.full((3, 2), 0.5), np.zeros((3, 2)), np.full((3, 2), np.nan))


def test_one_price_a_call_holds_more_right_answers_than_one_chance_for_all():
    mean, Y = drawn(6000, 5, 3, 0.5)
    recruiting, std = Recruiting(correlation=0.5, null=0.0, most=5), np.zeros_like(mean)
    held = [
        (tuned.members(mean, std) & (Y > 0.5)).any(axis=1).mean()
        for tuned in (recruiting.tune_null(mean, std, 2.0), recruiting.tune(mean, std, 2.0))
    ]
    assert held[0] > held[1]
