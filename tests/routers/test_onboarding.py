import numpy as np
import pytest
from scipy.special import expit

from routers.irt.item import answered_items, plain_items
from routers.irt.link import Link
from routers.irt.posterior import Posterior
from routers.onboarding import Onboarding

PRIOR = Posterior(np.array([0.5, 0.0]), np.diag([1.5, 0.3]))


class World:
    """Questions whose texts tell half of their difficulty, thirty peers who answered them, and a newcomer."""

    def __init__(self, seed, n=1200, peers=30):
        chance = np.random.default_rng(seed)
        told, hidden = chance.standard_normal(n), 1.5 * chance.standard_normal(n)
        alpha = np.stack([np.ones(n), chance.standard_normal(n)], axis=1)
        theta = chance.multivariate_normal(PRIOR.mean, PRIOR.cov, peers + 1)
        chances = expit(alpha @ theta.T - (told + hidden)[:, None])
        Y = (chance.random(chances.shape) < chances).astype(float)
        self.difficulty, self.scores = told + hidden, Y[:, -1]
        flat = 1 / np.sqrt(1 + np.pi / 8 * 1.5**2)
        self.plain = plain_items(flat * alpha, flat * told, PRIOR, Link())
        self.items = answered_items(flat * alpha, flat * told, Y[:, :-1], theta[:-1], PRIOR)

    def test(self, questions, items=None, **more):
        test = Onboarding(items or self.items, PRIOR, **more)
        while test.asked < questions:
            rows = test.choose(min(3, questions - test.asked))
            test.learn(rows, self.scores[rows])
        return test


@pytest.fixture(scope="module")
def worlds():
    return [World(seed) for seed in range(12)]


def error(test, world):
    return test.mean_accuracy().mean - world.scores.mean()


def rms(numbers):
    return float(np.sqrt(np.mean(np.square(numbers))))


def test_what_peers_answered_tells_how_hard_a_question_is(worlds):
    for world in worlds[:3]:
        alpha, beta = world.items.marginal(PRIOR.mean)
        known = np.corrcoef(beta - alpha @ PRIOR.mean, world.difficulty)[0, 1]
        told = np.corrcoef(world.plain.beta, world.difficulty)[0, 1]
        assert known > 0.9 > 0.7 > told


def test_the_text_counts_for_more_once_the_rest_is_known(worlds):
    """Where difficulty is left open, log odds are flattened; that is undone for questions whose difficulty is known."""
    for world in worlds[:3]:
        alpha, told = world.items.alpha[:, 0].mean(), world.plain.alpha[:, 0].mean()
        assert alpha / told == pytest.approx(np.sqrt(1 + np.pi / 8 * 1.5**2), rel=0.1)


def test_chosen_questions_tell_more_than_drawn_ones(worlds):
    chosen = rms([error(world.test(40), world) for world in worlds])
    drawn = rms([error(world.test(40, explore=1.0, seed=seed), world) for world in worlds for seed in range(2)])
    assert chosen < 0.8 * drawn


def test_the_standard_error_is_what_the_errors_are(worlds):
    tests = [(world.test(count), world) for world in worlds for count in (15, 40)]
    assert 0.6 < rms([error(test, world) / test.mean_accuracy().error for test, world in tests]) < 1.4


def test_random_choice_needs_what_is_foretold(worlds):
    for world in worlds[:3]:
        test = world.test(40)
        needed = test.random_would_have_needed()
        reached = world.test(needed, explore=1.0).mean_accuracy().error
        assert needed > 60 and reached == pytest.approx(test.mean_accuracy().error, rel=0.15)


def test_the_foretold_number_is_the_same_whoever_asks_again(worlds):
    test = worlds[0].test(20)
    assert test.random_would_have_needed() == test.random_would_have_needed()


def test_no_question_is_asked_twice_and_the_bank_has_an_end(worlds):
    items = worlds[0].items.part(np.arange(20))
    test, asked = Onboarding(items, PRIOR), []
    while len(rows := test.choose(3)):
        test.learn(rows, worlds[0].scores[rows])
        asked += rows.tolist()
    assert sorted(asked) == list(range(20))
    assert test.mean_accuracy().mean == pytest.approx(worlds[0].scores[:20].mean())


def test_a_batch_is_not_the_same_question_in_other_words(worlds):
    """Two kinds of question; one more of the kind just chosen tells less than one of the other."""
    alpha = np.repeat(np.eye(2), 50, axis=0) * 2
    prior = Posterior(np.zeros(2), np.eye(2))
    rows = Onboarding(plain_items(alpha, np.zeros(100), prior, Link()), prior, explore=0.0).choose(10)
    assert sorted((rows >= 50).tolist()) == [False] * 5 + [True] * 5


def test_a_call_that_failed_is_not_a_wrong_answer(worlds):
    test = Onboarding(worlds[0].items, PRIOR)
    before = test.mean_accuracy()
    rows = test.choose(5)
    test.learn(rows, [np.nan] * 5)
    assert test.asked == 0 and test.mean_accuracy() == before
    assert not set(rows) & set(test.choose(5))


def test_an_expert_unlike_all_others_is_still_found(worlds):
    """One that is right about everything, and one about nothing."""
    for score in (0.0, 1.0):
        test = Onboarding(worlds[0].items, PRIOR)
        while test.asked < 60:
            rows = test.choose(3)
            test.learn(rows, np.full(len(rows), score))
        assert abs(test.mean_accuracy().mean - score) < 0.12


def test_the_mean_over_a_part_of_the_bank_is_less_certain(worlds):
    test = worlds[0].test(30)
    assert test.mean_accuracy(np.arange(40)).error > test.mean_accuracy().error


def test_the_same_seed_asks_the_same_questions(worlds):
    one, same, other = (worlds[0].test(20, explore=0.5, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one.scores, same.scores, equal_nan=True)
    assert not np.array_equal(np.isnan(one.scores), np.isnan(other.scores))


def test_every_kind_of_question_is_asked_by_its_share(worlds):
    kinds = np.repeat([0, 1, 2], [600, 400, 200])
    rows = Onboarding(worlds[0].items, PRIOR, kinds=kinds).choose(30)
    assert np.bincount(kinds[rows]).tolist() == [15, 10, 5]
