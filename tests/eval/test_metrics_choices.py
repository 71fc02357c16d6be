"""RouteLLM's, LLMRouterBench's and RouterEval's figures, recall, effort, margins: by hand, and by what always holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval.metrics.aiq import aiq
from eval.metrics.arena import arena_score, optimality
from eval.metrics.auc import auc, auc_interval
from eval.metrics.bootstrap import interval, resampled_means, resampled_parts, resampled_weights
from eval.metrics.effort import active_params, tokens
from eval.metrics.llmrouterbench import best_each, best_everywhere, gain, gap_at_oracle, pareto_distance, perf_gain
from eval.metrics.recall import rarely_right
from eval.metrics.routellm import apgr, cpt, curve, pgr
from eval.metrics.routereval import e_p, v_b
from eval.metrics.superiority import non_inferiority

NAN = float("nan")
unit = st.floats(0, 1)
binary = st.sampled_from([0.0, 1.0])


def columns(number: int):
    """Preferences, and the scores of a weak and a strong expert, of as many questions."""
    one = arrays(np.float64, number, elements=st.sampled_from([0, 0.125, 0.25, 0.5, 1]))
    two = arrays(np.float64, number, elements=binary)
    return st.tuples(one, two, two)


def test_pgr_is_the_share_of_the_gap_that_is_recovered():
    assert pgr(np.array([0.4, 0.55, 0.7]), 0.4, 0.7).tolist() == pytest.approx([0, 0.5, 1])
    assert np.isnan(pgr(0.5, 0.7, 0.7))


def test_a_curve_goes_from_all_weak_to_all_strong_and_ties_are_a_straight_line():
    weak, strong = np.array([1.0, 0.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0, 0.0])
    found = curve(np.array([0.1, 0.9, 0.5, 0.5]), weak, strong)
    assert found.fractions.tolist() == [0, 0.25, 0.75, 1]
    assert found.qualities.tolist() == [0.5, 0.75, 0.75, 0.75]


def test_a_question_that_counts_twice_is_two_questions():
    preference, weak, strong = np.array([0.9, 0.2, 0.5]), np.array([0.0, 1, 0]), np.array([1.0, 0, 1])
    weighted = curve(preference, weak, strong, np.array([[2, 1, 0]]))
    repeated = curve(preference[[0, 0, 1]], weak[[0, 0, 1]], strong[[0, 0, 1]])
    assert float(apgr(weighted)[0]) == pytest.approx(float(apgr(repeated)))


def test_cpt_is_the_first_crossing_of_a_curve_that_comes_down_again():
    weak, strong = np.array([0.0, 1, 0, 0]), np.array([1.0, 0, 1, 0])
    found = curve(np.array([4.0, 3, 2, 1]), weak, strong)
    assert found.qualities.tolist() == [0.25, 0.5, 0.25, 0.5, 0.5]
    assert float(cpt(found, 0.8)) == pytest.approx(0.25 * 0.8) and float(cpt(found, 1.0)) == 0.25


@given(columns(12))
def test_a_curve_ends_where_everything_is_strong_and_its_order_of_questions_is_no_matter(found):
    preference, weak, strong = found
    one = curve(preference, weak, strong)
    assert one.fractions[0] == 0 and one.fractions[-1] == pytest.approx(1)
    assert one.qualities[0] == pytest.approx(weak.mean()) and one.qualities[-1] == pytest.approx(strong.mean())
    order = np.random.default_rng(0).permutation(12)
    other = curve(preference[order], weak[order], strong[order])
    assert np.allclose(apgr(one), apgr(other), equal_nan=True)
    assert np.allclose(apgr(one), apgr(curve(2 * preference - 5, weak, strong)), equal_nan=True)
    assert np.isnan(apgr(one)) or 0 <= float(cpt(one, 0.5)) <= 1


def test_gains_are_means_over_datasets_and_one_without_any_right_says_nothing():
    assert float(gain(np.array([0.6, 0.9, 0.3]), np.array([0.5, 0.6, 0.0]))) == pytest.approx((0.2 + 0.5) / 2)
    assert float(gap_at_oracle(np.array([0.6, 0.9]), np.array([0.8, 0.9]))) == pytest.approx(0.25 / 2)
    assert np.isnan(gain(np.array([0.3]), np.array([0.0])))


def test_the_two_readings_of_the_best_single_expert_differ():
    singles = np.array([[0.9, 0.5], [0.5, 0.8], [0.4, 0.6]])
    assert best_everywhere(singles) == 1 and best_each(singles).tolist() == [0, 1, 1]
    router = np.array([0.9, 0.8, 0.6])
    assert float(gain(router, singles[:, 1])) == pytest.approx(0.8 / 3)
    assert float(gain(router, singles[np.arange(3), best_each(singles)])) == 0.0


def test_perf_gain_is_relative_and_of_the_best_setting():
    assert float(perf_gain(np.array([0.4, 0.66, 0.5]), 0.6)) == pytest.approx(0.1)
    assert perf_gain(np.array([[0.4, 0.6], [0.9, 0.3]]), np.array([0.6, 0.6])).tolist() == pytest.approx([0, 0.5])


def test_what_nobody_beats_lies_at_no_distance_from_the_frontier():
    costs, qualities = np.array([1.0, 3.0, 2.0]), np.array([0.5, 0.8, 0.4])
    assert pareto_distance(costs[:2], qualities[:2], costs, qualities, 1.0, 5.0) == 0.0
    assert pareto_distance(costs[2:], qualities[2:], costs, qualities, 1.0, 5.0) == pytest.approx(np.hypot(0.25, 0.1))
    assert pareto_distance(costs, qualities, costs, qualities, 2.0, 2.0) is None


def test_v_b_and_the_entropy_of_choices():
    assert float(v_b(0.6, 0.5)) == pytest.approx(1.2) and np.isnan(v_b(0.6, 0.0))
    assert float(e_p(np.array([0.5, 0.5, 0.0]))) == pytest.approx(np.log(2)) and float(e_p(np.array([1.0]))) == 0.0


@given(arrays(np.float64, 5, elements=st.floats(0.01, 1)))
def test_the_entropy_of_choices_is_at_most_that_of_even_shares(weights):
    shares = weights / weights.sum()
    assert -1e-12 <= float(e_p(shares)) <= np.log(5) + 1e-9


def test_recall_looks_only_at_questions_that_one_to_three_experts_answer():
    scores = np.array([[1.0, 0, 0, 0, NAN], [1, 1, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 0, 1, NAN]])
    cells = rarely_right(scores)
    assert cells[0, :4].tolist() == [1, 0, 0, 0] and np.isnan(cells[[1, 2]]).all() and np.isnan(cells[3, 4])


def test_parameters_and_tokens():
    assert active_params(np.array([0.25, 0.75, 0]), np.array([4.0, 8.0, NAN])) == 7.0
    assert active_params(np.array([0.25, 0.75]), np.array([4.0, NAN])) is None
    assert tokens(np.array([40]), np.array([[60.0, NAN]]), 4).tolist()[0][0] == 25


def test_not_worse_is_more_than_not_told_apart():
    chance = np.random.default_rng(0)
    wide, narrow = chance.normal(0, 0.02, 4000), chance.normal(0, 0.003, 4000)
    assert not non_inferiority(wide).not_worse and non_inferiority(narrow).not_worse
    assert non_inferiority(wide, margin=0.05).not_worse
    assert non_inferiority(narrow).lower_bound == pytest.approx(-1.645 * 0.003, rel=0.1)
    assert not non_inferiority(np.array([NAN])).not_worse


@given(columns(10), st.integers(1, 5))
def test_what_an_optimal_choice_costs_is_never_more_than_a_right_one(found, dearest):
    costs, weak, strong = found
    cells = optimality(np.stack([weak, strong], axis=1), np.stack([0.1 + costs, np.full(10, float(dearest))], axis=1))
    right = cells.right == 1
    assert (cells.cost_ratio[right] <= 1 + 1e-9).all() and (cells.optimal <= cells.right)[~np.isnan(cells.right)].all()


@given(unit, st.floats(0, 500))
def test_the_arena_score_lies_between_0_and_1_and_pays_for_accuracy(accuracy, cost):
    assert 0 <= float(arena_score(accuracy, cost)) <= 1 + 1e-12
    assert float(arena_score(min(1.0, accuracy + 0.1), cost)) >= float(arena_score(accuracy, cost)) - 1e-12


@given(arrays(np.float64, 6, elements=st.floats(1, 10)), arrays(np.float64, 6, elements=unit))
def test_aiq_lies_between_0_and_the_best_quality_whatever_the_order_of_settings(costs, qualities):
    found = aiq(costs, qualities, 1.0, 10.0)
    assert 0 <= found <= qualities.max() + 1e-12
    assert aiq(costs[::-1], qualities[::-1], 1.0, 10.0) == pytest.approx(found)
    assert aiq(costs, np.minimum(1, qualities + 0.1), 1.0, 10.0) >= found - 1e-12


def test_the_auc_interval_is_that_of_a_bootstrap_over_groups():
    chance = np.random.default_rng(1)
    groups = np.repeat(np.arange(150), 4)
    level = np.repeat(chance.normal(0, 1, 150), 4)
    right = np.repeat(chance.random(150) < 1 / (1 + np.exp(-level[::4])), 4).astype(float)
    predicted = np.round(level + np.repeat(chance.normal(0, 1, 150), 4), 1)
    drawn = [np.concatenate([np.arange(4) + 4 * g for g in chance.integers(150, size=150)]) for _ in range(400)]
    low, high = np.quantile([auc(right[rows], predicted[rows]) for rows in drawn], [0.025, 0.975])
    assert auc_interval(right, predicted, groups) == pytest.approx((low, high), abs=0.03)
    alone = auc_interval(right, predicted, np.arange(600))
    assert high - low > 1.3 * (alone[1] - alone[0])
    assert auc_interval(np.ones(4), np.arange(4.0), np.arange(4)) is None


def test_parts_and_weights_are_of_the_same_resamples_as_the_whole():
    chance = np.random.default_rng(0)
    values, groups, parts = chance.random((90, 2)), np.arange(90) // 3, np.arange(90) % 2
    whole = resampled_means(values, groups, 50, 3)
    weights = np.concatenate([block for _, block in resampled_weights(groups, 50, 3)])
    assert np.allclose(weights @ values / weights.sum(axis=1, keepdims=True), whole, atol=1e-5)
    [(_, by_part)] = resampled_parts(values, parts, groups, 50, 3)
    counts = np.stack([weights[:, parts == part].sum(axis=1) for part in (0, 1)], axis=1)
    assert np.allclose((by_part * counts[..., None]).sum(axis=1) / counts.sum(axis=1, keepdims=True), whole, atol=1e-5)
    assert interval(by_part[:, 0, 0]) is not None


def test_the_auc_interval_of_independent_cells_is_delongs():
    chance = np.random.default_rng(2)
    right = (chance.random(80) < 0.3).astype(float)
    predicted = np.round(chance.random(80) + 0.5 * right, 1)
    won, lost = predicted[right == 1][:, None], predicted[right == 0][None, :]
    wins = (won > lost) + 0.5 * (won == lost)
    influence = np.concatenate([(wins.mean(axis) - wins.mean()) / wins.shape[1 - axis] for axis in (0, 1)])
    spread = 1.96 * np.sqrt(80 / 79 * (influence**2).sum())
    found = auc_interval(right, predicted, np.arange(80))
    assert found == pytest.approx((wins.mean() - spread, wins.mean() + spread), abs=1e-4)
