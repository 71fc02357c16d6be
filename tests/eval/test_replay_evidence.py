"""When the logs allow a policy to be promoted, and that whoever misses is told by how much."""

from __future__ import annotations

import pytest

from eval.counterfactual.evidence import Gain, NotProven, grounds
from eval.counterfactual.judgement import Estimate


def of(value: float, half: float) -> Estimate:
    return Estimate(value, (value - half, value + half), half / 2, 100.0, 100)


CHEAPER, DEARER = of(-0.001, 0.0005), of(0.001, 0.0005)


def test_what_is_surely_better_may_be_promoted_whatever_it_costs() -> None:
    assert "better than what was done: +0.0500" in grounds(Gain("what was done", of(0.05, 0.04), DEARER), 0.01)


def test_what_is_no_worse_than_the_margin_may_be_promoted_if_it_is_surely_cheaper() -> None:
    close = of(0.0, 0.005)
    assert "dearer" in grounds(Gain("it", close, CHEAPER), 0.01)
    for cost, words in ((DEARER, "not surely cheaper"), (of(-0.001, 0.002), "not surely cheaper"), (None, "not known")):
        with pytest.raises(NotProven, match=words):
            grounds(Gain("it", close, cost), 0.01)


def test_who_misses_is_told_by_how_much() -> None:
    with pytest.raises(NotProven, match=r"misses 0 by 0\.0300 and the margin of 0.01 by 0\.0200"):
        grounds(Gain("it", of(0.02, 0.05), CHEAPER), 0.01)
    with pytest.raises(NotProven, match="not promoted: nothing was explored"):
        grounds(Gain("it", None, None, "nothing was explored"), 0.01)
