"""Experts that fail, refuse, hang or are full: who is asked next, and what the caller is told."""

from __future__ import annotations

import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import httpx2
import pytest

from gateway.consult import Brief
from gateway.entry import Price
from gateway.estimates import Estimate, Estimates
from gateway.experts import Expert
from gateway.features import features_of
from gateway.kit import Kit
from gateway.limits import Limits
from gateway.types import Consultation, Decided, Decision, Outcome, Plan, Query
from routers.base import Array
from routers.fusion.fuser import Fuser
from tests.conftest import Running, Serve, beside, error_of, experts_yaml, gateway_in, metric, until, unused_tls
from tests.upstream import TOOL_CALL, Exchange, Office, Upstream, answer, completion, error, fail

QUICK = {"first_token_timeout_s": 0.3, "between_tokens_timeout_s": 0.3, "timeout_s": 0.6, "retries": 0}
CHAT = "/v1/chat/completions"
HELLO = b'{"model": "shaky", "messages": [{"role": "user", "content": "hi"}]}'
Behaviour = Callable[[Exchange], Awaitable[None]]


@pytest.fixture(scope="module")
def gateway(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all tests whose expert `off` is off in some way of their own."""
    yaml = experts_yaml(office, "off", "second", "garbage", "odd", retries=0, breaker_failures=1000)
    with gateway_in(tmp_path_factory.mktemp("off"), yaml) as running:
        yield running


def says(status: int, body: Any, headers: dict[str, str] | None = None) -> Behaviour:
    """A behaviour: always this response."""

    async def say(x: Exchange) -> None:
        await x.reply(status, body, headers)

    return say


def test_a_server_error_is_tried_again_until_it_is_answered(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "fail-twice", retries=2)) as running:
        response = running.ask("fail-twice", coterie={"explain": True})
    assert response.status_code == 200
    assert upstream.asked("fail-twice") == 3
    assert response.headers["x-coterie-retries"] == "2" and response.headers["x-coterie-fallbacks"] == "0"
    assert response.json()["coterie"]["experts"] == ["fail-twice"]


def test_tries_end_where_the_operator_says(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "fail-twice", retries=1)) as running:
        response = running.ask("fail-twice", coterie={"explain": True})
    said = error_of(response)
    assert response.status_code == 502 and said["code"] == "expert_failed" and said["type"] == "upstream_error"
    assert said["message"] == "fail-twice failed (HTTP 500): boom"
    assert response.headers["x-coterie-retries"] == "1"
    assert upstream.asked("fail-twice") == 2


def test_a_stream_that_fails_before_it_begins_is_tried_again_too(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "fail-twice")) as running:
        lines = running.events("fail-twice")
    assert lines[-1] == "data: [DONE]"
    assert upstream.asked("fail-twice") == 3


def test_who_asks_for_a_moment_is_given_it(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "busy-once")) as running:
        begun = time.monotonic()
        response = running.ask("busy-once")
    assert response.status_code == 200 and time.monotonic() - begun >= 0.1
    assert upstream.asked("busy-once") == 2


def test_who_asks_for_long_is_passed_over_at_once(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "busy", "second")) as running:
        begun = time.monotonic()
        response = running.ask("auto", coterie={"explain": True})
        took = time.monotonic() - begun
        alone = running.ask("busy")
    assert response.json()["model"] == "second" and took < 10
    assert response.headers["x-coterie-fallbacks"] == "1" and response.headers["x-coterie-retries"] == "0"
    assert upstream.asked("busy") == 1
    assert alone.status_code == 429 and alone.headers["retry-after"] == "30"
    assert error_of(alone)["code"] == "overloaded" and "left alone for 30 s" in error_of(alone)["message"]


@pytest.mark.parametrize("header", ["inf", "nan", "1e999", "-5", "soon", "Mon, 01 Jan 1900 00:00:00 GMT"])
def test_a_strange_retry_after_does_no_harm(gateway: Running, upstream: Upstream, header: str) -> None:
    upstream.behave["off"] = says(429, error("slow down"), {"retry-after": header})
    response = gateway.ask("off")
    assert response.status_code == 429 and error_of(response)["code"] == "expert_busy"
    assert response.headers.get("retry-after", "0").isdigit()


def test_a_refusal_keeps_its_class_and_is_not_repeated(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "refuse")) as running:
        response = running.ask("refuse")
        streamed = running.ask("refuse", stream=True)
    for refused in (response, streamed):
        said = error_of(refused)
        assert refused.status_code == 400
        assert (said["type"], said["code"]) == ("invalid_request_error", "invalid_value")
        assert "max_tokens is too large" in said["message"] and "refuse" in said["message"]
    assert upstream.asked("refuse") == 2


@pytest.mark.parametrize("status", [409, 413, 415, 422])
def test_other_refusals_keep_their_status(gateway: Running, upstream: Upstream, status: int) -> None:
    upstream.behave["off"] = says(status, {"detail": [{"msg": "field required"}]})
    response = gateway.ask("off")
    assert response.status_code == status and "field required" in error_of(response)["message"]
    assert upstream.asked("off") == 1


def test_a_prompt_too_long_for_one_expert_goes_to_the_next(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "too-long", "roomy")) as running:
        response = running.ask("auto")
    assert response.json()["model"] == "roomy"
    assert [upstream.asked(name) for name in ("too-long", "roomy")] == [1, 1]


def test_a_prompt_too_long_for_everyone_is_the_callers_error(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["too-long-too"] = upstream.behave["too-long"]
    with serve(experts_yaml(upstream, "too-long", "too-long-too")) as running:
        responses = [running.ask("auto"), running.ask("too-long"), running.ask("auto", stream=True)]
    for response in responses:
        assert response.status_code == 400
        assert error_of(response)["code"] == "context_length_exceeded"
        assert error_of(response)["type"] == "invalid_request_error"


def test_a_key_that_is_not_taken_sends_auto_elsewhere(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "deny", "second", api_key_env="UPSTREAM_KEY")) as running:
        response = running.ask("auto")
        denied = running.ask("deny", stream=True)
    assert response.json()["model"] == "second"
    assert upstream.asked("deny") == 2
    assert denied.status_code == 502
    assert error_of(denied)["message"] == "deny does not take our key (HTTP 401); check its api_key_env"


BROKEN = {
    "no choices": {"choices": []},
    "a list": [1],
    "a word": "yes",
    "null": None,
    "choices that are words": {"choices": ["hi"]},
    "choices that are a number": {"choices": 5},
    "no message": {"choices": [{"index": 0}]},
    "a message that is a word": {"choices": [{"message": "hi"}]},
    "tool calls that are a number": {"choices": [{"message": {"content": "x", "tool_calls": 5}}]},
    "tool calls that are a word": {"choices": [{"message": {"content": "x", "tool_calls": "call"}}]},
}


@pytest.mark.parametrize("name", ["garbage", "odd"])
@pytest.mark.parametrize("stream", [False, True])
def test_garbage_is_the_experts_fault(gateway: Running, upstream: Upstream, name: str, stream: bool) -> None:
    response = gateway.ask(name, stream=stream)
    assert response.status_code == 502
    assert error_of(response)["code"] == "expert_broken" and error_of(response)["message"].startswith(f"{name} ")
    assert upstream.asked(name) == 1


@pytest.mark.parametrize("case", BROKEN)
def test_json_that_is_no_completion_is_the_experts_fault(gateway: Running, upstream: Upstream, case: str) -> None:
    upstream.behave["off"] = says(200, BROKEN[case])
    response = gateway.ask("off")
    after = gateway.ask("auto")
    assert (response.status_code, error_of(response)["code"]) == (502, "expert_broken")
    assert after.json()["model"] == "second"


def test_content_of_unknown_parts_is_the_callers_to_read(gateway: Running, upstream: Upstream) -> None:
    content = [{"type": "thinking", "thinking": ["hm"]}, {"type": "text", "text": 5}, "loose"]
    upstream.behave["off"] = says(200, {"choices": [{"message": {"content": content}}]})
    response = gateway.ask("off")
    assert response.json()["choices"][0]["message"]["content"] == content


def test_a_success_that_holds_an_error_is_one(gateway: Running, upstream: Upstream) -> None:
    upstream.behave["off"] = says(200, error("out of memory"))
    response = gateway.ask("off")
    assert response.status_code == 502 and "out of memory" in error_of(response)["message"]


@pytest.mark.parametrize(
    ("status", "code", "ours"),
    [(403, "expert_denied", 502), (404, "expert_broken", 502), (302, "expert_failed", 502), (503, "expert_busy", 429)],
)
def test_each_status_has_its_meaning(gateway: Running, upstream: Upstream, status: int, code: str, ours: int) -> None:
    upstream.behave["off"] = says(status, b"<html>no</html>", {"location": upstream.url})
    response = gateway.ask("off")
    assert (response.status_code, error_of(response)["code"]) == (ours, code)
    assert upstream.asked("off") == 1


def test_an_expert_that_hangs_is_given_its_time_and_no_more(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "hang", **QUICK)) as running:
        for stream, bound, words in ((True, 0.3, "did not begin to answer"), (False, 0.6, "did not finish")):
            begun = time.monotonic()
            response = running.ask("hang", stream=stream)
            took = time.monotonic() - begun
            assert (response.status_code, error_of(response)["code"]) == (504, "expert_timeout")
            assert words in error_of(response)["message"]
            assert bound <= took < bound + 3
        assert until(lambda: upstream.gone == ["hang", "hang"])


def test_comments_and_roles_do_not_keep_a_silent_expert_alive(serve: Serve, upstream: Upstream) -> None:
    async def mumble(x: Exchange) -> None:
        await x.begin()
        await x.event({"choices": [{"index": 0, "delta": {"role": "assistant"}}]})
        for _ in range(200):
            await x.comment()

    upstream.behave["mumble"] = mumble
    with serve(experts_yaml(upstream, "mumble", **{**QUICK, "timeout_s": 20})) as running:
        begun = time.monotonic()
        response = running.ask("mumble", stream=True)
    assert response.status_code == 504 and time.monotonic() - begun < 5


def test_nobody_at_the_address(serve: Serve, upstream: Upstream) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    yaml = experts_yaml(upstream, "second", retries=0) + f"  - {{name: gone, model: x, base_url: '{gone}'}}\n"
    with serve(yaml) as running:
        responses = [running.ask("gone"), running.ask("gone", stream=True)]
    for response in responses:
        assert (response.status_code, error_of(response)["code"]) == (502, "expert_unreachable")
        assert error_of(response)["message"].startswith("gone cannot be reached: ")


@pytest.mark.parametrize("stream", [False, True])
def test_auto_asks_the_next_expert_and_a_name_nobody_else(serve: Serve, upstream: Upstream, stream: bool) -> None:
    with serve(experts_yaml(upstream, "fail", "second", retries=0)) as running:
        auto = running.ask("auto", stream=stream)
        named = running.ask("fail", stream=stream)
    assert auto.status_code == 200 and auto.headers["x-coterie-model"] == "second"
    assert named.status_code == 502 and error_of(named)["code"] == "expert_failed"
    assert [upstream.asked(name) for name in ("fail", "second")] == [2, 1]


def test_when_all_fail_each_ones_reason_is_told(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "fail", "garbage", "deny", retries=0)) as running:
        response = running.ask("auto")
        record = running.get(f"/v1/decisions/{response.headers['x-coterie-decision']}").json()
    said = error_of(response)
    assert (response.status_code, said["code"]) == (502, "all_experts_failed")
    for reason in ("fail failed (HTTP 500): boom", "garbage answered with something", "deny does not take our key"):
        assert reason in said["message"]
    assert record["status"] == "all_experts_failed" and record["served"] is None
    assert [call["error"]["code"] for call in record["calls"]] == ["expert_failed", "expert_broken", "expert_denied"]


def test_when_the_last_of_them_ran_out_of_time_so_says_the_status(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "fail", "hang", **QUICK)) as running:
        response = running.ask("auto")
    assert (response.status_code, error_of(response)["code"]) == (504, "all_experts_failed")
    assert "boom" in error_of(response)["message"] and "did not finish" in error_of(response)["message"]


def test_a_breaker_opens_rests_lets_one_try_and_closes(serve: Serve, upstream: Upstream) -> None:
    breaker, state = {"breaker_failures": 2, "breaker_rest_s": 0.9, "retries": 0}, 'coterie_breaker{expert="shaky"}'
    upstream.behave["shaky"] = fail
    with serve(experts_yaml(upstream, "shaky", "second", **breaker)) as running:
        assert running.ask("shaky").status_code == 502
        assert metric(running, state) == 0
        assert running.ask("shaky").status_code == 502
        assert metric(running, state) == 2

        resting = running.ask("shaky")
        assert (resting.status_code, error_of(resting)["code"]) == (503, "breaker_open")
        assert resting.headers["retry-after"] == "1"
        assert running.ask("auto").json()["model"] == "second"
        assert upstream.asked("shaky") == 2

        upstream.behave["shaky"] = upstream.behave["held"]
        assert until(lambda: metric(running, state) == 1)
        with beside(lambda: running.ask("shaky")) as trial:
            assert until(lambda: upstream.asked("shaky") == 3)
            assert running.ask("shaky").status_code == 503
            upstream.go.set()
            assert trial.result().status_code == 200
        assert metric(running, state) == 0
        assert running.ask("shaky").status_code == 200
    assert upstream.asked("shaky") == 4


def test_a_trial_that_fails_opens_the_breaker_again(serve: Serve, upstream: Upstream) -> None:
    breaker, state = {"breaker_failures": 2, "breaker_rest_s": 0.9, "retries": 0}, 'coterie_breaker{expert="fail"}'
    with serve(experts_yaml(upstream, "fail", **breaker)) as running:
        for _ in range(2):
            running.ask("fail")
        assert until(lambda: metric(running, state) == 1)
        assert running.ask("fail").status_code == 502
        assert metric(running, state) == 2
        assert running.ask("fail").status_code == 503
    assert upstream.asked("fail") == 3


@pytest.mark.parametrize("how", ["refuse", "busy-now", "hang"])
def test_a_trial_that_tells_nothing_leaves_room_for_the_next(serve: Serve, upstream: Upstream, how: str) -> None:
    """A refusal is a sign of life, and so is a rate limit; a caller who leaves is no sign at all."""
    upstream.behave |= {"shaky": fail, "busy-now": says(429, error("slow down"))}
    with serve(experts_yaml(upstream, "shaky", breaker_failures=1, breaker_rest_s=1.2, retries=0)) as running:
        running.ask("shaky")
        assert until(lambda: metric(running, 'coterie_breaker{expert="shaky"}') == 1)
        upstream.behave["shaky"] = upstream.behave[how]
        with pytest.raises(httpx2.ReadTimeout) if how == "hang" else nullcontext():
            httpx2.post(running.url + CHAT, content=HELLO, timeout=0.2, verify=unused_tls())
        assert until(lambda: metric(running, "coterie_in_work") == 0)
        upstream.behave["shaky"] = answer
        assert running.ask("shaky").status_code == 200


@pytest.mark.parametrize("name", ["refuse", "busy-now"])
def test_refusals_and_rate_limits_open_no_breaker(serve: Serve, upstream: Upstream, name: str) -> None:
    upstream.behave["busy-now"] = says(429, error("slow down"))
    with serve(experts_yaml(upstream, name, breaker_failures=1, retries=0)) as running:
        assert {running.ask(name).status_code for _ in range(3)} <= {400, 429}
    assert upstream.asked(name) == 3


def test_a_callers_own_hurry_speaks_against_no_expert(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held", breaker_failures=2, retries=0)) as running:
        for _ in range(2):
            assert running.ask("held", coterie={"deadline_s": 0.05}).status_code == 504
        upstream.go.set()
        assert running.ask("held").status_code == 200


def test_experts_that_are_left_alone_use_up_no_calls(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": fail, "b": fail, "c": fail}
    limits = {"breaker_failures": 1, "breaker_rest_s": 30, "retries": 0}
    with serve(experts_yaml(upstream, "a", "b", "c", "healthy", **limits)) as running:
        for name in "abc":
            running.ask(name)
        response = running.ask("auto")
    assert response.status_code == 200 and response.json()["model"] == "healthy"


def test_a_full_lane_refuses_at_once_and_says_when_to_come_back(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held", max_concurrency=1, max_waiting=0)) as running:
        with beside(lambda: running.ask("held")) as first:
            assert until(lambda: upstream.asked("held") == 1)
            assert metric(running, 'coterie_lane{expert="held",state="busy"}') == 1
            full = running.ask("held")
            upstream.go.set()
            assert first.result().status_code == 200
        assert running.ask("held").status_code == 200
    assert (full.status_code, error_of(full)["code"]) == (429, "overloaded")
    assert full.headers["retry-after"] == "1" and "held has 1 calls in work" in error_of(full)["message"]


def test_a_full_lane_sends_auto_to_the_next_expert(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held", "second", max_concurrency=1, max_waiting=0)) as running:
        with beside(lambda: running.ask("held")):
            assert until(lambda: upstream.asked("held") == 1)
            response = running.ask("auto", coterie={"experts": ["held", "second"]})
            upstream.go.set()
    assert response.json()["model"] == "second"


@pytest.mark.parametrize("strategy", ["single", "vote", "synthesize"])
def test_where_every_lane_is_full_the_caller_hears_when_to_come_back(
    serve: Serve, upstream: Upstream, strategy: str
) -> None:
    upstream.behave |= {"a": upstream.behave["held"], "b": upstream.behave["held"]}
    with serve(experts_yaml(upstream, "a", "b", max_concurrency=1, max_waiting=0)) as running:
        with beside(lambda: running.ask("a")), beside(lambda: running.ask("b")):
            assert until(lambda: upstream.asked("a") == upstream.asked("b") == 1)
            full = running.ask(f"auto:{strategy}")
            upstream.go.set()
    assert (full.status_code, error_of(full)["code"]) == (429, "overloaded")
    assert int(full.headers["retry-after"]) >= 1


def test_who_waits_in_a_lane_is_answered_in_turn(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held", max_concurrency=1, max_waiting=1)) as running:
        with beside(lambda: running.ask("held")) as first, beside(lambda: running.ask("held")) as second:
            assert until(lambda: metric(running, 'coterie_lane{expert="held",state="waiting"}') == 1)
            assert running.ask("held").status_code == 429
            assert upstream.asked("held") == 1
            upstream.go.set()
            assert [first.result().status_code, second.result().status_code] == [200, 200]
        assert metric(running, 'coterie_lane{expert="held",state="waiting"}') == 0


def test_as_many_requests_as_the_gateway_takes_and_no_more(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "held"), max_requests=1) as running:
        with beside(lambda: running.ask("held")) as first:
            assert until(lambda: upstream.asked("held") == 1)
            more = running.ask("held")
            upstream.go.set()
            assert first.result().status_code == 200
        assert running.ask("held").status_code == 200
        assert metric(running, 'coterie_refused_total{code="overloaded"}') == 1
    assert (more.status_code, error_of(more)["code"], more.headers["retry-after"]) == (429, "overloaded", "1")


@pytest.mark.parametrize("stream", [False, True])
def test_a_deadline_of_the_callers_own_is_kept(serve: Serve, upstream: Upstream, stream: bool) -> None:
    with serve(experts_yaml(upstream, "hang", "second")) as running:
        begun = time.monotonic()
        response = running.ask("hang", stream=stream, coterie={"deadline_s": 0.3})
        took = time.monotonic() - begun
    assert response.status_code == 504 and 0.29 <= took < 5
    assert "0.3" in error_of(response)["message"]


async def no_rows(texts: Sequence[str]) -> Array:
    raise AssertionError("nothing should be encoded")


async def nobody(asked: Consultation) -> Outcome:
    raise AssertionError(f"{asked.expert} should not be asked")


def brief_of(expert: Expert, estimate: Estimate, limits: Limits, begun: float) -> Brief:
    """One question to this expert, and nobody there to be asked."""
    query = Query("dec_1", "auto", {"messages": []})
    decision = Decision(Estimates.rows([estimate]), (), "category", "v1", 1.0, True, None, "")
    plan = Plan((expert.name,), "single", limits, 1.0, "auto", "")
    kit = Kit({expert.name: expert}, Fuser.generic().for_experts([expert.name]), no_rows)
    return Brief(Decided(query, features_of(query, read=False), decision, plan, begun), kit, nobody)


def test_a_moment_before_the_deadline_it_is_too_late_to_ask() -> None:
    expert, begun = Expert(name="next", provider="litellm", model="m"), time.monotonic() - 10.0 + 0.001
    brief = brief_of(expert, Estimate("next", 0.5, 0.1, 0.0, 1.0), Limits(3, None, 10.0), begun)
    assert brief.may_consult("next") is False


@pytest.mark.parametrize(("sampling", "may"), [({}, False), ({"max_tokens": 8}, True)])
def test_nobody_is_asked_for_dollars_that_do_not_pay_for_a_short_answer(sampling: dict[str, int], may: bool) -> None:
    """Such a call would be refused later, after others have shared the dollars with it."""
    price = Price(input_per_mtok=0, output_per_mtok=1e6)
    expert = Expert(name="brief", provider="litellm", model="m", price=price, sampling=sampling)
    brief = brief_of(expert, Estimate("brief", 0.5, 0.1, 2.0, 1.0), Limits(3, 10.0, 10.0), time.monotonic())
    assert brief.may_consult("brief") is may


def test_the_deadline_holds_for_all_experts_together(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["slow"] = upstream.behave["hang"]
    yaml = experts_yaml(upstream, "hang", "slow", timeout_s=0.3, retries=0)
    with serve(yaml.replace("{name: slow,", "{name: slow, timeout_s: 20,")) as running:
        begun = time.monotonic()
        response = running.ask("auto", coterie={"deadline_s": 0.5})
        took = time.monotonic() - begun
    assert response.status_code == 504 and 0.49 <= took < 5
    assert [upstream.asked(name) for name in ("hang", "slow")] == [1, 1]


def test_no_more_experts_are_asked_than_the_caller_allows(serve: Serve, upstream: Upstream) -> None:
    with serve(experts_yaml(upstream, "fail", "second", retries=0)) as running:
        response = running.ask("auto", coterie={"max_calls": 1})
        by_header = running.post(
            "/v1/chat/completions",
            {"model": "auto", "messages": [{"role": "user", "content": "hi"}]},
            headers={"x-coterie-max-calls": "1"},
        )
    assert {response.status_code, by_header.status_code} == {502}
    assert upstream.asked("second") == 0


def test_nobody_dearer_than_the_caller_allows_is_asked(serve: Serve, upstream: Upstream) -> None:
    yaml = experts_yaml(upstream, "free") + (
        "  - {name: dear, model: dear, price: {input_per_mtok: 1000, output_per_mtok: 1000}, "
        "abilities: {default: 0.99}}\n"
    )
    with serve(yaml) as running:
        without = running.ask("auto", coterie={"thrift": 0.0})
        within = running.ask("auto", coterie={"thrift": 0.0, "max_cost_usd": 0.01})
        named = running.ask("dear", coterie={"max_cost_usd": 0.01})
    assert without.json()["model"] == "dear" and within.json()["model"] == "free"
    assert (named.status_code, error_of(named)["code"]) == (400, "max_cost_exceeded")
    assert upstream.asked("dear") == 1


def test_the_words_of_a_failed_expert_hold_no_line_breaks_and_have_an_end(gateway: Running, upstream: Upstream) -> None:
    upstream.behave["off"] = says(500, error("line\nbreak\r\n" + "x" * 100_000))
    message = error_of(gateway.ask("off"))["message"]
    assert message.startswith("off failed (HTTP 500): line break xxx") and len(message) < 600


def test_usage_no_database_can_hold_is_no_reason_to_fail(serve: Serve, upstream: Upstream) -> None:
    usage = {"prompt_tokens": 2**63, "completion_tokens": 2**63}
    upstream.behave["liar"] = says(200, completion("hi", usage=usage))
    with serve(experts_yaml(upstream, "liar")) as running:
        response = running.ask("liar")
        assert response.status_code == 200
        assert running.get(f"/v1/decisions/{response.headers['x-coterie-decision']}").status_code == 200
        assert until(lambda: metric(running, "coterie_records_written_total") == 1)


def test_a_tool_loop_stays_even_where_its_expert_has_left_the_pool(serve: Serve, upstream: Upstream) -> None:
    messages = [
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": None, "tool_calls": [TOOL_CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]
    upstream.behave["first"] = answer
    with serve(experts_yaml(upstream, "first")) as running:
        response = running.post("/v1/chat/completions", {"model": "auto", "messages": messages})
    assert response.status_code == 200


def test_experts_that_are_full_use_up_no_calls(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": upstream.behave["held"], "b": upstream.behave["held"]}
    with serve(experts_yaml(upstream, "a", "b", "free", max_concurrency=1, max_waiting=0)) as running:
        with beside(lambda: running.ask("a")), beside(lambda: running.ask("b")):
            assert until(lambda: upstream.asked("a") == upstream.asked("b") == 1)
            response = running.ask("auto", coterie={"max_calls": 1})
            upstream.go.set()
    assert response.status_code == 200 and response.json()["model"] == "free"


def test_an_expert_without_its_key_is_missed_by_name_and_not_by_auto(serve: Serve, upstream: Upstream) -> None:
    yaml = experts_yaml(upstream, "first") + "  - {name: keyed, model: m, api_key_env: NOT_SET}\n"
    with serve(yaml) as running:
        named, auto = running.ask("keyed"), running.ask("auto")
        listed = {model["id"]: model["coterie"] for model in running.get("/v1/models").json()["data"]}
        ready = running.get("/ready").json()["experts"]
    reason = "the environment variable NOT_SET is not set"
    assert (named.status_code, error_of(named)["code"]) == (503, "no_expert_available")
    assert reason in error_of(named)["message"]
    assert auto.json()["model"] == "first"
    assert (listed["keyed"]["available"], listed["keyed"]["reason"]) == (False, reason)
    assert ready == {"first": "available", "keyed": reason}


def test_when_everyone_is_left_alone_that_is_what_is_said(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": fail, "b": fail}
    with serve(experts_yaml(upstream, "a", "b", breaker_failures=1, retries=0)) as running:
        for name in "ab":
            running.ask(name)
        response = running.ask("auto")
    assert response.status_code == 503
    assert "a: " in error_of(response)["message"] and "b: " in error_of(response)["message"]
