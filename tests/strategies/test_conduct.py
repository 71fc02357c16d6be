"""A conductor gives experts their parts and writes the answer from what they reply."""

from __future__ import annotations

import pytest

from gateway.strategies.conduct import asks_in
from tests.conftest import Serve
from tests.strategies.reading import heard, record_of, said_to, streamed, text_of
from tests.strategies.told import in_order, told_yaml
from tests.upstream import Upstream, says

OPEN = "How should a small town prepare for a flood?"
TWO = """<expert role="a hydrologist">
How fast do rivers rise?
</expert>
<expert role="a planner">How wide are roads?</expert>"""
POOL = {"chief": (0.9, 1.0), "helper": (0.5, 1.0)}
LED = {"lead": "chief", "rounds": 2}


def conducted(upstream: Upstream, *turns: str) -> None:
    upstream.behave |= {"chief": in_order(*turns), "helper": says("Two metres a day.")}


def test_what_experts_reply_reaches_the_conductor_who_writes(serve: Serve, upstream: Upstream) -> None:
    conducted(upstream, TWO, "a reply", "another", "NONE", "Build a dam.")
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        response = running.ask("auto:conduct", OPEN)
        record = record_of(running, response)
    assert text_of(response) == "Build a dam." and response.json()["model"] == "coterie/conduct"
    final = said_to(upstream, "chief")[-1]
    assert final.startswith(OPEN) and "a reply" in final and "How fast do rivers rise?" in final
    roles = [call["role"] for call in record["calls"]]
    assert sorted(roles) == ["conduct", "conductor", "conductor", "part 0", "part 1"]
    assert response.json()["usage"]["completion_tokens"] == 5 * 7


def test_experts_see_their_part_alone(serve: Serve, upstream: Upstream) -> None:
    conducted(upstream, TWO, "a reply", "another", "NONE", "Build a dam.")
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        running.ask("auto:conduct", OPEN)
    parts = [body for body in upstream.received if "You are a hydrologist." in body["messages"][-1]["content"]]
    assert [one["messages"] for one in parts] == [
        [{"role": "user", "content": "You are a hydrologist.\n\nHow fast do rivers rise?"}]
    ]


def test_each_part_goes_to_whoever_is_best_for_it(serve: Serve, upstream: Upstream) -> None:
    """The query is of general interest; its part is mathematics, which another expert is made for."""
    task = '<expert role="a mathematician">Compute the integral of x^2 from 0 to 3 and simplify the fraction.</expert>'
    upstream.behave |= {"chief": in_order(task, "NONE", "Done."), "sums": says("9")}
    yaml = told_yaml(upstream, {"chief": (0.6, 1.0), "sums": (0.1, 1.0)}, **LED)
    yaml = yaml.replace('{"default":0.1}', '{"default":0.1,"math":0.95}')
    with serve(yaml) as running:
        response = running.ask("auto:conduct", OPEN)
    assert text_of(response) == "Done."
    assert "integral" in said_to(upstream, "sums")[0]


def test_the_answer_is_heard_as_it_is_written_and_nothing_before(serve: Serve, upstream: Upstream) -> None:
    conducted(upstream, TWO, "a reply", "another", "NONE", "Build a dam.")
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        lines = running.events("auto:conduct", OPEN)
    pieces = [one["delta"].get("content") for event in streamed(lines) for one in event["choices"]]
    assert heard(lines) == "Build a dam." and len([piece for piece in pieces if piece]) == 2
    assert [body.get("stream", False) for body in upstream.received].count(True) == 1


def test_a_conductor_that_needs_nobody_lets_the_query_be_answered_as_it_is(serve: Serve, upstream: Upstream) -> None:
    conducted(upstream, "NONE", "Move uphill.")
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        response = running.ask("auto:conduct", OPEN)
    assert text_of(response) == "Move uphill." and said_to(upstream, "chief")[-1] == OPEN
    assert len(upstream.received) == 2


def test_one_expert_alone_takes_several_parts_itself(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["chief"] = in_order("Mayor: dams! Farmer: fields!", "Both.")
    with serve(told_yaml(upstream, {"chief": (0.9, 1.0)})) as running:
        response = running.ask("auto:conduct", OPEN)
        named = running.ask("chief", OPEN, coterie={"strategy": "conduct"})
    assert text_of(response) == "Both." and text_of(named) == "Both."
    assert "Farmer: fields!" in said_to(upstream, "chief")[1]


@pytest.mark.parametrize("faulty", ["fail", "garbage", "refuse"])
def test_a_conductor_that_fails_leaves_the_query_to_the_others(serve: Serve, upstream: Upstream, faulty: str) -> None:
    upstream.behave["helper"] = says("Sandbags.")
    with serve(told_yaml(upstream, {faulty: (0.9, 1.0), "helper": (0.5, 1.0)}, lead=faulty)) as running:
        response = running.ask("auto:conduct", OPEN)
    assert text_of(response) == "Sandbags."


def test_a_conductor_that_fails_to_write_leaves_it_to_the_best_of_the_others(serve: Serve, upstream: Upstream) -> None:
    async def chief(x):  # type: ignore[no-untyped-def]
        turn = upstream.asked("chief")
        await (says(TWO)(x) if turn == 1 else upstream.behave["fail"](x))

    upstream.behave |= {"chief": chief, "helper": says("Sandbags.")}
    with serve(told_yaml(upstream, {"chief": (0.5, 1.0), "helper": (0.9, 1.0)}, lead="chief", rounds=1)) as running:
        response = running.ask("auto:conduct", OPEN)
    assert text_of(response) == "Sandbags." and said_to(upstream, "helper")[-1] == OPEN


@pytest.mark.parametrize("calls", [1, 2, 3, 4, 5])
def test_a_call_is_kept_for_the_answer(serve: Serve, upstream: Upstream, calls: int) -> None:
    conducted(upstream, TWO)
    with serve(told_yaml(upstream, POOL, **LED)) as running:
        response = running.ask("auto:conduct", OPEN, coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) <= calls
    if calls >= 3:
        assert "Now answer the request above" in said_to(upstream, "chief")[-1]


def test_dollars_are_kept_for_the_answer(serve: Serve, upstream: Upstream) -> None:
    """Two parts are asked for; what is left beside the answer's own price pays for one."""
    conducted(upstream, TWO)
    with serve(told_yaml(upstream, POOL, lead="chief", rounds=1)) as running:
        route = running.post("/v1/route", {"model": "auto", "messages": [{"role": "user", "content": OPEN}]}).json()
        final = max(route["decision"]["experts"][0]["expected_cost_usd"], 0.0003)
        response = running.ask("auto:conduct", OPEN, coterie={"max_cost_usd": final + 0.0005})
    assert response.status_code == 200 and response.json()["coterie"]["cost_usd"] <= final + 0.0005
    _, part, last = upstream.received
    assert part["messages"][0]["content"].startswith("You are a hydrologist.")
    assert "Now answer the request above" in last["messages"][0]["content"]


def test_an_expert_that_never_answers_does_not_take_the_conductors_time(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["chief"] = in_order('<expert role="x">Think.</expert>', "Enough.")
    yaml = told_yaml(upstream, {"chief": (0.5, 1.0), "hang": (0.9, 1.0)}, lead="chief", rounds=1)
    with serve(yaml) as running:
        response = running.ask("auto:conduct", OPEN, coterie={"deadline_s": 2})
    assert text_of(response) == "Enough."


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        (TWO, ["a hydrologist", "a planner"]),
        ("NONE", []),
        ("", []),
        ("I would ask an expert.", []),
        ("<think><expert>no</expert></think>NONE", []),
        ('Well:\n<Expert role="a judge">Is it right?', ["a judge"]),
        ("<expert>one</expert><expert role='b'>two <expert role=c>three", ["an expert", "b", "c"]),
        ('<expert role="a">same</expert><expert role="a">same</expert>', ["a"]),
        ('<expert role="a">  </expert>', []),
    ],
)
def test_what_a_conductor_asks_is_read_whatever_stands_around_it(text: str, roles: list[str]) -> None:
    assert [part.title.partition(":")[0] for part in asks_in(text)] == roles
