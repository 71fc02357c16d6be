"""How sure one must be to answer: the promise about wrong answers, kept in simulations whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from routers.base import Array
from routers.selective import BOUNDS, WINDOW, aurc, curve_of, e_aurc, plain, risk_coverage, threshold

ROWS, TIMES, KEPT = 600, 100, 93
EVERYBODY = 20_000


def truth(confidence: Array, shift: float, slope: float) -> Array:
    """The chance of a right answer, by what a router takes it for; shift 0 and slope 1: it is calibrated."""
    chance: Array = expit(slope * logit(confidence) + shift)
    return chance


def right(chance: Array, whole: bool, random: np.random.Generator) -> Array:
    """Scores with these means: right or wrong, or anything between."""
    if whole:
        return (random.random(len(chance)) < chance).astype(float)
    return random.beta(2 * chance, 2 * (1 - chance))


@settings(max_examples=12, deadline=None)
@given(
    shift=st.floats(-1, 1),
    slope=st.floats(0.4, 1.5),
    wrong=st.sampled_from([0.1, 0.2, 0.3]),
    whole=st.booleans(),
    each=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_a_threshold_keeps_the_share_of_wrong_answers_as_often_as_promised(
    shift: float, slope: float, wrong: float, whole: bool, each: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    everybody = random.beta(4, 2, EVERYBODY).clip(0.01, 0.99)
    chances, kept = truth(everybody, shift, slope), 0
    for _ in range(TIMES):
        confidence = random.beta(4, 2, ROWS).clip(0.01, 0.99)
        found = threshold(confidence, right(truth(confidence, shift, slope), whole, random), wrong, each=each)
        answered = everybody >= (2.0 if found is None else found)
        kept += not answered.any() or 1 - chances[answered].mean() <= wrong
    assert kept >= KEPT


def test_the_promise_about_each_answer_travels_to_another_mix_of_questions() -> None:
    random = np.random.default_rng(3)
    confidence = random.beta(4, 1.5, 4000).clip(0.01, 0.99)
    score = right(confidence, True, random)
    together, each = threshold(confidence, score, 0.2), threshold(confidence, score, 0.2, each=True)
    assert together is not None and each is not None

    def wrong_in_the_worst_mix(lowest: float) -> float:
        return float(1 - np.linspace(lowest, lowest + WINDOW / 100, 100).mean())

    assert wrong_in_the_worst_mix(each) <= 0.2 < wrong_in_the_worst_mix(together)


def test_more_rows_prove_a_lower_threshold() -> None:
    random = np.random.default_rng(0)
    confidence = random.beta(4, 2, 20_000)
    score = right(confidence, True, random)
    few, many = threshold(confidence[:400], score[:400], 0.25), threshold(confidence, score, 0.25)
    assert few is not None and many is not None and many < few


def test_where_the_rows_prove_nothing_the_plain_rule_holds() -> None:
    curve = curve_of(np.full(5, 0.99), np.ones(5))
    assert not any(curve.proven)
    assert [curve.at(wrong) for wrong in (0.05, 0.1, 0.2)] == pytest.approx([plain(0.05), plain(0.1), plain(0.2)])


def test_rows_that_speak_against_the_plain_rule_raise_it() -> None:
    confidence = np.repeat([0.82, 0.97], 40)
    score = np.concatenate([np.tile([0.0, 1.0], 20), np.ones(40)])
    curve = curve_of(confidence, score)
    assert curve.at(0.2) > 0.82


def test_a_router_that_is_never_right_answers_nothing() -> None:
    curve = curve_of(np.random.default_rng(0).random(500), np.zeros(500))
    assert set(curve.answered) == {0.0}


def test_a_router_that_is_always_right_answers_everything_once_that_is_proven() -> None:
    curve = curve_of(np.random.default_rng(0).random(2000), np.ones(2000))
    assert curve.at(0.1) == 0.0 and curve.answered[-1] == 1.0


def test_a_share_between_two_known_ones_is_kept_by_the_smaller() -> None:
    random = np.random.default_rng(1)
    confidence = random.beta(4, 2, 5000)
    curve = curve_of(confidence, right(confidence, True, random))
    assert curve.at(0.11) == curve.at(0.1)
    assert curve.at(0.9) == curve.threshold[-1]
    assert curve.at(0.001) >= plain(0.001)


def test_rows_without_a_score_are_left_out() -> None:
    confidence, score = np.array([0.9, 0.8, np.nan, 0.7]), np.array([1.0, np.nan, 1.0, 0.0])
    assert curve_of(confidence, score).rows == 2


def test_no_rows_at_all_leave_the_plain_rule() -> None:
    curve = curve_of(np.zeros(0), np.zeros(0))
    assert curve.rows == 0 and curve.at(0.3) == pytest.approx(plain(0.3))


def test_the_curve_knows_every_bound_in_order() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS)) and len(BOUNDS) <= 100


def test_a_confidence_that_puts_right_before_wrong_has_no_excess_area() -> None:
    score = np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    assert e_aurc(score, score) == pytest.approx(0.0)
    assert e_aurc(1 - score, score) > 0.3
    assert aurc(np.zeros(5), score) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.8]), st.booleans()), min_size=1, max_size=30), st.randoms())
def test_the_order_of_rows_changes_no_curve(rows: list[tuple[float, bool]], random: object) -> None:
    turned = list(rows)
    random.shuffle(turned)  # type: ignore[attr-defined]
    first, second = (np.array(one, dtype=float).T for one in (rows, turned))
    assert risk_coverage(*first)[1] == pytest.approx(risk_coverage(*second)[1])
    assert curve_of(*first) == curve_of(*second)
