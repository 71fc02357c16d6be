import time

import numpy as np
import pytest
from scipy.special import expit

from routers.irt.head import LinearHead
from routers.irt.link import Link
from routers.irt.mixture import MixtureHead
from routers.irt.population import population
from routers.irt.posterior import Posterior, posterior
from routers.irt.router import IrtRouter
from routers.standard import Standard
from routers.state import dump, restore

KINDS = {kind.__name__: kind for kind in (IrtRouter, LinearHead, MixtureHead, Link, Standard)}


def world(n=1500, m=8, seed=0, columns=12, bent=0.0):
    """Rows, and outcomes of experts on them; `bent` is how far difficulty follows the row other than in a line."""
    chance = np.random.default_rng(seed)
    X = chance.standard_normal((n, columns)).astype(np.float32)
    theta = chance.standard_normal((m, 3)) * [1.0, 0.6, 0.4]
    alpha = np.stack([np.ones(n), X[:, 1], X[:, 2]], axis=1)
    chances = expit(alpha @ theta.T - (X[:, 0] + bent * (X[:, 3] ** 2 - 1))[:, None])
    Y = (chance.random((n, m)) < chances).astype(float)
    return X, Y, chances


def quick(**more):
    return IrtRouter(**{"head": "linear", "dimensions": 4, "noise": 0.3, **more})


def fitted(**more):
    X, Y, chances = world()
    return quick(**more).fit(X[:1000], Y[:1000]), X[1000:], Y[1000:], chances[1000:]


@pytest.mark.parametrize(("head", "noise"), [("linear", 0.3), ("mixture", 1.0)])
def test_the_chances_are_found_again(head, noise):
    router, X, _, chances = fitted(head=head, noise=noise)
    assert np.abs(chances - chances.mean(axis=0)).mean() > 0.2
    assert np.abs(router.predict(X).mean - chances).mean() < 0.1


def test_a_bent_difficulty_needs_the_mixture():
    X, Y, chances = world(n=4000, bent=1.0)
    errors = {}
    for head in ("linear", "mixture"):
        router = quick(head=head, folds=1).fit(X[:3000], Y[:3000])
        errors[head] = np.abs(router.predict(X[3000:]).mean - chances[3000:]).mean()
    assert errors["mixture"] < 0.7 * errors["linear"]


@pytest.mark.parametrize("head", [LinearHead(3), LinearHead(3, monotone=False), MixtureHead(3, 2, 4)])
def test_the_gradient_is_the_slope(head):
    chance = np.random.default_rng(0)
    X, toward = chance.standard_normal((5, 6)), chance.standard_normal((5, 4))
    weights = [np.asarray(weight, dtype=np.float64) for weight in head.start(6, chance)]
    out, trace = head.forward(weights, X)
    for at, gradient in enumerate(head.backward(weights, trace, toward)):
        direction = chance.standard_normal(gradient.shape)
        moved = [*weights]
        moved[at] = weights[at] + 1e-6 * direction
        slope = ((head.forward(moved, X)[0] - out) * toward).sum() / 1e-6
        assert slope == pytest.approx((gradient * direction).sum(), rel=1e-3, abs=1e-4)


def test_more_ability_never_means_a_smaller_chance_where_the_head_is_monotone():
    router, X, _, _ = fitted()
    alpha, _ = router.query_side(X)
    assert alpha.min() >= 0


def test_an_expert_is_added_by_its_ability_alone():
    X, Y, _ = world()
    router = quick(folds=1).fit(X[:1000], Y[:1000])
    before, after = router.predict(X), router.add("new", X[:1000], Y[:1000, 7]).predict(X)
    assert (before.mean == after.mean[:, :8]).all() and (before.std == after.std[:, :8]).all()
    assert np.allclose(after.mean[:, 8], before.mean[:, 7], atol=1e-6)


def test_a_missing_score_is_not_a_zero():
    X, Y, _ = world()
    some = Y.copy()
    some[::2, 0] = np.nan
    zeros = np.nan_to_num(some)
    said = [quick(folds=1).fit(X, outcomes).predict(X).mean[:, 0].mean() for outcomes in (Y, some, zeros)]
    assert abs(said[1] - said[0]) < 0.03 and said[2] < said[0] - 0.15


def test_half_right_answers_count_half():
    X, Y, _ = world()
    assert quick(folds=1).fit(X, 0.5 * Y).predict(X).mean.mean() == pytest.approx(0.5 * Y.mean(), abs=0.02)


def test_an_expert_with_few_answers_is_taken_for_an_average_one_and_is_less_sure():
    X, Y, _ = world()
    router = quick(folds=1).fit(X, Y)
    few, many = router.add("few", X[:5], np.ones(5)), router.add("many", X, np.ones(len(X)))
    assert few.predict(X).mean[:, -1].mean() < many.predict(X).mean[:, -1].mean()
    assert few.average(X)[1][-1] > 2 * router.average(X)[1].max()


def test_the_errors_of_mean_accuracy_are_what_the_router_says_they_are():
    ratios = []
    for seed in range(6):
        X, Y, chances = world(n=3000, m=10, seed=seed)
        router = quick(folds=1, seed=seed).fit(X[:1500, :], Y[:1500, :8])
        for m in (8, 9):
            for part in range(5):
                asked = slice(100 + 25 * part, 125 + 25 * part)
                mean, error = router.add("new", X[asked], Y[asked, m]).average(X[1500:])
                ratios.append((chances[1500:, m].mean() - mean[-1]) / error[-1])
    assert 0.7 < np.sqrt(np.mean(np.square(ratios))) < 1.4


def test_the_probabilities_mean_what_they_say():
    X, Y, _ = world(n=4000)
    router = quick().fit(X[:2000], Y[:2000])
    said = router.predict(X[2000:]).mean
    bins = np.floor(said * 10)
    gaps = [abs((Y[2000:] - said)[bins == b].sum()) for b in range(10)]
    assert sum(gaps) / said.size < 0.02


def test_calibration_undoes_a_shift():
    router, X, _, chances = fitted()
    shifted = expit(np.log(chances / (1 - chances)) * 0.5 - 1.0)
    better = router.calibrate(X, shifted)
    assert router.score(X, shifted) < better.score(X, shifted) - 0.01
    assert better.predict(X).mean.mean() == pytest.approx(shifted.mean(), abs=0.01)


def test_the_std_is_that_of_a_squashed_normal():
    chance = np.random.default_rng(0)
    for z, v in ((0.0, 0.1), (1.0, 0.5), (-2.0, 1.0), (0.5, 4.0), (0.0, 100.0)):
        drawn = expit(z + np.sqrt(v) * chance.standard_normal(200_000))
        link, one = Link(), np.array([[v]])
        mean = link.mean(np.array([[z]]), one)
        assert mean.item() == pytest.approx(drawn.mean(), abs=0.03)
        assert link.std(mean, one).item() == pytest.approx(drawn.std(), rel=0.2)


def test_the_posterior_of_nothing_is_the_prior():
    prior = Posterior(np.array([1.0, -1.0]), np.array([[2.0, 0.5], [0.5, 1.0]]))
    found = posterior(np.zeros((0, 2)), np.zeros(0), np.zeros(0), prior)
    assert np.allclose(found.mean, prior.mean) and np.allclose(found.cov, prior.cov)


def test_a_one_sided_record_does_not_run_away():
    found = posterior(np.full((50, 1), 30.0), np.zeros(50), np.ones(50), Posterior(np.zeros(1), np.eye(1)))
    assert 0 < found.mean[0] < 3


def test_the_population_is_found_from_its_members():
    chance = np.random.default_rng(1)
    alpha, beta = np.abs(chance.standard_normal((400, 2))), chance.standard_normal(400)
    theta = chance.multivariate_normal([1.0, -0.5], [[0.8, 0.3], [0.3, 0.4]], 150)
    Y = (chance.random((400, 150)) < expit(alpha @ theta.T - beta[:, None])).astype(float)
    found = population(alpha, beta, Y)
    assert np.allclose(found.mean, [1.0, -0.5], atol=0.15)
    assert np.allclose(found.cov, [[0.8, 0.3], [0.3, 0.4]], atol=0.2)


def test_an_ability_survives_being_written_down():
    router, X, _, _ = fitted(folds=1)
    registry = {name: Posterior.from_json(one.to_json()) for name, one in router.posteriors.items()}
    again = router.with_posteriors({"b": registry["expert 3"], "a": registry["expert 0"]})
    assert again.experts_ == ("b", "a")
    assert np.allclose(again.predict(X).mean, router.predict(X).mean[:, [3, 0]], atol=1e-4)


@pytest.mark.parametrize("row", [{"mean": [0.0], "cov": [[1.0, 0.0]]}, {"mean": [[0.0]], "cov": [[1.0]]}])
def test_an_ability_that_makes_no_sense_is_refused(row):
    with pytest.raises(ValueError, match="mean \\(d,\\) and a cov"):
        Posterior.from_json(row)


def test_an_ability_of_another_router_is_refused():
    router, _, _, _ = fitted(folds=1)
    with pytest.raises(ValueError, match="ability of x has 2 dimensions; this router's have 4"):
        router.with_posteriors({"x": Posterior(np.zeros(2), np.eye(2))})


def test_an_unknown_head_is_refused():
    with pytest.raises(ValueError, match="linear or mixture, not 'deep'"):
        IrtRouter(head="deep").fit(np.zeros((9, 2)), np.ones((9, 1)))


@pytest.mark.parametrize("head", ["linear", "mixture"])
def test_it_is_written_down_and_read_again(head):
    router, X, _, _ = fitted(head=head)
    state = dump(router)
    again, router = restore(state, KINDS).predict(X), router.predict(X)
    assert (again.mean == router.mean).all() and (again.std == router.std).all() and again.reasons == router.reasons


def test_the_same_seed_gives_the_same_router():
    X, Y, _ = world(n=400)
    one, same, other = (quick(seed=seed).fit(X, Y).predict(X).mean for seed in (0, 0, 1))
    assert (one == same).all() and not (one == other).all()


def test_it_says_how_hard_a_query_is_and_who_is_up_to_it():
    router, X, _, _ = fitted()
    hardest = np.argsort(router.predict(X).mean.mean(axis=1))
    [easy], [hard] = router.explain(X[hardest[-1:]]), router.explain(X[hardest[:1]])
    percent = [int(said.split(" % ")[0].removeprefix("harder than ")) for said in (easy, hard)]
    assert percent[0] < 20 and percent[1] > 80
    best = router.experts_[int(router.predict(X[hardest[:1]]).mean.argmax())]
    assert f"of the training questions: {best} is right on " in hard


def test_a_query_is_read_in_microseconds_however_many_experts_there_are():
    router, X, _, _ = fitted()
    posteriors = list(router.posteriors.values())
    costs = {}
    for m in (10, 1000):
        many = router.with_posteriors({f"e{n}": posteriors[n % len(posteriors)] for n in range(m)})
        costs[m] = min(timed(lambda many=many: many.predict(X[:1])) for _ in range(300))
    assert costs[10] < 0.0005 and costs[1000] < 3 * costs[10], costs


def timed(act):
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def test_neighbourhoods_that_are_misjudged_widen_the_std():
    chance = np.random.default_rng(0)
    groups = np.repeat(np.arange(200), 40)
    logits = chance.standard_normal((8000, 3))
    for spread in (0.0, 0.8):
        shift = spread * chance.standard_normal((200, 3))[groups]
        Y = (chance.random((8000, 3)) < expit(logits + shift)).astype(float)
        link = Link().fit(logits, np.zeros_like(logits), Y, groups)
        assert np.sqrt(link.residual_) == pytest.approx(spread, abs=0.15)
