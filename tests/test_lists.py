"""Endpoints that take lists: what waits is one call, and everybody gets his own part of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clients.prompt import render
from gateway.experts import Template
from gateway.wire.text_completion import chat_logprobs, shares
from tests.conftest import Running, Serve, beside, error_of, experts_yaml, metric, until, unused_tls
from tests.upstream import Exchange, Upstream, error

WAITING = 'coterie_lane{expert="texts",state="waiting"}'


def echo(prompt: str) -> str:
    """What the endpoint says to a prompt: its last question, in capitals."""
    return " " + prompt.rsplit("User: ", 1)[1].split("\n")[0].upper()


async def texts(x: Exchange) -> None:
    """A completions endpoint; the first call is held until the test lets it go."""
    if x.upstream.asked("texts") == 1:
        await x.hold()
    prompts = x.body["prompt"]
    usage = {"prompt_tokens": 7 * len(prompts) + 1, "completion_tokens": 3 * len(prompts), "total_tokens": 0}
    if not x.body.get("stream"):
        choices = [{"index": at, "text": echo(prompt), "finish_reason": "stop"} for at, prompt in enumerate(prompts)]
        head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m"}
        await x.reply(200, {**head, "choices": choices[::-1], "usage": usage})
        return
    await x.begin()
    for at in range(max(map(len, map(echo, prompts)))):
        letters = [(place, echo(prompt)[at : at + 1]) for place, prompt in enumerate(prompts)]
        for place, letter in letters:
            if letter:
                await x.event({"id": "cmpl-1", "choices": [{"index": place, "text": letter, "finish_reason": None}]})
    for place in range(len(prompts)):
        await x.event({"id": "cmpl-1", "choices": [{"index": place, "text": "", "finish_reason": "stop"}]})
    await x.event({"id": "cmpl-1", "choices": [], "usage": usage})
    await x.event(b"[DONE]")
    await x.end()


@pytest.fixture
def lists(serve: Serve, upstream: Upstream) -> Iterator[Running]:
    upstream.behave["texts"] = texts
    with serve(experts_yaml(upstream, "texts", endpoint="completions", max_concurrency=1)) as running:
        yield running


@contextmanager
def waiting(running: Running, upstream: Upstream, *asked: tuple[str, dict[str, Any]]) -> Iterator[list[Future[Any]]]:
    """These wait behind a call that is held; on leaving, it is let go."""
    with beside(lambda: running.ask("texts", "first")), ThreadPoolExecutor(len(asked)) as callers:
        assert until(lambda: upstream.asked("texts") == 1)
        answers = [callers.submit(running.ask, "texts", text, **more) for text, more in asked]
        assert until(lambda: metric(running, WAITING) == len(asked))
        yield answers
        upstream.go.set()


def said(response: httpx2.Response) -> Any:
    assert response.status_code == 200, response.text
    return response.json()["choices"][0]["message"]["content"]


def heard(response: httpx2.Response) -> str:
    lines = [line.removeprefix("data: ") for line in response.text.split("\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    chunks = [orjson.loads(line) for line in lines[:-1]]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def prompts_of(upstream: Upstream) -> list[int]:
    return [len(body["prompt"]) for body in upstream.received]


def test_what_waits_is_one_call_and_everyone_gets_his_own_answer(lists: Running, upstream: Upstream) -> None:
    words = ["one", "two", "three", "four", "five"]
    with waiting(lists, upstream, *((word, {}) for word in words)) as answers:
        pass
    assert [said(answer.result()) for answer in answers] == [word.upper() for word in words]
    assert prompts_of(upstream) == [1, 5]
    usages = [answer.result().json()["usage"] for answer in answers]
    assert sum(usage["prompt_tokens"] for usage in usages) == 36
    assert sum(usage["completion_tokens"] for usage in usages) == 15
    assert metric(lists, 'coterie_lane_calls_total{expert="texts"}') == 2
    assert metric(lists, 'coterie_lane_carried_total{expert="texts"}') == 6


def test_who_listens_hears_his_own_part_as_it_comes(lists: Running, upstream: Upstream) -> None:
    more = {"stream": True, "stream_options": {"include_usage": True}}
    with waiting(lists, upstream, ("one", more), ("two", more), ("three", more)) as answers:
        pass
    assert [heard(answer.result()) for answer in answers] == ["ONE", "TWO", "THREE"]
    assert prompts_of(upstream) == [1, 3]


def test_no_more_go_together_than_the_operator_says(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["texts"] = texts
    yaml = experts_yaml(upstream, "texts", endpoint="completions", max_concurrency=1, max_batch=2)
    with serve(yaml) as running, waiting(running, upstream, *((str(n), {}) for n in range(5))):
        pass
    assert prompts_of(upstream) == [1, 2, 2, 1]


def test_only_calls_alike_go_together(lists: Running, upstream: Upstream) -> None:
    asked = [("a", {"temperature": 0}), ("b", {"temperature": 1}), ("c", {"temperature": 0}), ("d", {"n": 1})]
    with waiting(lists, upstream, *asked) as answers:
        pass
    assert [said(answer.result()) for answer in answers] == ["A", "B", "C", "D"]
    assert sorted(prompts_of(upstream)) == [1, 1, 1, 2]


def test_a_call_that_fails_for_many_is_one_failure_and_tried_again_for_all(lists: Running, upstream: Upstream) -> None:
    async def second_fails(x: Exchange) -> None:
        await (x.reply(500, error("boom")) if upstream.asked("texts") == 2 else texts(x))

    upstream.behave["texts"] = second_fails
    with waiting(lists, upstream, *((str(n), {}) for n in range(6))) as answers:
        pass
    assert [said(answer.result()) for answer in answers] == [str(n) for n in range(6)]
    assert metric(lists, 'coterie_breaker{expert="texts"}') == 0


def test_one_bad_prompt_spoils_no_others_answer(lists: Running, upstream: Upstream) -> None:
    async def squeamish(x: Exchange) -> None:
        bad = any("bad" in prompt for prompt in x.body["prompt"])
        await (x.reply(400, error("I will not read that")) if bad else texts(x))

    upstream.behave["texts"] = squeamish
    with waiting(lists, upstream, ("good", {}), ("bad", {}), ("fine", {})) as answers:
        pass
    good, bad, fine = (answer.result() for answer in answers)
    assert (said(good), said(fine)) == ("GOOD", "FINE")
    assert bad.status_code == 400 and "I will not read that" in error_of(bad)["message"]


def test_an_answer_that_leaves_somebody_out_is_broken(lists: Running, upstream: Upstream) -> None:
    async def forgetful(x: Exchange) -> None:
        if upstream.asked("texts") == 1:
            await texts(x)
        else:
            await x.reply(200, {"choices": [{"index": 0, "text": "x", "finish_reason": "stop"}]})

    upstream.behave["texts"] = forgetful
    with waiting(lists, upstream, ("a", {}), ("b", {})) as answers:
        pass
    assert {error_of(answer.result())["code"] for answer in answers} == {"expert_broken"}


def leave_after(running: Running, text: str, seconds: float, **more: Any) -> None:
    body = {"model": "texts", "messages": [{"role": "user", "content": text}], **more}
    with pytest.raises(httpx2.TimeoutException):
        httpx2.post(f"{running.url}/v1/chat/completions", json=body, timeout=seconds, verify=unused_tls())


def test_who_leaves_takes_nobodys_answer_along(lists: Running, upstream: Upstream) -> None:
    async def slow(x: Exchange) -> None:
        if len(x.body["prompt"]) > 1:
            await asyncio.sleep(0.6)
        await texts(x)

    upstream.behave["texts"] = slow
    with ThreadPoolExecutor(1) as pool:
        with waiting(lists, upstream, ("stays", {})) as [stays]:
            leaving = pool.submit(leave_after, lists, "leaves", 0.4)
            assert until(lambda: metric(lists, WAITING) == 2)
        leaving.result()
        assert said(stays.result()) == "STAYS"
    assert prompts_of(upstream) == [1, 2]


def test_when_all_have_left_the_call_ends_too(lists: Running, upstream: Upstream) -> None:
    async def hang(x: Exchange) -> None:
        await (texts(x) if upstream.asked("texts") == 1 else x.hang())

    upstream.behave["texts"] = hang
    hurry = {"coterie": {"deadline_s": 0.6}}
    with waiting(lists, upstream, ("one", hurry), ("two", hurry)) as answers:
        pass
    assert [answer.result().status_code for answer in answers] == [504, 504]
    assert prompts_of(upstream) == [1, 2] and until(lambda: upstream.gone == ["texts"])


def test_the_length_of_an_answer_is_bounded_where_nobody_bounds_it(lists: Running, upstream: Upstream) -> None:
    upstream.go.set()
    assert said(lists.ask("texts", "one")) == "ONE"
    lists.ask("texts", "one", max_completion_tokens=5, stop=["x"])
    first, second = upstream.received
    assert (first["max_tokens"], first["stop"]) == (1024, ["\nUser:"])
    assert (second["max_tokens"], second["stop"]) == (5, ["x"])
    assert not {"messages", "max_completion_tokens"} & second.keys()


def test_messages_become_a_prompt_as_the_template_says() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hi {content}"}]},
        {"role": "assistant", "content": None},
        {"role": "user", "content": "Well?"},
    ]
    assert render(messages, Template()) == "Be brief.\n\nUser: Hi {content}\nAssistant: \nUser: Well?\nAssistant:"
    chatml = Template(system="<s>{content}</s>", user="<u>{content}</u>", assistant="<a>{content}</a>", start="<a>")
    assert render(messages, chatml) == "<s>Be brief.</s><u>Hi {content}</u><a></a><u>Well?</u><a>"


def test_log_probabilities_take_the_form_of_chat() -> None:
    given = {"tokens": ["a", "é"], "token_logprobs": [-0.5, -1.0], "top_logprobs": [{"a": -0.5, "b": -2.0}, None]}
    told = chat_logprobs(given)
    assert told is not None and [one["token"] for one in told["content"]] == ["a", "é"]
    assert told["content"][0]["top_logprobs"][1] == {"token": "b", "logprob": -2.0, "bytes": [98]}
    assert told["content"][1] == {"token": "é", "logprob": -1.0, "bytes": [195, 169], "top_logprobs": []}


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_shares_add_up_and_are_fair_to_one_token(total: int, weights: list[int]) -> None:
    parts = shares(total, weights)
    assert sum(parts) == total and min(parts) >= 0
    if sum(weights):
        assert all(abs(part - total * weight / sum(weights)) <= 1 for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_without_end_is_broken_off(serve: Serve, upstream: Upstream, stream: bool) -> None:
    async def endless(x: Exchange) -> None:
        await x.begin()
        for _ in range(1000):
            await x.event({"choices": [{"index": 0, "delta": {"content": "and " * 200}}]})
        await x.hang()

    upstream.behave["endless"] = endless
    with serve(experts_yaml(upstream, "endless", max_answer_bytes=100_000)) as running:
        begun = time.monotonic()
        response = running.ask("endless", stream=stream)
    assert "answered with more than 100000 bytes" in response.text and time.monotonic() - begun < 10
    assert "[DONE]" not in response.text
