"""How much experts write: the habit of each, the length of each query, and what is said of those nobody has seen."""

from __future__ import annotations

import numpy as np
import pytest

from routers.state import dump, restore
from routers.verbosity import Verbosity

EXPERTS = ("terse", "plain", "wordy")
HABITS = np.log([0.25, 1.0, 4.0])


def answers(n: int = 400, seed: int = 0, missing: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """(X, tokens): the first feature makes answers longer, the second means nothing."""
    chance = np.random.default_rng(seed)
    X = chance.normal(size=(n, 2))
    logs = np.log(100) + 0.5 * X[:, :1] + HABITS + 0.3 * chance.normal(size=(n, 3))
    return X, np.where(chance.random((n, 3)) < missing, np.nan, np.exp(logs))


def test_habits_and_lengths_are_told_apart() -> None:
    X, tokens = answers()
    verbosity = Verbosity().fit(X, tokens, EXPERTS)
    assert verbosity.ratios(EXPERTS) == pytest.approx(np.exp(HABITS - HABITS.mean()), rel=0.1)
    longer, shorter = verbosity.lengths(np.array([[1.0, 0.0], [-1.0, 0.0]]))
    assert longer / shorter == pytest.approx(np.e, rel=0.1)


def test_it_is_better_than_one_constant_on_queries_it_has_not_seen() -> None:
    verbosity = Verbosity().fit(*answers(), EXPERTS)
    X, tokens = answers(seed=1)
    constant = np.nanmean(np.abs(np.log(tokens) - np.nanmedian(np.log(tokens))))
    assert verbosity.error(X, tokens) < 0.4 * constant


def test_what_is_expected_is_the_mean_which_is_what_money_is_spent_on() -> None:
    verbosity = Verbosity().fit(*answers(missing=0.0), EXPERTS)
    X, tokens = answers(4000, seed=1, missing=0.0)
    assert verbosity.predict(X).sum(axis=0) == pytest.approx(tokens.sum(axis=0), rel=0.1)


def test_a_missing_answer_is_not_an_empty_one() -> None:
    X, tokens = answers()
    tokens[:, 2] = np.where(np.arange(len(X)) < 200, tokens[:, 2], np.nan)
    verbosity = Verbosity().fit(X, tokens, EXPERTS)
    assert verbosity.ratios(["wordy"]) / verbosity.ratios(["terse"]) == pytest.approx(16, rel=0.2)


def test_nothing_known_of_an_expert_is_the_average_one() -> None:
    verbosity = Verbosity().fit(*answers(), EXPERTS)
    assert verbosity.ratios(["stranger", "wordy"])[0] == 1.0 < verbosity.ratios(["stranger", "wordy"])[1]


def test_few_answers_move_a_habit_little() -> None:
    X, tokens = answers()
    verbosity = Verbosity().fit(X, tokens, EXPERTS)
    loud = np.full(len(X), np.nan)
    loud[:1] = 100_000.0
    assert 1 < verbosity.add("loud", X, loud).ratios(["loud"])[0] < 5


def test_adding_an_expert_leaves_the_others_as_they_are() -> None:
    X, tokens = answers()
    before = Verbosity().fit(X, tokens, EXPERTS)
    after = before.add("double", X, 2 * tokens[:, 1])
    assert after.experts_ == (*EXPERTS, "double")
    assert (after.predict(X)[:, :3] == before.predict(X)).all()
    assert after.ratios(["double"]) / after.ratios(["plain"]) == pytest.approx(2, rel=0.05)


def test_the_same_answers_teach_the_same() -> None:
    X, tokens = answers()
    first, second = (Verbosity().fit(X, tokens, EXPERTS).predict(X) for _ in range(2))
    assert (first == second).all()


def test_it_can_be_written_down_and_read_back() -> None:
    X, tokens = answers()
    verbosity = Verbosity(ridge=3.0).fit(X, tokens, EXPERTS)
    again = restore(dump(verbosity), {"Verbosity": Verbosity})
    assert (again.predict(X) == verbosity.predict(X)).all() and again.experts_ == EXPERTS


def test_what_cannot_be_learned_from_is_refused_with_the_numbers() -> None:
    X, tokens = answers(10)
    with pytest.raises(ValueError, match="10 queries and 2 experts"):
        Verbosity().fit(X, tokens, EXPERTS[:2])
    with pytest.raises(ValueError, match="found -1"):
        Verbosity().fit(X, np.full((10, 3), -1.0), EXPERTS)
    with pytest.raises(ValueError, match="no answer has any length"):
        Verbosity().fit(X, np.zeros((10, 3)), EXPERTS)
