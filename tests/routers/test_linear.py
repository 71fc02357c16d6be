"""Routers that are regressions, one per expert or in a common space, and what they are made of."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from routers.cluster import ClusterRouter
from routers.contrast import Pairs, contrast, through_unit
from routers.contrastive import ContrastiveRouter
from routers.factor import FactorRouter
from routers.linear import LinearRouter
from routers.logistic import logistic
from routers.neighbours import NeighboursRouter
from routers.rows import unit
from routers.standard import Standard

LEARNED = [ClusterRouter, ContrastiveRouter, FactorRouter, LinearRouter, NeighboursRouter]


def rows(n=200, d=6, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def blobs(n=200):
    """Two directions, and an expert that is always right on the first and always wrong on the second."""
    X = rows(n) / 10
    X[np.arange(n), np.arange(n) % 2] += 1
    return X, (np.arange(n) % 2 == 0).astype(float)[:, None]


def test_logistic_regressions_find_the_weights_that_made_the_scores():
    U = rows(20000, d=3).astype(float)
    weights = np.array([[1.0, 0], [-0.5, 0.5], [0, 2]])
    Y = 1 / (1 + np.exp(-(U @ weights + [0.3, -1])))
    found = logistic(U, Y, strength=1)
    assert np.allclose(found.weights, weights, atol=0.01)
    assert np.allclose(found.bias, [0.3, -1], atol=0.01)


def test_the_posterior_covers_the_truth_as_often_as_it_says():
    chance = np.random.default_rng(0)
    U, truth = chance.normal(size=(300, 4)), chance.normal(0, 0.7, (4, 200))
    Y = (chance.random((300, 200)) < 1 / (1 + np.exp(-U @ truth))).astype(float)
    found = logistic(U, Y, strength=1 / 0.7**2)
    surprise = (found.weights - truth) / np.sqrt(found.weight_variances)
    assert np.std(surprise) == pytest.approx(1, abs=0.1)


def test_with_nothing_but_the_prior_the_weights_are_the_priors():
    found = logistic(np.zeros((5, 2)), np.ones((5, 1)), 3.0, prior=np.array([1.0, -2.0]))
    assert np.allclose(found.weights[:, 0], [1, -2])
    assert np.allclose(found.weight_variances, 1 / 3)


@settings(deadline=None, max_examples=30)
@given(missing=st.lists(st.booleans(), min_size=30, max_size=30), seed=st.integers(0, 99))
def test_a_missing_cell_is_as_good_as_a_missing_row(missing, seed):
    U, kept = rows(40, d=3, seed=seed).astype(float), np.array([True] * 10 + [not gone for gone in missing])
    y = (np.random.default_rng(seed).random(40) < 0.5).astype(float)
    masked = logistic(U, np.where(kept, y, np.nan)[:, None], 1.0)
    dropped = logistic(U[kept], y[kept][:, None], 1.0)
    assert np.allclose(masked.weights, dropped.weights, atol=1e-2)
    assert np.allclose(masked.bias, dropped.bias, atol=1e-2)


def test_standard_rows_do_not_correlate_and_a_constant_column_says_nothing():
    X = rows() @ rows(6, seed=1)
    X[:, 2] = 7
    standard = Standard().fit(X)
    gram = standard.transform(X).T @ standard.transform(X)
    assert np.allclose(gram, np.diag(np.diag(gram)), atol=1e-2)
    X[:, 2] = 1000
    assert np.allclose(standard.transform(X).T @ standard.transform(X), gram, atol=1e-2)


def test_what_experts_have_in_common_is_expected_of_a_newcomer():
    chance = np.random.default_rng(0)
    X = rows(600)
    difficulty = 2 * X[:, [0]] + chance.normal(0, 0.3, (1, 8))
    Y = (chance.random((600, 8)) < 1 / (1 + np.exp(difficulty))).astype(float)
    newcomer = FactorRouter().fit(X, Y).add("newcomer", X[:4], np.array([1.0, 0, 1, 0]))
    means = newcomer.predict(X).mean[:, -1]
    assert means[X[:, 0] < -1].mean() > means[X[:, 0] > 1].mean() + 0.4


def test_the_contrast_draws_the_good_near_and_pushes_the_failed_away():
    pairs = Pairs.of(np.array([[1, 0, np.nan, 0.4]]), count=1, seed=0)
    _, slope = contrast(np.zeros((1, 4)), pairs)
    assert slope.tolist() == [[-0.5, 0.5, 0, 0]]


def test_nobody_is_drawn_near_and_pushed_away_at_once():
    pairs = Pairs.of(np.array([[0.3, 0.1, 0.2, 0.0]]), count=3, seed=0)
    assert pairs.good.tolist() == [[True, True, True, False]]
    assert pairs.failed.tolist() == [[False, False, False, True]]


def test_a_query_that_all_fail_or_all_answer_contrasts_nobody():
    for scores in (0.0, 1.0):
        value, slope = contrast(np.zeros((1, 3)), Pairs.of(np.full((1, 3), scores), count=2, seed=0))
        assert (abs(value) < 1e-12, np.abs(slope).max() < 1e-12) == (True, True)


@settings(deadline=None)
@given(seed=st.integers(0, 999))
def test_the_gradient_of_the_contrast_is_its_slope(seed):
    chance = np.random.default_rng(seed)
    pairs = Pairs.of((chance.random((4, 5)) < 0.5).astype(float), count=2, seed=seed)
    at, step = chance.normal(size=(4, 5)), 1e-6 * chance.normal(size=(4, 5))
    rise = contrast(at + step, pairs)[0] - contrast(at - step, pairs)[0]
    assert rise == pytest.approx(2 * float(np.sum(contrast(at, pairs)[1] * step)), abs=1e-9)


@settings(deadline=None)
@given(seed=st.integers(0, 999))
def test_a_gradient_passes_through_the_scaling_to_length_one(seed):
    at, weights, step = np.random.default_rng(seed).normal(size=(3, 4, 5))
    rise = np.sum(weights * (unit(at + 1e-6 * step) - unit(at - 1e-6 * step))) / 2e-6
    assert rise == pytest.approx(np.sum(through_unit(weights, at, unit(at)) * step), abs=1e-5)


@pytest.mark.parametrize("make", LEARNED)
def test_sparse_rows_are_read_like_dense_ones(make):
    X, Y = blobs()
    X[np.abs(X) < 0.1] = 0
    router = make().fit(csr_matrix(X), Y)
    assert np.allclose(router.predict(csr_matrix(X)).mean, make().fit(X, Y).predict(X).mean, atol=1e-6)


@pytest.mark.parametrize("make", LEARNED)
def test_columns_beyond_the_width_are_not_read(make):
    X, Y = blobs()
    router = make(width=4).fit(X, Y)
    assert np.array_equal(router.predict(X).mean, router.predict(np.hstack([X[:, :4], rows(200, seed=1)])).mean)
