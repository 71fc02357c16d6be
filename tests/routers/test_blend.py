import numpy as np
import pytest

from routers.blend import BlendRouter
from routers.chance import RandomRouter
from routers.constant import ConstantRouter
from routers.linear import LinearRouter
from routers.neighbours import NeighboursRouter
from routers.stacking import cleared, stack


def world(n=600, seed=0):
    """Rows of which the first column says who is right: expert a where it is positive, expert b elsewhere."""
    chance = np.random.default_rng(seed)
    X = chance.normal(size=(n, 6)).astype(np.float32)
    likely = 1 / (1 + np.exp(-3 * X[:, :1] * [1, -1]))
    return X, (chance.random((n, 2)) < likely).astype(float)


def test_a_member_that_knows_nothing_gets_no_say():
    X, Y = world()
    blend = BlendRouter((LinearRouter(), RandomRouter())).fit(X, Y, ["a", "b"])
    assert blend.weights_[0] > 10 * blend.weights_[1] >= 0


def test_it_is_no_worse_than_its_best_member():
    X, Y = world()
    X_new, Y_new = world(seed=1)
    members = (LinearRouter(), NeighboursRouter(), ConstantRouter())
    blend = BlendRouter(members).fit(X, Y, ["a", "b"])
    alone = max(type(member)().fit(X, Y, ["a", "b"]).score(X_new, Y_new) for member in members)
    assert blend.score(X_new, Y_new) >= alone - 0.002


def test_weights_are_what_makes_held_out_scores_likeliest():
    chance = np.random.default_rng(0)
    odds = chance.normal(size=(2, 4000, 1)) * 2
    Y = (chance.random((4000, 1)) < 1 / (1 + np.exp(-(0.8 * odds[0] + 0.4 * odds[1] - 0.3)))).astype(float)
    weights, offset = stack(odds, Y)
    assert np.allclose(weights, [0.8, 0.4], atol=0.1)
    assert offset == pytest.approx(-0.3, abs=0.1)


def test_a_weight_is_never_negative():
    odds = np.random.default_rng(0).normal(size=(1, 500, 1))
    weights, _ = stack(odds, (odds[0] < 0).astype(float))
    assert weights[0] == 0


def test_missing_cells_weigh_nothing():
    chance = np.random.default_rng(0)
    odds, Y = chance.normal(size=(2, 300, 2)), (chance.random((300, 2)) < 0.5).astype(float)
    holes = Y.copy()
    holes[::2] = np.nan
    assert np.allclose(stack(odds, holes)[0], stack(odds[:, 1::2], Y[1::2])[0], atol=1e-4)


def test_nothing_is_ever_certain():
    assert np.isfinite(cleared(np.array([0.0, 1.0]))).all()


def test_calibration_turns_overconfidence_down():
    X, Y = world()
    blend = BlendRouter((LinearRouter(spread=5.0),)).fit(X, Y, ["a", "b"])
    blend.weights_ = blend.weights_ * 5
    X_new, Y_new = world(seed=1)
    X_last, Y_last = world(seed=2)
    assert blend.calibrate(X_new, Y_new).score(X_last, Y_last) > blend.score(X_last, Y_last) + 0.003


def test_an_expert_that_a_member_does_not_know_is_judged_by_the_others():
    X, Y = world()
    blend = BlendRouter((LinearRouter(), ConstantRouter())).fit(X, Y, ["a", "b"])
    known = np.array([[True, False], [True, True]])
    over = blend.over(blend.members_, known)
    one, other = over.predict(X[:50]), blend.predict(X[:50])
    assert np.array_equal(one.mean[:, 0], other.mean[:, 0])
    assert np.ptp(one.mean[:, 1]) < 1e-6 < np.ptp(other.mean[:, 1])


def test_members_that_speak_lend_their_words(suite):
    blend, category = suite.routers["blend"], suite.routers["category"]
    rows = suite.encode(["the integral of a polynomial equation"])
    said, read = blend.predict(rows), category.predict(rows)
    assert said.labels == read.labels == ("math",)
    assert np.array_equal(said.confidence, read.confidence)
    assert said.skills[0]
    assert said.reasons[0].startswith(read.reasons[0])
