import numpy as np
import pytest

from routers.calibration import accuracy, ece, fit_temperature, nll, sure_above
from routers.classifier import CategoryClassifier, softmax


def drawn(n=4000, sharpness=1.0):
    """Logits, and labels drawn from the softmax of logits / sharpness."""
    chance = np.random.default_rng(0)
    logits = chance.normal(size=(n, 4)) * 2
    chances = softmax(logits / sharpness)
    return logits, np.array([chance.choice(4, p=row) for row in chances])


def test_probabilities_that_mean_what_they_say_have_a_small_error():
    logits, truth = drawn()
    assert ece(softmax(logits), truth) < 0.02
    assert ece(softmax(logits * 3), truth) > 0.1


def test_certainty_that_is_always_wrong_is_as_bad_as_can_be():
    assert ece(np.array([[1.0, 0.0]]), np.array([1])) == 1.0
    assert nll(np.array([[1.0, 0.0]]), np.array([1])) == pytest.approx(-np.log(1e-6))


def test_the_temperature_that_spoiled_the_logits_is_found():
    logits, truth = drawn(sharpness=2.0)
    classifier = CategoryClassifier(words=0)
    classifier.weights_, classifier.scale_, classifier.bias_ = np.eye(4), np.ones(4), np.zeros(4)
    fit_temperature(classifier, logits, truth)
    assert classifier.temperature_ == pytest.approx(2.0, rel=0.1)


def test_at_or_above_the_threshold_the_target_share_is_right():
    logits, truth = drawn()
    chances = softmax(logits)
    threshold = sure_above(chances, truth, 0.9)
    sure = chances.max(axis=1) >= threshold
    assert accuracy(chances[sure], truth[sure]) == pytest.approx(0.9, abs=0.01)
    assert 0.1 < sure.mean() < 0.9


def test_a_target_out_of_reach_accepts_nothing():
    assert sure_above(np.array([[0.9, 0.1]]), np.array([1]), 0.9) == 1.0
