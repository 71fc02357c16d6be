"""From rows of the record to logs: what counts, what is left out, and that each of it is said in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.counterfactual import fitness
from eval.counterfactual.reading import Recorded, read_logs
from gateway.draw import Lot
from tests.eval.record import logged

NAN = float("nan")


def read(*rows: Any, policy: str = "auto") -> Recorded:
    return read_logs(rows, policy)


def said(recorded: Recorded, policy: str = "auto") -> str:
    return "\n".join(recorded.tally.lines(policy))


def test_a_decision_becomes_a_row_with_the_chance_of_everybody() -> None:
    recorded = read(logged(feedback=0.7, experts=("second", "first", "third"), propensity=0.05))
    logs = recorded.logs
    assert logs.experts == ("first", "second", "third") and logs.action.tolist() == [1]
    assert logs.explored[0].tolist() == pytest.approx([0.9, 0.05, 0.05])
    assert (logs.propensity[0], logs.reward[0], logs.cost_usd[0]) == (0.05, 0.7, 0.001)
    assert logs.predicted[0].tolist() == [0.8, 0.5, 0.4] and logs.allowed.all()


def test_who_could_not_be_asked_had_no_chance_and_no_forecast() -> None:
    logs = read(logged("a"), logged("b", scores={"first": 0.5}, propensity=1.0)).logs
    assert logs.allowed.tolist() == [[True, True, True], [True, False, False]]
    assert logs.explored[1].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(logs.predicted[1, 1:]).all() and np.isnan(logs.expected_usd[1, 1:]).all()


def test_in_a_tool_loop_nobody_else_could_have_been_asked() -> None:
    lot = Lot("first", 0.0, 0.01, pinned="first", locked=True)
    logs = read(logged(lot=lot, propensity=1.0)).logs
    assert logs.allowed[0].tolist() == [True, False, False]


def test_rows_from_before_the_lot_was_recorded_count_where_nobody_had_the_conversation() -> None:
    recorded = read(
        logged("a", lot=None, propensity=0.3),
        logged("b", lot=None, propensity=1.0),
        logged("c", lot=None, session="s"),
        logged("d", lot=None, needs=frozenset({"tools"})),
    )
    assert np.isnan(recorded.logs.explored[0]).all()
    assert recorded.logs.explored[1].tolist() == [1.0, 0.0, 0.0]
    assert recorded.tally.left_out == {fitness.BEFORE: 2}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"strategy": "abstain"}, fitness.NOBODY),
        ({"experts": (), "forecasts": ()}, fitness.UNREADABLE),
        ({"experts": ("stranger",)}, fitness.UNREADABLE),
        ({"lot": Lot("stranger", 0.1, 0.01)}, fitness.UNREADABLE),
        ({"status": "client_left"}, fitness.LEFT),
        ({"status": "context_length_exceeded"}, fitness.REFUSED),
        ({"experts": ("third", "first"), "propensity": 1.0}, fitness.LAST_RESORT),
    ],
)
def test_what_says_nothing_is_left_out_and_counted_in_words(more: dict[str, Any], why: str) -> None:
    recorded = read(logged("a"), logged("b", **more))
    assert len(recorded.logs) == 1
    assert recorded.tally.left_out == {why: 1}
    assert f"1 left out: {why}" in said(recorded)


def test_other_policies_and_callers_who_named_an_expert_are_counted_apart() -> None:
    recorded = read(logged("a"), logged("b", policy="cheap"), logged("c", policy="first", router="none"))
    assert recorded.tally.kept == 1
    assert "of others: cheap 1, callers who named an expert 1" in said(recorded)


@pytest.mark.parametrize("propensity", [0.0, -0.5, 1.5, NAN])
def test_a_broken_propensity_is_left_to_the_estimators_to_refuse(propensity: float) -> None:
    [found] = read(logged(propensity=propensity)).logs.propensity
    assert found == propensity or np.isnan(found)


def test_turns_of_one_conversation_belong_together() -> None:
    talks = (("a", "s", "acme"), ("b", "s", "acme"), ("c", "s", "other"), ("d", None, "acme"), ("e", None, "acme"))
    rows = [logged(name, session=session, tenant=tenant) for name, session, tenant in talks]
    assert read(*rows).logs.groups.tolist() == [0, 0, 1, 2, 3]


def test_failures_count_as_nothing_in_the_proportion_in_which_answers_are_judged() -> None:
    answers = [logged(f"ok_{n}", feedback=1.0 if n % 4 == 0 else None) for n in range(400)]
    failures = [logged(f"no_{n}", status="all_experts_failed", served=None) for n in range(400)]
    recorded = read(*answers, *failures)
    counted = recorded.tally.failures_counted
    assert 60 < counted < 140  # a quarter
    known = recorded.logs.reward[~np.isnan(recorded.logs.reward)]
    assert known.mean() == pytest.approx(100 / (100 + counted))
    assert f"400 failed; {counted} of them count as 0" in said(recorded)
    again = read(*answers, *failures)
    assert np.array_equal(again.logs.reward, recorded.logs.reward, equal_nan=True)


def test_a_failure_that_somebody_judged_counts_as_judged() -> None:
    recorded = read(logged(status="all_experts_failed", feedback=0.2))
    assert recorded.logs.reward.tolist() == [0.2] and recorded.tally.failures_counted == 0


def test_feedback_that_comes_unevenly_is_said() -> None:
    even = [logged(f"a{n}", feedback=1.0 if n % 2 else None) for n in range(100)]
    other = [
        logged(f"b{n}", experts=("second",), propensity=0.05, feedback=1.0 if n % 10 == 0 else None) for n in range(100)
    ]
    assert not read(*even).tally.lopsided()
    recorded = read(*even, *other)
    assert recorded.tally.lopsided()
    assert "on 50% of first's answers, 10% of second's" in said(recorded)


def test_several_ways_of_asking_are_said() -> None:
    text = said(read(logged("a"), logged("b", strategy="vote")))
    assert "several were asked by vote 1" in text and "taken as logged" in text


chances = st.floats(0, 1) | st.sampled_from([NAN, -1.0, 2.0])
odd = st.builds(
    logged,
    st.uuids().map(str),
    propensity=chances,
    feedback=st.none() | st.floats(0, 1),
    session=st.none() | st.sampled_from("st"),
    status=st.sampled_from(["ok", "all_experts_failed", "client_left", "strange"]),
    strategy=st.sampled_from(["single", "abstain", "vote"]),
    policy=st.sampled_from(["auto", "cheap"]),
    lot=st.none() | st.builds(Lot, st.sampled_from(["first", "nobody"]), st.floats(0, 1), st.just(0.01)),
    scores=st.dictionaries(st.sampled_from(["first", "second", "other"]), st.none() | st.floats(0, 1)),
)


@given(st.lists(odd, max_size=12))
def test_every_row_is_counted_once_whatever_it_holds(rows: list[Any]) -> None:
    recorded = read(*rows)
    tally, logs = recorded.tally, recorded.logs
    assert tally.rows == len(rows) == tally.kept + sum(tally.left_out.values()) + sum(tally.others.values())
    assert len(logs) == len(recorded.seen) == tally.kept
    known = ~np.isnan(logs.explored).any(axis=1)
    assert np.allclose(logs.explored[known].sum(axis=1), 1.0) or not known.any()
    assert logs.allowed[np.arange(len(logs)), logs.action].all()
    assert list(tally.lines("auto"))
