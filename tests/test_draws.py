"""Who goes first by lot: what serving draws from, what the record keeps, and that both say the same chances."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.doubt import Doubt
from gateway.draw import Draw, Lot
from gateway.estimates import Estimate, Estimates
from gateway.experts import Policy
from gateway.policy import Situation, plan_for, ranking_for
from gateway.store.rows import row_of
from gateway.types import Decision
from gateway.wishes import Wishes
from tests.store.build import answer

rows = st.lists(
    st.builds(
        Estimate,
        expert=st.sampled_from("abcdef"),
        score=st.floats(0, 1),
        std=st.floats(0, 0.5),
        cost_usd=st.floats(0, 1),
        latency_s=st.floats(0, 100),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one.expert,
)
situations = st.builds(
    Situation,
    reference_usd=st.floats(0, 1),
    seconds_left=st.floats(0.1, 100),
    pinned=st.sampled_from([None, "a", "z"]),
    locked=st.booleans(),
    doubt=st.sampled_from([None, Doubt(0.5, 0.5, "state")]),
)


def decided(estimates: list[Estimate]) -> Decision:
    return Decision(Estimates.rows(estimates), (), "category", "v1", 1.0, True, None, "because")


@settings(deadline=None)
@given(rows, situations, st.floats(0, 1), st.integers(0, 99))
def test_the_recorded_lot_holds_the_chance_of_everybody(
    estimates: list[Estimate], situation: Situation, explore: float, seed: int
) -> None:
    policy = Policy(explore=explore)
    plan = plan_for(decided(estimates), policy, "auto", Wishes(), situation, random.Random(seed))
    names = [one.expert for one in estimates]
    assert plan.lot is not None
    chances = plan.lot.chances(names)
    assert chances.sum() == pytest.approx(1.0)
    assert chances[names.index(plan.experts[0])] == pytest.approx(plan.propensity)
    ranking = ranking_for(decided(estimates), policy, Wishes(), situation)
    assert chances.tolist() == pytest.approx(ranking.draw.chances(len(names)).tolist())


def test_draws_come_as_often_as_their_chances_say() -> None:
    draw = Draw(2, np.array([2, 0, 3]), 0.3)
    lot = random.Random(0)
    seen = Counter(draw.first(lot) for _ in range(20_000))
    assert {place for place, _ in seen} == {0, 2, 3}
    for (place, propensity), count in seen.items():
        assert propensity == pytest.approx(draw.chances(4)[place])
        assert count / 20_000 == pytest.approx(propensity, abs=0.01)


@pytest.mark.parametrize(
    "lot",
    [
        Lot("maths", 0.2, 0.01),
        Lot("maths", 0.0, 0.01, ("small",), "maths", True, "small", 12.5, 0.75),
    ],
)
def test_a_lot_comes_back_from_the_record_as_it_went_in(lot: Lot) -> None:
    given_ = answer("dec_1")
    row = row_of(replace(given_, plan=replace(given_.plan, lot=lot)), 1.0, "w")
    [plan] = [orjson.loads(value) for value in row if isinstance(value, str) and value.startswith('{"experts"')]
    drawn = plan["draw"]
    assert Lot(**{**drawn, "behind": tuple(drawn.get("behind", ()))}) == lot
