"""Measures against values that were published for them."""

from __future__ import annotations

import numpy as np
import pytest

from eval.metrics.aiq import aiq
from eval.metrics.arena import arena_score, cost_score, latency_score, optimality
from eval.metrics.calibration import ece, ece_mass
from eval.metrics.routellm import apgr, curve

ROUTER_ARENA = [(0.6688, 0.15, 66.90), (0.6809, 0.54, 66.67), (0.7396, 10.02, 64.32), (0.3201, 0.07, 33.75)]
"""Accuracy, dollars per 1,000 questions, and the score, of four rows of RouterArena's board (November 2025)."""


@pytest.mark.parametrize(("accuracy", "cost", "score"), ROUTER_ARENA)
def test_the_arena_score_is_the_boards(accuracy, cost, score):
    assert 100 * float(arena_score(accuracy, cost)) == pytest.approx(score, abs=0.006)


def test_the_arena_weighs_accuracy_ten_times_as_much_as_cost():
    inverse = (1 / 0.6 + 0.1 / float(cost_score(1.0))) / 1.1
    assert float(arena_score(0.6, 1.0)) == pytest.approx(1 / inverse)


def test_a_cost_beyond_the_ends_is_an_end():
    assert cost_score(np.array([0.0, 0.0044, 200.0, 900.0])).tolist() == pytest.approx([1, 1, 0, 0])
    assert float(cost_score(2.0, 1.0, 4.0)) == pytest.approx(0.5)
    assert np.isnan(cost_score(1.0, 1.0, 1.0)) and np.isnan(arena_score(0.5, 1.0, 0.0, 1.0))
    assert float(arena_score(0.0, 200.0)) == 0.0


def test_a_latency_is_scored_by_what_it_has_beyond_ten_milliseconds():
    assert [latency_score(ms) for ms in (0.0, 10.0, 11.0, 20.0)] == [1.0, 1.0, 1.0, 0.1]
    assert 100 * latency_score(10 + 100 / 27.03) == pytest.approx(27.03)


def test_both_readings_of_optimality_by_hand():
    """The cheapest right one is chosen; a dearer right one; a cheaper wrong one; and one question that nobody knows."""
    scores = np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    costs = np.array([[1.0, 4.0]] * 4)
    places = np.array([0, 1, 0, 0])
    found, at = optimality(scores, costs), np.arange(4)
    right, optimal, ratio = (cells[at, places] for cells in (found.right, found.optimal, found.cost_ratio))
    assert np.nanmean(optimal) == pytest.approx(1 / 3) and np.nanmean(ratio) == pytest.approx((1 + 1 / 4 + 4) / 3)
    assert np.nansum(optimal) / np.nansum(right) == pytest.approx(1 / 2)
    assert np.nansum(ratio[right == 1]) / np.nansum(right) == pytest.approx((1 + 1 / 4) / 2)
    assert np.isnan(found.right[3]).all()


def test_equally_cheap_right_experts_are_all_the_best_choice_and_a_free_wrong_one_has_no_ratio():
    found = optimality(np.array([[1.0, 1.0, 0.0]]), np.array([[2.0, 2.0, 0.0]]))
    assert found.optimal.tolist() == [[1, 1, 0]] and np.isnan(found.cost_ratio[0, 2])
    free = optimality(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]]))
    assert free.cost_ratio.tolist() == [[1, 1]]


def test_aiq_of_routerbenchs_three_points_is_seven_tenths():
    assert aiq(np.array([1.0, 4, 10]), np.array([0.5, 0.7, 0.8]), 1, 10) == pytest.approx(0.70)


def test_a_router_that_draws_lots_has_an_apgr_of_one_half():
    chance = np.random.default_rng(0)
    weak, strong = (chance.random(4000) < 0.4).astype(float), (chance.random(4000) < 0.7).astype(float)
    assert float(apgr(curve(np.zeros(4000), weak, strong))) == pytest.approx(0.5)
    drawn = [float(apgr(curve(chance.random(4000), weak, strong))) for _ in range(50)]
    assert np.mean(drawn) == pytest.approx(0.5, abs=0.01)


def test_perfectly_calibrated_chances_have_almost_no_ece():
    chance = np.random.default_rng(0)
    chances = chance.random(200_000)
    right = (chance.random(200_000) < chances).astype(float)
    assert ece(right, chances) < 0.006 and ece_mass(right, chances) < 0.006
