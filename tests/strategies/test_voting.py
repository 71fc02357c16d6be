"""Several experts on one question with a checkable answer: vote, sequential, fuse."""

from __future__ import annotations

import pytest

from tests.conftest import Serve, error_of
from tests.strategies.pool import QUESTION, pool_yaml
from tests.upstream import Upstream, says

ASKING_SEVERAL = ("vote", "sequential", "fuse")
EVEN = {"a": 0.6, "b": 0.6, "c": 0.6}
EAGER = {"least_gain": 0.0}
"""Somebody more is asked wherever that gains anything."""
ESSAY = "Plants are green, and they have been studied for a long time by many people. " * 30


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
def test_the_answer_that_most_experts_give_goes_out(serve: Serve, upstream: Upstream, strategy: str) -> None:
    upstream.behave |= {"a": says("The answer is (A)"), "b": says("The answer is (C)"), "c": says("Answer: C")}
    with serve(pool_yaml(upstream, EAGER, **EVEN)) as running:
        body = running.ask(f"auto:{strategy}", QUESTION, coterie={"thrift": 0.0}).json()
    assert "C" in body["choices"][0]["message"]["content"]
    assert body["model"] == f"coterie/{strategy}"
    first = body["coterie"]["ballot"][0]
    assert (first["answer"], sorted(first["experts"])) == ("C", ["b", "c"])
    assert body["coterie"]["confidence"] == first["chance"] > 0.5


def test_a_known_expert_outweighs_two_guessers(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": says("C", after=0.3), "b": says("D"), "c": says("D")}
    with serve(pool_yaml(upstream, a=0.97, b=0.35, c=0.35)) as running:
        body = running.ask("auto:vote", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "C"
    assert [one["answer"] for one in body["coterie"]["ballot"]] == ["C", "D"], "dissent is shown, not dropped"


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
def test_usage_and_cost_sum_every_call(serve: Serve, upstream: Upstream, strategy: str) -> None:
    upstream.behave |= {"a": says("A"), "b": says("C"), "c": says("B")}
    with serve(pool_yaml(upstream, EAGER, **EVEN)) as running:
        body = running.ask(f"auto:{strategy}", QUESTION).json()
        record = running.get(f"/v1/decisions/{body['coterie']['decision_id']}").json()
    asked = len(body["coterie"]["experts"])
    assert asked >= 2 and asked == len(record["calls"])
    assert body["usage"]["completion_tokens"] == sum(call["output_tokens"] for call in record["calls"])
    assert body["coterie"]["cost_usd"] == pytest.approx(sum(call["cost_usd"] for call in record["calls"]))
    assert body["coterie"]["cost_usd"] > 0
    assert record["plan"]["verdict"]["ballot"][0]["experts"]


def test_nobody_more_is_asked_once_the_answer_is_sure(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {name: says("C") for name in "abc"}
    with serve(pool_yaml(upstream, {"sure": 0.8}, a=0.95, b=0.9, c=0.9)) as running:
        body = running.ask("auto:sequential", QUESTION).json()
    assert body["coterie"]["experts"] == ["a"]


def test_a_call_that_costs_more_than_it_gains_is_not_made(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {name: says("C") for name in "abc"}
    with serve(pool_yaml(upstream, {"least_gain": 0.9}, **EVEN)) as running:
        body = running.ask("auto:sequential", QUESTION).json()
    assert len(body["coterie"]["experts"]) == 1


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
@pytest.mark.parametrize("calls", [1, 2])
def test_no_more_calls_than_the_caller_allows(serve: Serve, upstream: Upstream, strategy: str, calls: int) -> None:
    upstream.behave |= {"a": says("A"), "b": says("B"), "c": says("C")}
    with serve(pool_yaml(upstream, **EVEN)) as running:
        response = running.ask(f"auto:{strategy}", QUESTION, coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) <= calls


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
def test_no_more_dollars_than_the_caller_allows(serve: Serve, upstream: Upstream, strategy: str) -> None:
    upstream.behave |= {"a": says("A"), "b": says("B"), "c": says("C")}
    with serve(pool_yaml(upstream, **EVEN)) as running:
        body = running.ask(f"auto:{strategy}", QUESTION, coterie={"max_cost_usd": 0.0005}).json()
    assert body["coterie"]["cost_usd"] <= 0.0005
    longest = max if strategy == "sequential" else sum
    tokens = longest(asked["max_tokens"] for asked in upstream.received)
    assert tokens * 2e-6 <= 0.0005, "no answer may be longer than the dollars last, however many are asked at once"


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
@pytest.mark.parametrize("faulty", ["fail", "garbage", "refuse", "stop_short"])
def test_an_expert_that_fails_takes_nobody_with_it(
    serve: Serve, upstream: Upstream, strategy: str, faulty: str
) -> None:
    upstream.behave |= {"b": says("C"), "c": says("C")}
    with serve(pool_yaml(upstream, **{faulty: 0.9, "b": 0.6, "c": 0.6})) as running:
        body = running.ask(f"auto:{strategy}", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "C"
    assert faulty in body["coterie"]["experts"]


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
@pytest.mark.parametrize("odd", ["", ESSAY, "I would rather not say."])
def test_a_reply_without_an_answer_has_no_voice(serve: Serve, upstream: Upstream, strategy: str, odd: str) -> None:
    upstream.behave |= {"a": says(odd), "b": says("C"), "c": says("C")}
    with serve(pool_yaml(upstream, a=0.9, b=0.6, c=0.6)) as running:
        body = running.ask(f"auto:{strategy}", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "C"


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
def test_where_nobody_names_an_option_somebodys_words_go_out(serve: Serve, upstream: Upstream, strategy: str) -> None:
    upstream.behave |= {name: says("I would rather not say.") for name in "abc"}
    with serve(pool_yaml(upstream, **EVEN)) as running:
        body = running.ask(f"auto:{strategy}", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "I would rather not say."


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
def test_where_every_expert_fails_each_ones_reason_is_told(serve: Serve, upstream: Upstream, strategy: str) -> None:
    with serve(pool_yaml(upstream, fail=0.6, garbage=0.6)) as running:
        response = running.ask(f"auto:{strategy}", QUESTION)
    assert response.status_code == 502
    message = error_of(response)["message"]
    assert "fail" in message and "garbage" in message


@pytest.mark.parametrize("strategy", ["vote", "fuse"])
def test_who_cannot_change_the_outcome_is_not_waited_for(serve: Serve, upstream: Upstream, strategy: str) -> None:
    upstream.behave |= {"a": says("C"), "b": says("C"), "slow": upstream.behave["hang"]}
    with serve(pool_yaml(upstream, {"sure": 0.9}, a=0.9, b=0.9, slow=0.6)) as running:
        body = running.ask(f"auto:{strategy}", QUESTION, coterie={"deadline_s": 8}).json()
    assert body["choices"][0]["message"]["content"] == "C"
    assert sorted(body["coterie"]["experts"]) == ["a", "b", "slow"], "the call that was called off is accounted for"


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
def test_at_the_deadline_the_best_answer_so_far_goes_out(serve: Serve, upstream: Upstream, strategy: str) -> None:
    upstream.behave |= {"a": says("C"), "slow": upstream.behave["hang"], "later": upstream.behave["hang"]}
    with serve(pool_yaml(upstream, a=0.5, slow=0.49, later=0.49)) as running:
        body = running.ask(f"auto:{strategy}", QUESTION, coterie={"deadline_s": 0.5}).json()
    assert body["choices"][0]["message"]["content"] == "C"


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
def test_a_streaming_caller_gets_a_stream(serve: Serve, upstream: Upstream, strategy: str) -> None:
    upstream.behave |= {name: says("The answer is (C)") for name in "abc"}
    with serve(pool_yaml(upstream, **EVEN)) as running:
        chunks = list(
            running.openai.chat.completions.create(
                model=f"auto:{strategy}",
                messages=[{"role": "user", "content": QUESTION}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "The answer is (C)"
    assert {chunk.model for chunk in chunks} == {f"coterie/{strategy}"}
    assert chunks[-1].usage is not None and chunks[-1].usage.completion_tokens > 0
    assert all("stream" not in body for body in upstream.received)


@pytest.mark.parametrize("strategy", ASKING_SEVERAL)
@pytest.mark.parametrize(
    "wanted",
    [
        {"response_format": {"type": "json_object"}},
        {"n": 2},
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
    ],
)
def test_what_cannot_be_blended_is_one_experts(
    serve: Serve, upstream: Upstream, strategy: str, wanted: dict[str, object]
) -> None:
    yaml = pool_yaml(upstream, **EVEN).replace('"price"', '"supports": ["tools"], "price"')
    with serve(yaml) as running:
        body = running.ask(f"auto:{strategy}", QUESTION, **wanted).json()
    assert len(upstream.received) == 1 and body["coterie"]["strategy"] == "single"


def test_the_policy_asks_several_where_answers_can_be_compared(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {name: says("C") for name in "abc"}
    with serve(pool_yaml(upstream, EAGER, **EVEN)) as running:
        question = running.ask("auto", QUESTION).json()["coterie"]
        chat = running.ask("auto", "Tell me about your day.").json()["coterie"]
        dear = running.ask("auto", QUESTION, coterie={"thrift": 0.97}).json()["coterie"]
    assert question["strategy"] == "sequential" and len(question["experts"]) > 1
    assert chat["strategy"] == "single" and dear["strategy"] == "single", "neither can gain what it would cost"


def test_free_answers_are_compared_by_what_they_mean(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {
        "a": says("Restart the router, then wait for a minute."),
        "b": says("Restart the router and then wait a minute."),
        "c": says("Paint the fence in a bright green colour."),
    }
    with serve(pool_yaml(upstream, **EVEN)) as running:
        body = running.ask("auto:vote", "My connection is slow. What should I do?").json()
    first = body["coterie"]["ballot"][0]
    assert sorted(first["experts"]) == ["a", "b"] and first["answer"] == ""


def test_experts_that_are_asked_together_are_no_fallbacks_of_each_other(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": says("C"), "b": says("C"), "c": says("D")}
    with serve(pool_yaml(upstream, **EVEN)) as running:
        whole = running.ask("auto:fuse", QUESTION, coterie={"explain": True})
        upstream.behave["b"] = upstream.behave["fail"]
        less = running.ask("auto:fuse", QUESTION, coterie={"explain": True})
    assert whole.headers["x-coterie-fallbacks"] == "0"
    assert less.headers["x-coterie-fallbacks"] == "1"
