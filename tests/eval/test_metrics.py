"""Every measure against a value worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eval.metrics.aiq import aiq
from eval.metrics.auc import auc, mean_auc
from eval.metrics.bootstrap import interval, p_value, resampled_means
from eval.metrics.calibration import brier, ece, ece_mass, nll
from eval.metrics.cost import cost_save
from eval.metrics.mcnemar import mcnemar

NAN = math.nan


def test_auc_counts_the_pairs_in_the_right_order():
    assert auc(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx(3 / 4)


def test_a_tie_counts_half():
    assert auc(np.array([1.0, 0.0]), np.array([0.5, 0.5])) == 0.5
    assert auc(np.array([1.0, 0.0, 0.0]), np.array([0.5, 0.5, 0.2])) == pytest.approx(1.5 / 2)


def test_a_graded_score_is_a_success_above_one_half():
    predicted = np.array([0.3, 0.2, 0.1])
    assert auc(np.array([0.6, 0.5, 0.0]), predicted) == auc(np.array([1.0, 0.0, 0.0]), predicted) == 1.0


def test_without_both_classes_there_is_no_auc():
    assert auc(np.ones(3), np.array([0.1, 0.2, 0.3])) is None


def test_the_mean_auc_gives_nothing_for_knowing_the_better_expert():
    scores = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    constant = np.broadcast_to([0.75, 0.25], scores.shape)
    assert auc(scores.ravel(), constant.ravel()) == pytest.approx((3 * 3 + 0.5 * (3 * 1 + 1 * 3)) / 16)
    assert mean_auc(scores, constant) == 0.5


def test_what_was_not_measured_and_who_always_succeeds_do_not_count_in_the_mean_auc():
    scores = np.array([[1.0, 1.0], [0.0, 1.0], [NAN, 1.0]])
    assert mean_auc(scores, np.array([[0.9, 0.1], [0.2, 0.1], [0.99, 0.1]])) == 1.0
    assert mean_auc(np.ones((2, 2)), np.ones((2, 2))) is None


def test_ece_weighs_the_gap_of_each_bin():
    scores, chances = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.55, 0.55, 0.95, 0.85])
    assert ece(scores, chances) == pytest.approx((2 * 0.05 + 0.05 + 0.15) / 4)


def test_bins_are_open_on_the_left_so_that_0_falls_in_none():
    assert ece(np.array([1.0, 1.0]), np.array([0.0, 1.0])) == 0.0
    assert ece(np.array([1.0, 0.0]), np.array([0.5, 0.45])) == pytest.approx(0.05 / 2)  # both in (0.4, 0.5]
    assert ece(np.array([1.0, 0.0]), np.array([0.5, 0.55])) == pytest.approx((0.5 + 0.55) / 2)


def test_bins_of_equal_mass_never_part_equal_chances():
    scores = np.array([1.0, 0.0] * 50)
    assert ece_mass(scores, np.full(100, 0.5)) == 0.0
    assert ece_mass(scores, np.full(100, 0.0)) == 0.5  # 0 has a bin here


def test_bins_of_equal_mass_see_a_gap_that_equal_width_hides():
    chances = np.concatenate([np.linspace(0.41, 0.44, 50), np.linspace(0.46, 0.49, 50)])
    scores = np.concatenate([np.zeros(50), np.ones(50)])
    assert ece(scores, chances) == pytest.approx(0.05, abs=0.001)
    assert ece_mass(scores, chances) == pytest.approx((0.425 + 0.525) / 2)


def test_brier_and_nll():
    scores, chances = np.array([1.0, 0.0]), np.array([0.8, 0.4])
    assert brier(scores, chances) == pytest.approx((0.04 + 0.16) / 2)
    assert nll(scores, chances) == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)


def test_certainty_that_is_wrong_costs_no_more_than_a_millionth_says():
    assert nll(np.array([0.0]), np.array([1.0])) == pytest.approx(-math.log(1e-6))


def test_aiq_of_three_points_in_the_papers_form():
    assert aiq(np.array([1.0, 4, 10]), np.array([0.5, 0.7, 0.8]), 1, 10) == pytest.approx(0.70)


def test_a_point_below_the_hull_changes_nothing():
    assert aiq(np.array([1.0, 4, 5, 10]), np.array([0.5, 0.7, 0.6, 0.8]), 1, 10) == pytest.approx(0.70)


def test_beyond_the_dearest_point_aiq_is_flat_and_below_the_cheapest_it_is_nothing():
    assert aiq(np.array([2.0]), np.array([0.6]), 1, 5) == pytest.approx(0.6 * 3 / 4)
    assert aiq(np.array([1.0, 9]), np.array([0.5, 0.9]), 1, 5) == pytest.approx((0.5 + 0.7) / 2)
    assert aiq(np.array([7.0]), np.array([0.6]), 1, 5) == 0.0


def test_without_a_range_of_prices_there_is_no_aiq():
    assert aiq(np.array([1.0]), np.array([0.5]), 1, 1) is None


def test_cost_save_is_the_cheapest_setting_that_is_as_good():
    costs, qualities = np.array([1.0, 2, 3, 5]), np.array([0.5, 0.7, 0.71, 0.9])
    assert cost_save(costs, qualities, 4.0, 0.7) == pytest.approx(0.5)
    assert cost_save(costs, qualities, 4.0, 0.8) == pytest.approx(-0.25)
    assert cost_save(costs, qualities, 4.0, 0.95) is None
    assert cost_save(costs, qualities, 0.0, 0.5) is None


def test_the_interval_of_a_mean_is_about_two_standard_errors_wide():
    values = (np.arange(1000) % 4 == 0).astype(float)[:, None]
    low, high = interval(resampled_means(values, np.arange(1000))[:, 0])
    error = math.sqrt(0.25 * 0.75 / 1000)
    assert (low, high) == pytest.approx((0.25 - 1.96 * error, 0.25 + 1.96 * error), abs=0.003)


def test_duplicates_are_drawn_together_and_widen_the_interval():
    values, groups = np.repeat([0.0, 1.0], 500)[:, None], np.arange(1000)
    alone = interval(resampled_means(values, groups)[:, 0])
    fours = interval(resampled_means(values, groups // 4)[:, 0])
    assert (fours[1] - fours[0]) / (alone[1] - alone[0]) == pytest.approx(2, rel=0.15)


def test_a_constant_difference_has_no_width_because_resamples_are_shared():
    right = np.random.default_rng(0).random(200)
    means = resampled_means(np.stack([right + 0.1, right], axis=1), np.arange(200))
    assert np.ptp(means[:, 0] - means[:, 1]) < 1e-6
    assert np.ptp(means[:, 0]) > 0.01


def test_what_was_not_measured_is_in_no_mean():
    values = np.array([[1.0, 1.0], [0.0, NAN], [1.0, 1.0], [0.0, NAN]])
    means = resampled_means(values, np.arange(4), 300)
    held = ~np.isnan(means[:, 1])
    assert not held.all() and (means[held, 1] == 1).all()


def test_the_same_seed_draws_the_same():
    values = np.random.default_rng(0).random((50, 2))
    first, again, other = (resampled_means(values, np.arange(50), 100, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_group_numbers_may_have_gaps_and_any_order():
    values = np.array([[0.0], [1.0], [0.0]])
    one, other = resampled_means(values, np.array([7, 900, 7])), resampled_means(values, np.array([0, 1, 0]))
    assert np.array_equal(one, other)


def test_p_is_small_only_where_the_resamples_are_on_one_side():
    assert p_value(np.full(999, 0.2)) == pytest.approx(2 / 1000)
    assert p_value(np.array([-1.0, 1.0] * 500)) == 1.0
    assert p_value(np.zeros(99)) == 1.0


def test_mcnemar_looks_only_at_the_questions_on_which_exactly_one_is_right():
    one = np.array([1.0] * 6 + [1.0] * 50 + [0.0] + [NAN])
    other = np.array([0.0] * 6 + [1.0] * 50 + [1.0] + [1.0])
    assert mcnemar(one, other) == pytest.approx(2 * (1 + 7) / 2**7)
    assert mcnemar(one, one) == 1.0
