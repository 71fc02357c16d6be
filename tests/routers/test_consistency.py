"""Which of one model's sampled answers to believe."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.consistency import consistency, probable


def codes(*found):
    return np.array(found, dtype=int)


def test_probabilities_of_the_distinct_ways_to_an_answer_add_up():
    """0.5 + 0.25 for the first answer and 0.5 for the second; the path that came twice counts once."""
    logs = np.log([0.5, 0.25, 0.5, 0.5])
    found = consistency(codes(0, 0, 1, 1), logs, codes(0, 1, 2, 2), prune=False)
    assert found == pytest.approx([0.6, 0.4])


def test_one_sure_path_outweighs_two_that_are_hardly_believed():
    found = consistency(codes(0, 0, 1), np.log([0.1, 0.1, 0.9]), codes(0, 1, 2))
    assert found.argmax() == 1


def test_equal_paths_make_it_plain_self_consistency():
    found = consistency(codes(0, 0, 0, 1), np.zeros(4), codes(0, 1, 2, 3))
    assert found == pytest.approx([0.75, 0.25])


def test_improbable_paths_are_pruned_before_they_outvote_the_others():
    """Eight paths of one part in a hundred to a wrong answer, three likely ones to the right one."""
    chances = np.array([0.010, 0.011, 0.012, 0.013, 0.009, 0.010, 0.012, 0.011, 0.80, 0.82, 0.85])
    kept = probable(chances)
    assert kept.tolist() == [False] * 8 + [True] * 3
    found = consistency(codes(*[0] * 8, 1, 1, 1), np.log(chances), np.arange(11))
    assert found == pytest.approx([0.0, 1.0])
    unpruned = consistency(codes(*[0] * 8, 1, 1, 1), np.log(chances), np.arange(11), prune=False)
    assert unpruned[0] == pytest.approx(chances[:8].sum() / chances.sum())


def test_too_few_paths_or_all_alike_are_all_kept():
    assert probable(np.array([0.01, 0.9, 0.8, 0.02])).all()
    assert probable(np.full(20, 0.3)).all()


def test_nothing_sampled_is_nothing_to_believe():
    assert consistency(codes(), np.array([]), codes()).tolist() == []


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-8, 0)), min_size=1, max_size=24))
def test_confidence_is_a_distribution_and_the_likeliest_path_stays(samples):
    answers, logs = np.array([a for a, _ in samples]), np.array([log for _, log in samples])
    found = consistency(answers, logs, np.arange(len(samples)))
    assert found.sum() == pytest.approx(1) and (found >= 0).all()
    assert probable(np.exp(logs))[logs.argmax()]
