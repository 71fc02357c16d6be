"""A policy on logged decisions: the same code as in serving, with other knobs, and what no replay can judge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.counterfactual.candidate import Wanted, candidate
from eval.counterfactual.knobs import parsed
from eval.counterfactual.logs import Target
from eval.counterfactual.reading import Recorded, read_logs
from eval.counterfactual.targets import Chooser, chosen, yardsticks
from gateway.configuration import configure
from gateway.draw import Lot
from gateway.errors import ConfigError
from gateway.estimates import Estimates
from gateway.experts import Policy
from gateway.logged import Forecast
from gateway.policy import Situation, ranking_for
from gateway.types import Decision
from gateway.wishes import Wishes
from tests.conftest import bundled
from tests.eval.record import EXPERTS, NAMES, logged


def read(*rows: Any) -> Recorded:
    return read_logs(rows, "auto")


def chances(policy: Policy, *rows: Any, **more: Any) -> list[list[float]]:
    found: list[list[float]] = chosen(Chooser("it", policy, **more), read(*rows)).target.chances.tolist()
    return found


def test_a_knob_changes_who_goes_first() -> None:
    dear = logged(scores={"first": 0.8, "second": 0.7, "third": 0.1})
    assert chances(Policy(thrift=0.0), dear) == [[1.0, 0.0, 0.0]]
    assert chances(Policy(experts=("second", "third")), dear) == [[0.0, 1.0, 0.0]]
    [spread] = chances(Policy(explore=0.3), dear)
    assert spread == pytest.approx([0.8, 0.1, 0.1])


def test_a_policy_that_does_not_learn_goes_by_what_the_router_alone_said() -> None:
    first, *others = logged().forecasts
    corrected = logged(forecasts=(replace(first, raw=0.1), *others))
    assert read(corrected).logs.predicted[0].tolist() == [0.8, 0.5, 0.4]
    assert chances(Policy(), corrected) == [[0.0, 1.0, 0.0]]


def test_a_policy_that_learns_is_shown_each_decision_in_its_order() -> None:
    shown: list[str] = []

    def corrected(id_: str, decision: Decision) -> Decision:
        shown.append(id_)
        estimates = replace(decision.estimates, score=np.array([0.1, 0.2, 0.9]))
        return replace(decision, estimates=estimates)

    assert chances(Policy(), logged("a"), logged("b"), corrected=corrected) == [[0.0, 0.0, 1.0]] * 2
    assert shown == ["a", "b"]


def test_the_callers_own_thrift_goes_before_the_policys() -> None:
    dear, *others = logged().forecasts
    row = logged(wishes={"thrift": 1.0}, forecasts=(dear, *(replace(one, cost_usd=0.0) for one in others)))
    assert chances(Policy(thrift=0.0), row) == [[0.0, 1.0, 0.0]]


@pytest.mark.parametrize(("reference_usd", "first"), [(0.01, 1), (10.0, 0)])
def test_dollars_count_as_they_did_when_the_decision_was_taken(reference_usd: float, first: int) -> None:
    dear, *others = logged().forecasts
    row = logged(
        forecasts=(replace(dear, cost_usd=0.02), *others), lot=Lot("first", 0.0, reference_usd), propensity=1.0
    )
    [found] = chances(Policy(thrift=0.3), row, reference_usd=99.0)
    assert found.index(1.0) == first


def test_a_conversation_stays_and_a_wide_margin_keeps_it() -> None:
    pinned = logged(lot=Lot("third", 0.0, 0.01, pinned="third"), propensity=1.0, experts=("third",), session="s")
    assert chances(Policy(switch_margin=0.5), pinned) == [[0.0, 0.0, 1.0]]
    assert chances(Policy(switch_margin=0.1), pinned) == [[1.0, 0.0, 0.0]]


def test_who_was_late_or_doubtful_stays_behind() -> None:
    late = logged(lot=Lot("second", 0.0, 0.01, ("first",), least_chance=0.45), propensity=1.0, experts=("second",),
                  scores={"first": 0.4, "second": 0.5, "third": 0.3})  # fmt: skip
    assert chances(Policy(explore=0.2), late) == [[0.0, 1.0, 0.0]]
    hurried = logged(lot=Lot("first", 0.0, 0.01, seconds_left=0.5), propensity=1.0)
    assert chances(Policy(), hurried) == [[1.0, 0.0, 0.0]]  # all would be late


def test_queries_unlike_any_go_to_the_fallback_and_else_to_the_generalist() -> None:
    strange = logged(outlier=True, lot=Lot("third", 0.0, 0.01, generalist="third"), experts=("third",), propensity=1.0)
    assert chances(Policy(fallback="second"), strange) == [[0.0, 1.0, 0.0]]
    assert chances(Policy(), strange) == [[0.0, 0.0, 1.0]]
    assert chances(Policy(experts=("first", "second")), strange, general={"second": 0.9}) == [[0.0, 1.0, 0.0]]


def test_where_nobody_of_a_pool_could_be_asked_what_was_done_is_taken_and_counted() -> None:
    rows = logged("a"), logged("b", scores={"first": 0.9, "second": 0.1}, propensity=0.925)
    found = chosen(Chooser("it", Policy(experts=("third",))), read(*rows))
    assert found.nobody == 1 and found.target.chances.tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]


def test_everybody_alone_and_somebody_at_random_are_always_compared_with() -> None:
    recorded = read(logged("a"), logged("b", scores={"first": 0.9, "second": 0.1}, propensity=0.925))
    otherwise = Target("now", np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]))
    random_, *alone = yardsticks(recorded, otherwise)
    assert random_.chances.tolist() == [[1 / 3] * 3, [0.5, 0.5, 0.0]]
    assert [one.name for one in alone] == ["always first", "always second", "always third"]
    assert alone[2].chances.tolist() == [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


policies = st.builds(
    Policy,
    thrift=st.floats(0, 1),
    haste=st.floats(0, 1),
    caution=st.floats(0, 3),
    explore=st.floats(0, 1),
    switch_margin=st.floats(0, 1),
    fallback=st.sampled_from([None, "second"]),
)
expected = st.tuples(st.floats(0, 1), st.floats(0, 0.5), st.floats(0, 0.1), st.floats(0, 20))
"""score, std, dollars, seconds"""
situations = st.builds(
    Situation,
    reference_usd=st.floats(0.001, 1),
    seconds_left=st.floats(0.1, 10),
    pinned=st.sampled_from([None, "first", "third"]),
    locked=st.booleans(),
)


@settings(deadline=None)
@given(policies, situations, st.tuples(expected, expected, expected), st.booleans(), st.booleans())
def test_the_policy_that_logged_is_found_again_exactly(
    policy: Policy, situation: Situation, rows: tuple[Any, ...], sure: bool, outlier: bool
) -> None:
    """Served by `plan_for`, recorded as a lot, replayed under the same knobs: the same chances, whatever the knobs."""
    forecasts = tuple(Forecast(name, *row, None) for name, row in zip(NAMES, rows, strict=True))
    row = logged(forecasts=forecasts, sure=sure, outlier=outlier)
    decision = _decision(read(row))
    situation = replace(situation, generalist="third" if outlier else None)
    ranking = ranking_for(decision, policy, Wishes(), situation)
    front = decision.estimates.experts[ranking.draw.front]
    behind = tuple(np.array(decision.estimates.experts)[ranking.order[len(ranking.draw.among) :]].tolist())
    lot = Lot(
        front, ranking.draw.explore, situation.reference_usd, behind, situation.pinned, situation.locked,
        situation.generalist, situation.seconds_left,
    )  # fmt: skip
    expected = ranking.draw.chances(3)
    again = read(replace(row, lot=lot, experts=(front,), propensity=expected[ranking.draw.front]))
    [found] = chosen(Chooser("it", policy), again).target.chances
    assert found.tolist() == pytest.approx(expected.tolist()) == again.logs.explored[0].tolist()


def _decision(recorded: Recorded) -> Decision:
    """As it was taken."""
    [seen], logs = recorded.seen, recorded.logs
    estimates = Estimates(
        logs.experts, logs.predicted[0], recorded.std[0], logs.expected_usd[0], recorded.expected_s[0], np.zeros(3)
    )
    return Decision(estimates, (), "blend", "v1", seen.confidence, seen.sure, None, "", outlier=seen.outlier)


@pytest.fixture(scope="module")
def configuration(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = Path(tmp_path_factory.mktemp("pool")) / "experts.yaml"
    path.write_text(EXPERTS + "  thrifty: {budget: {latency_s: 100}}\n")
    return configure(path, {}, bundled())


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted(settings=("thrft=1",)), "did you mean thrift?"),
        (Wanted(settings=("thrift",)), "must look like thrift=0.5"),
        (Wanted(settings=("thrift=2",)), "--set thrift=2: input should be less than or equal to 1"),
        (Wanted(settings=("thrift=[",)), "no value that experts.yaml could hold"),
        (Wanted(settings=("strategy=vote",)), "decides more than who goes first"),
        (Wanted(settings=("balance=0.1",)), "how busy experts are"),
        (Wanted(settings=("learn={}", "explore=0.1")), "learn explores by itself"),
        (Wanted(settings=("learn={explre: 0.1}",)), "--set learn.explre=0.1: no policy has such a knob"),
        (Wanted(settings=("nothing=1",)), "no policy has a knob 'nothing'. Allowed: balance"),
        (Wanted(settings=("learn={explore: 2}", "explore=0")), "--set learn.explore=2: input should be less than"),
        (Wanted(policy="auot"), "Did you mean auto?"),
        (Wanted(instead="cam"), "Did you mean calm?"),
        (Wanted(policy="first"), "no policy is called so"),
        (Wanted(settings=("experts=first,secnd",)), "no expert is called 'secnd'. Did you mean second?"),
        (Wanted(settings=("experts=first", "fallback=second")), "fallback second is not among its experts"),
        (Wanted(settings=("router=ert",)), "no router is called 'ert'. Did you mean irt?"),
        (Wanted("thrifty", settings=("thrift=0.9",)), "has a budget"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_one_line(configuration: Any, wanted: Wanted, words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        candidate(wanted, configuration)
    assert words in str(raised.value) and "\n" not in str(raised.value)


def test_who_learns_no_longer_explores_otherwise(configuration: Any) -> None:
    found = candidate(Wanted(settings=("learn={explore: 0.02}",)), configuration)
    assert found.now.explore > 0 and found.then.explore == 0
    assert found.changes == {"explore": 0.0, "learn": {"explore": 0.02}}


def test_a_candidate_knows_what_it_changes(configuration: Any) -> None:
    found = candidate(Wanted(settings=("thrift=0.5", "experts=first, second", "explore=0.3")), configuration)
    assert found.changes == {"thrift": 0.5, "experts": ("first", "second")}  # explore was so
    assert found.name == "auto: thrift=0.5 experts=first,second"
    other = candidate(Wanted(instead="calm"), configuration)
    assert other.name == "auto: as calm" and other.changes["switch_margin"] == 0.5
    assert not candidate(Wanted(), configuration).changes


def test_values_are_read_as_the_file_would_read_them() -> None:
    assert parsed(["fallback=null", "explore=0", "experts=a", "router=irt"]) == {
        "fallback": None,
        "explore": 0,
        "experts": ["a"],
        "router": "irt",
    }
