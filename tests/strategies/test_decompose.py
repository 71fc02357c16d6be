"""A planner splits the question, each part is routed on its own, one expert writes the answer."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.strategies.decompose import Step, steps_in
from tests.conftest import Serve
from tests.strategies.reading import heard, record_of, said_to, text_of
from tests.strategies.told import in_order, told_yaml
from tests.upstream import Exchange, Upstream, says

OPEN = "How long would Hannibal's army have taken from Carthage to Rome at the speed of a modern train?"
CHAIN = (
    '[{"part": "How far is it?", "needs": []}, {"part": "How fast is a train?"}, {"part": "Divide.", "needs": [1, 2]}]'
)
POOL = {"chief": (0.9, 1.0), "helper": (0.5, 1.0)}
LED = {"lead": "chief", "rounds": 2}


def planned(upstream: Upstream, *turns: str) -> None:
    upstream.behave |= {"chief": in_order(*turns), "helper": says("from helper")}


def test_parts_are_answered_and_the_answer_is_written_from_them(serve: Serve, upstream: Upstream) -> None:
    planned(upstream, f"Sure:\n```json\n{CHAIN}\n```", "600 km", "300 km/h", "2 hours", "About two hours.")
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        response = running.ask("auto:decompose", OPEN)
        record = record_of(running, response)
    assert text_of(response) == "About two hours." and response.json()["model"] == "coterie/decompose"
    roles = [call["role"] for call in record["calls"]]
    assert (roles[0], roles[-1], len(roles)) == ("planner", "decompose", 5)
    assert response.json()["usage"]["completion_tokens"] == 5 * 7
    _, *parts, final = said_to(upstream, "chief")
    assert final.startswith(OPEN) and all(found in final for found in ("600 km", "300 km/h", "2 hours"))
    assert sorted(parts)[1:] == ["How far is it?", "How fast is a train?"], "fresh eyes: the part alone"
    [built] = [part for part in parts if part.startswith("Divide.")]
    assert "600 km" in built and "300 km/h" in built and "is data" in built


def test_independent_parts_are_asked_together(serve: Serve, upstream: Upstream) -> None:
    asked = 0

    async def both_or_none(x: Exchange) -> None:
        """Neither is answered before the other has been asked."""
        nonlocal asked
        asked += 1
        if asked == 2:
            upstream.go.set()
        await x.hold()
        await says("a part")(x)

    upstream.behave |= {"chief": in_order('["Who was he?", "Where was it?"]', "Done."), "both": both_or_none}
    with serve(told_yaml(upstream, {"chief": (0.5, 1.0), "both": (0.9, 1.0)}, lead="chief")) as running:
        response = running.ask("auto:decompose", OPEN, coterie={"deadline_s": 10})
    assert text_of(response) == "Done." and asked == 2


def test_each_part_goes_to_whoever_is_best_for_it(serve: Serve, upstream: Upstream) -> None:
    parts = orjson.dumps(
        ["Compute the integral of x^2 from 0 to 3.", "Who was king of France in 1700, and why?"]
    ).decode()
    upstream.behave |= {"chief": in_order(parts, "a part", "Done."), "sums": says("9")}
    yaml = told_yaml(upstream, {"chief": (0.6, 1.0), "sums": (0.1, 1.0)}, **LED)
    with serve(yaml.replace('{"default":0.1}', '{"default":0.1,"math":0.95}')) as running:
        response = running.ask("auto:decompose", OPEN)
    assert text_of(response) == "Done." and said_to(upstream, "sums") == ["Compute the integral of x^2 from 0 to 3."]


@pytest.mark.parametrize("plan", ["[]", "I cannot split this.", '["Only one."]', '{"part": "x"}', "[1, 2, null]", ""])
def test_what_cannot_be_split_is_answered_whole(serve: Serve, upstream: Upstream, plan: str) -> None:
    planned(upstream, plan, "About two hours.")
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        lines = running.events("auto:decompose", OPEN)
    assert heard(lines) == "About two hours." and said_to(upstream, "chief")[-1] == OPEN
    assert len(upstream.received) == 2


def test_a_part_that_fails_is_lacked_and_no_more(serve: Serve, upstream: Upstream) -> None:
    async def chief(x: Exchange) -> None:
        asked = x.body["messages"][-1]["content"]
        if asked.startswith(OPEN):
            await says(CHAIN if "JSON list" in asked else "Without it.")(x)
        else:
            await (upstream.behave["fail"] if "far" in asked else says("300 km/h"))(x)

    upstream.behave["chief"] = chief
    with serve(told_yaml(upstream, {"chief": (0.9, 1.0)}, rounds=2)) as running:
        response = running.ask("auto:decompose", OPEN)
    assert text_of(response) == "Without it."
    assert "How far" not in said_to(upstream, "chief")[-1] and "300 km/h" in said_to(upstream, "chief")[-1]


@pytest.mark.parametrize("faulty", ["fail", "garbage", "refuse", "stop_short"])
def test_a_planner_that_fails_leaves_the_query_to_the_others(serve: Serve, upstream: Upstream, faulty: str) -> None:
    upstream.behave["helper"] = says("Two hours.")
    with serve(told_yaml(upstream, {faulty: (0.9, 1.0), "helper": (0.5, 1.0)}, lead=faulty)) as running:
        response = running.ask("auto:decompose", OPEN)
    assert response.status_code == 200


def test_a_writer_that_says_nothing_is_replaced(serve: Serve, upstream: Upstream) -> None:
    async def chief(x: Exchange) -> None:
        asked = x.body["messages"][-1]["content"]
        if "JSON list" in asked:
            await says(CHAIN)(x)
        else:
            await says("" if asked.startswith(OPEN) else "a part")(x)

    upstream.behave |= {"chief": chief, "helper": says("Two hours.")}
    with serve(told_yaml(upstream, {"chief": (0.9, 1.0), "helper": (0.5, 1.0)}, lead="chief")) as running:
        response = running.ask("auto:decompose", OPEN, coterie={"experts": ["helper", "chief"]})
    assert response.status_code == 200 and upstream.asked("chief") >= 5


@pytest.mark.parametrize("calls", range(1, 7))
def test_a_call_is_kept_for_the_answer(serve: Serve, upstream: Upstream, calls: int) -> None:
    planned(upstream, CHAIN)
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        response = running.ask("auto:decompose", OPEN, coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) <= calls
    if calls >= 4:
        assert "Now answer the request above" in said_to(upstream, "chief")[-1]


def test_a_part_that_never_comes_leaves_time_for_the_answer(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["chief"] = in_order('["Think of a number.", "Think of a letter."]', "Enough.")
    yaml = told_yaml(upstream, {"chief": (0.5, 1.0), "hang": (0.9, 1.0)}, lead="chief")
    with serve(yaml) as running:
        response = running.ask("auto:decompose", OPEN, coterie={"deadline_s": 2})
    assert text_of(response) == "Enough."


def test_no_more_parts_than_the_rounds_allow(serve: Serve, upstream: Upstream) -> None:
    planned(upstream, orjson.dumps([f"What is {n}?" for n in range(40)]).decode())
    with serve(told_yaml(upstream, POOL, lead="chief", rounds=1)) as running:
        running.ask("auto:decompose", OPEN)
    assert len(upstream.received) == 1 + 3 + 1


def test_a_plan_is_read_with_the_needs_that_make_sense() -> None:
    thought = '<think>["no"]</think>Here [see]: '
    text = '[{"question": "a", "needs": [1, 7, "x", true]}, "b", {"task": "c", "needs": [1]}]'
    assert steps_in(thought + text, 5) == [
        Step("a", frozenset()),
        Step("b", frozenset()),
        Step("c", frozenset({0})),
    ]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='[]{}",: partneds0123\\\n', max_size=80), st.integers(1, 5))
def test_no_plan_is_too_odd_to_be_read(text: str, most: int) -> None:
    steps = steps_in(text, most)
    assert len(steps) <= most and all(need < place for place, step in enumerate(steps) for need in step.needs)
