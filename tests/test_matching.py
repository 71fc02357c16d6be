"""A window of planned queries is shared out: room and money are kept, and who has a reason to stay stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from gateway.estimates import Estimate, Estimates
from gateway.experts import Expert
from gateway.limits import Limits
from gateway.matching import capacities, match, rerouted
from gateway.types import Decided, Decision, Features, Plan, Query

EXPERTS = ("big", "small")


def decided(*utilities: float, first: str = "", dollars: Sequence[float] = (), **plan: Any) -> Decided:
    """One query, planned: these utilities of big and small, `first` where it is not whoever is worth most."""
    names = EXPERTS[: len(utilities)]
    costs = dollars or (1.0,) * len(names)
    rows = [Estimate(name, value, 0.1, usd, 1.0) for name, value, usd in zip(names, utilities, costs, strict=True)]
    decision = Decision(Estimates.rows(rows), (), "blend", "v1", 0.9, True, None, "as told")
    order = sorted(names, key=lambda name: (name != first, -utilities[names.index(name)]))
    given = {"strategy": "single", "utilities": np.array(utilities), **plan}
    planned = Plan(
        experts=tuple(order), limits=Limits(1, None, 60.0), propensity=1.0, policy="auto", reason="worth most", **given
    )
    return Decided(Query("dec_1", "auto", {}), Features("", False, 1, 1, frozenset()), decision, planned, 0.0)


def expert(name: str, **more: Any) -> Expert:
    return Expert.model_validate({"name": name, "provider": "openai", "model": "m", "base_url": "http://h/v1", **more})


def test_whoever_loses_least_goes_elsewhere() -> None:
    window = [decided(0.9, 0.1), decided(0.9, 0.8), decided(0.9, 0.3)]
    found = match(window, {"big": 2})
    assert found.experts == ("big", "small", "big")
    assert (found.left_out, found.utility, found.gap, found.exact) == ((), pytest.approx(2.6), pytest.approx(0), True)


def test_who_finds_no_room_keeps_its_plan_and_is_named() -> None:
    found = match([decided(0.9, 0.1), decided(0.8, 0.1), decided(0.3, 0.05)], {"big": 1, "small": 1})
    assert found.left_out == (2,) and found.experts == ("big", "small", "big")


@pytest.mark.parametrize(
    "stays",
    [
        decided(0.9, 0.1, first="small"),
        decided(0.1, 0.9, first="big", utilities=None),
        decided(0.9, 0.1, strategy="vote"),
        decided(0.5),
    ],
    ids=["in doubt", "named", "asks several", "nobody else"],
)
def test_who_has_a_reason_to_go_first_does_before_all_others(stays: Decided) -> None:
    first = stays.plan.experts[0]
    found = match([decided(0.9, 0.9), stays, decided(0.99, 0.99)], {first: 1})
    assert found.experts[1] == first and found.left_out == ()
    assert first not in (found.experts[0], found.experts[2])


def test_a_load_price_that_chose_is_no_other_reason() -> None:
    pushed = decided(0.9, 0.8, first="small", load_prices=np.array([-0.2, 0.2]))
    assert match([pushed], {}).experts == ("big",)


def test_money_is_kept() -> None:
    window = [decided(0.9, 0.5, dollars=(3.0, 1.0)), decided(0.9, 0.8, dollars=(3.0, 1.0))]
    assert match(window, {}, budget_usd=4.0).experts == ("big", "small")
    assert match(window, {}, budget_usd=1.0).left_out in ((0,), (1,))


def test_an_empty_window_is_no_error() -> None:
    assert match([], {"big": 1}).experts == ()


def test_the_plan_of_one_who_goes_elsewhere_keeps_the_others_behind() -> None:
    moved = rerouted(decided(0.9, 0.1), "small")
    assert moved.plan.experts == ("small", "big") and "small has room" in moved.plan.reason
    same = decided(0.9, 0.1)
    assert rerouted(same, "big") is same


def test_parts_are_as_what_an_expert_does_in_a_second() -> None:
    pool = [expert("quick", max_concurrency=8), expert("slow", max_concurrency=8), expert("rationed")]
    rationed = pool[2].model_copy(update={"requests_per_min": 60})
    rooms = capacities([*pool[:2], rationed], {"quick": 1.0, "slow": 8.0}, calls=100, slack=1.0)
    assert rooms == {"quick": 80, "slow": 10, "rationed": 10}
    assert sum(capacities(pool, {}, calls=100).values()) >= 125
