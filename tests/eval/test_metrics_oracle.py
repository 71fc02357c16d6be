"""What an oracle would add, and how much of it is luck: on worlds whose chances are known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from eval.metrics.luck import luck_floor
from eval.metrics.oracle_gap import oracle_scores, repeated_oracle
from eval.metrics.shrunk_oracle import fitted_chances

NAN = float("nan")
N, EXPERTS = 2000, 8


def drawn(chances, seed=0):
    return (np.random.default_rng(seed).random(chances.shape) < chances).astype(float)


@pytest.fixture(scope="module")
def ability():
    """Abilities and difficulties are all there is: nobody can choose better than the best single expert."""
    chance = np.random.default_rng(1)
    return expit(chance.normal(0, 0.6, EXPERTS) + chance.normal(0, 1.5, (N, 1)))


@pytest.fixture(scope="module")
def skills():
    """Experts are better at some questions than at others."""
    chance = np.random.default_rng(2)
    pattern = chance.normal(0, 1, (N, 2)) @ chance.normal(0, 1.2, (2, EXPERTS))
    return expit(chance.normal(0, 0.6, EXPERTS) + pattern)


def test_the_naive_oracle_takes_luck_for_skill(ability):
    scores = drawn(ability)
    assert oracle_scores(scores).mean() > ability.max(axis=1).mean() + 0.15


def test_where_nobody_knows_anything_in_particular_all_of_it_is_luck(ability):
    scores = drawn(ability)
    assert luck_floor(scores) == pytest.approx(oracle_scores(scores).mean(), abs=0.015)
    assert oracle_scores(fitted_chances(scores, np.arange(N))).mean() == pytest.approx(
        scores.mean(axis=0).max(), abs=0.02
    )


def test_fitted_chances_find_most_of_what_can_be_chosen_and_no_more(skills):
    scores = drawn(skills)
    truth, single = skills.max(axis=1).mean(), skills.mean(axis=0).max()
    found = oracle_scores(fitted_chances(scores, np.arange(N))).mean()
    assert single + 0.6 * (truth - single) < found < truth + 0.01 < oracle_scores(scores).mean() - 0.05


def test_noise_in_the_labels_widens_the_naive_gap_and_shrinks_the_cross_fitted_ones(skills):
    noisy = 0.8 * skills + 0.2 * (1 - skills)
    gaps = {}
    for name, chances in (("clean", skills), ("noisy", noisy)):
        first, second = drawn(chances, 0), drawn(chances, 1)
        best = first.mean(axis=0).max()
        twice, groups = np.concatenate([first, second]), np.tile(np.arange(N), 2)
        gaps[name] = (
            oracle_scores(first).mean() - best,
            oracle_scores(fitted_chances(first, np.arange(N))).mean() - best,
            repeated_oracle(twice, groups).mean() - best,
        )
    (naive, fitted, crossed), (naive_noisy, fitted_noisy, crossed_noisy) = gaps["clean"], gaps["noisy"]
    assert naive_noisy > naive and fitted_noisy < fitted - 0.02 and crossed_noisy < crossed - 0.02


def test_another_draw_judges_without_luck(ability, skills):
    groups = np.tile(np.arange(N), 2)
    for chances in (ability, skills):
        twice = np.concatenate([drawn(chances, 0), drawn(chances, 1)])
        assert repeated_oracle(twice, groups).mean() <= chances.max(axis=1).mean() + 0.01


def test_a_question_asked_once_is_judged_by_no_other_draw():
    scores = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [NAN, 1.0]])
    found = repeated_oracle(scores, np.array([7, 7, 3, 3]))
    assert found.tolist() == pytest.approx([0.5, 1.0, 1.0, 1.0])
    assert np.isnan(repeated_oracle(scores[:1], np.array([0]))).all()


def test_holes_stay_holes_and_experts_that_are_always_right_do_no_harm(skills):
    scores = drawn(skills)[:300]
    scores[::7, 2], scores[:, 0], scores[:, 1] = NAN, 1.0, 0.0
    found = fitted_chances(scores, np.arange(300))
    assert np.array_equal(np.isnan(found), np.isnan(scores)) and np.nanmin(found) >= 0 and np.nanmax(found) <= 1
    assert found[:, 0].min() > 0.99 and luck_floor(scores) > 0.99


def test_too_few_questions_or_experts_have_no_fitted_chances():
    assert fitted_chances(np.ones((49, 5)), np.arange(49)) is None
    assert fitted_chances(np.ones((80, 2)), np.arange(80)) is None
    assert luck_floor(np.ones((49, 5))) is None and luck_floor(np.ones((80, 1))) is None
    assert luck_floor(np.zeros((80, 3))) == pytest.approx(0.0, abs=0.01)


def test_the_order_of_questions_changes_no_floor(skills):
    scores = drawn(skills)
    assert luck_floor(scores[::-1]) == pytest.approx(luck_floor(scores), abs=1e-6)
