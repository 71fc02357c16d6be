"""`mixture`: layers of proposers that see the layer before them, and an aggregator that is heard."""

from __future__ import annotations

import pytest

from tests.conftest import Serve
from tests.strategies.pool import QUESTION, pool_yaml
from tests.strategies.reading import CALL_USD, heard, record_of, said_to, text_of
from tests.upstream import Exchange, Upstream, completion, die_before_content, fail, says

ABLE = {"a": 0.8, "b": 0.7, "boss": 0.1}
POLICY = {"strategy": "mixture", "lead": "boss", "recruit": 2, "rounds": 2}


def in_layers(name: str):
    """Says its name and how often it was asked."""

    async def say(x: Exchange) -> None:
        await x.reply(200, completion(f"{name} in layer {x.upstream.asked(x.body['model'])}"))

    return say


@pytest.fixture(autouse=True)
def _script(upstream: Upstream) -> None:
    upstream.behave |= {"a": in_layers("ash"), "b": in_layers("birch"), "boss": says("written by the boss")}


def test_each_layer_sees_the_one_before_and_the_lead_the_last(serve: Serve, upstream: Upstream) -> None:
    with serve(pool_yaml(upstream, {**POLICY, "rounds": 3}, **ABLE)) as running:
        response = running.ask("auto", "Name a tree.")
        record = record_of(running, response)
    assert text_of(response) == "written by the boss" and response.json()["model"] == "coterie/mixture"
    plain, second, third = said_to(upstream, "a")
    assert plain == "Name a tree."
    assert "ash in layer 1" in second and "birch in layer 1" in second
    assert "ash in layer 2" in third and "birch in layer 2" in third and "layer 1" not in third
    assert "layer 3" in said_to(upstream, "boss")[0] and "layer 2" not in said_to(upstream, "boss")[0]
    assert [call["role"] for call in record["calls"]] == ["answer"] * 2 + ["proposal"] * 4 + ["synthesis"]
    assert response.json()["coterie"]["cost_usd"] == pytest.approx(7 * CALL_USD)


def test_the_lead_alone_is_heard(serve: Serve, upstream: Upstream) -> None:
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        lines = running.events("auto")
    assert heard(lines) == "written by the boss" and lines[-1] == "data: [DONE]"
    assert [body.get("stream", False) for body in upstream.received] == [False] * 4 + [True]


def test_one_layer_is_a_synthesis(serve: Serve, upstream: Upstream) -> None:
    with serve(pool_yaml(upstream, {**POLICY, "rounds": 1}, **ABLE)) as running:
        assert text_of(running.ask("auto")) == "written by the boss"
    assert len(upstream.received) == 3


def test_who_fails_in_a_later_layer_is_quoted_from_the_one_before(serve: Serve, upstream: Upstream) -> None:
    async def once(x: Exchange) -> None:
        await (says("ash, once") if x.upstream.asked("a") == 1 else fail)(x)

    upstream.behave["a"] = once
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        assert text_of(running.ask("auto")) == "written by the boss"
    [told] = said_to(upstream, "boss")
    assert "ash, once" in told and "birch in layer 2" in told


@pytest.mark.parametrize("failure", [fail, die_before_content, says("  ")])
def test_the_best_of_the_last_layer_goes_out_where_the_lead_fails(
    serve: Serve, upstream: Upstream, failure: object
) -> None:
    upstream.behave["boss"] = failure
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        assert text_of(running.ask("auto")) == "ash in layer 2"
        lines = running.events("auto")
    assert heard(lines).startswith("ash in layer") and lines[-1] == "data: [DONE]"


@pytest.mark.parametrize(("calls", "layers"), [(1, [1, 0]), (2, [1, 1]), (3, [1, 1]), (4, [2, 1]), (5, [2, 2])])
def test_a_call_is_kept_for_the_lead_and_no_more_are_made(
    serve: Serve, upstream: Upstream, calls: int, layers: list[int]
) -> None:
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        response = running.ask("auto", coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) == min(calls, 5)
    assert [upstream.asked("a"), upstream.asked("b")] == layers
    assert upstream.asked("boss") == (calls > 2)


def test_a_sure_answer_needs_no_second_layer(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": says("C"), "b": says("The answer is (C)"), "boss": says("C")}
    with serve(pool_yaml(upstream, {**POLICY, "sure": 0.5}, **ABLE)) as running:
        assert text_of(running.ask("auto", QUESTION)) == "C"
    assert [upstream.asked(name) for name in ABLE] == [1, 1, 1]


def test_who_repeats_the_marks_it_was_shown_cannot_close_them(serve: Serve, upstream: Upstream) -> None:
    async def echo(x: Exchange) -> None:
        await x.reply(200, completion(x.body["messages"][-1]["content"]))

    upstream.behave["a"] = echo
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        running.ask("auto")
    [told] = said_to(upstream, "boss")
    mark = told.split("with the mark ")[1].split(".")[0]
    assert told.count(f"{mark} end") == 2 and told.count("end\n") >= 3
