"""Experts bid with their first token: who bids best writes the answer."""

from __future__ import annotations

import math

import pytest

from gateway.confidence import Ranks, first_token, mean_logprob, shifted
from gateway.types import Json, Reply, Usage
from tests.conftest import Serve
from tests.strategies.pool import QUESTION
from tests.strategies.reading import heard, record_of, streamed
from tests.strategies.told import Behaviour, logprobs, sure, told_yaml
from tests.upstream import Exchange, Upstream, says

EVEN = {"a": (0.6, 1.0), "b": (0.6, 1.0), "c": (0.6, 1.0)}


def bids(chance: float, answer: Behaviour) -> Behaviour:
    """Bids with this confidence, and then answers in its way."""
    bid = sure("x", chance)

    async def behave(x: Exchange) -> None:
        await (bid if x.body.get("max_tokens") == 1 else answer)(x)

    return behave


def three(upstream: Upstream) -> None:
    upstream.behave |= {
        "a": bids(0.5, says("from a")),
        "b": bids(0.99, says("from b")),
        "c": bids(0.7, says("from c")),
    }


def test_the_surest_of_equals_writes_the_answer(serve: Serve, upstream: Upstream) -> None:
    three(upstream)
    with serve(told_yaml(upstream, EVEN)) as running:
        response = running.ask("auto:bid", QUESTION)
        record = record_of(running, response)
    body = response.json()
    assert body["choices"][0]["message"]["content"] == "from b" and body["model"] == "coterie/bid"
    assert sorted(call["expert"] for call in record["calls"]) == ["a", "b", "b", "c"]
    assert body["coterie"]["confidence"] > 0.6
    for one in upstream.received[:3]:
        assert (one["max_tokens"], one["logprobs"], one["top_logprobs"]) == (1, True, 5)
    assert "logprobs" not in upstream.received[3] and "max_tokens" not in upstream.received[3]


def test_bids_are_counted_and_paid(serve: Serve, upstream: Upstream) -> None:
    three(upstream)
    with serve(told_yaml(upstream, EVEN)) as running:
        body = running.ask("auto:bid", QUESTION).json()
    assert body["usage"]["completion_tokens"] == 4 * 7
    assert body["coterie"]["cost_usd"] == pytest.approx(4 * 7 / 1e6)


def test_the_winner_is_heard_as_it_writes(serve: Serve, upstream: Upstream) -> None:
    three(upstream)
    with serve(told_yaml(upstream, EVEN)) as running:
        lines = running.events("auto:bid", QUESTION)
    pieces = [one["delta"].get("content") for event in streamed(lines) for one in event["choices"]]
    assert heard(lines) == "from b" and len([piece for piece in pieces if piece]) == 2
    assert lines[-1] == "data: [DONE]"


def test_a_much_better_expert_needs_no_confidence(serve: Serve, upstream: Upstream) -> None:
    three(upstream)
    with serve(told_yaml(upstream, {**EVEN, "a": (0.97, 1.0)})) as running:
        body = running.ask("auto:bid", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "from a"


def test_who_gives_no_log_probabilities_bids_its_prior_without_a_call(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"plain": says("from plain"), "doubts": bids(0.3, says("from doubts"))}
    yaml = told_yaml(upstream, {"doubts": (0.6, 1.0), "plain": (0.6, 1.0)})
    head, _, tail = yaml.rpartition('"supports":["logprobs","tools"]')
    with serve(f'{head}"supports":["tools"]{tail}') as running:
        body = running.ask("auto:bid", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "from plain"
    assert [one["model"] for one in upstream.received] == ["doubts", "plain"]


def test_who_fails_to_bid_comes_last(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": bids(0.3, says("from a"))}
    with serve(told_yaml(upstream, {"garbage": (0.9, 1.0), "fail": (0.9, 1.0), "a": (0.5, 1.0)})) as running:
        body = running.ask("auto:bid", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "from a"
    assert body["coterie"]["experts"].count("garbage") == 1


def test_a_bid_that_never_comes_leaves_time_for_the_answer(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": says("from a")}
    with serve(told_yaml(upstream, {"hang": (0.9, 1.0), "a": (0.5, 1.0)})) as running:
        body = running.ask("auto:bid", QUESTION, coterie={"deadline_s": 2}).json()
    assert body["choices"][0]["message"]["content"] == "from a"


def test_a_winner_that_fails_is_replaced_by_the_next(serve: Serve, upstream: Upstream) -> None:
    three(upstream)
    upstream.behave["b"] = bids(0.99, upstream.behave["fail"])
    with serve(told_yaml(upstream, EVEN)) as running:
        body = running.ask("auto:bid", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "from c"


@pytest.mark.parametrize("stream", [False, True])
def test_a_winner_that_says_nothing_is_replaced_by_the_next(serve: Serve, upstream: Upstream, stream: bool) -> None:
    three(upstream)
    upstream.behave["b"] = bids(0.99, says(""))
    with serve(told_yaml(upstream, EVEN)) as running:
        lines = running.events("auto:bid", QUESTION) if stream else []
        body = {} if stream else running.ask("auto:bid", QUESTION).json()
    assert (heard(lines) if stream else body["choices"][0]["message"]["content"]) == "from c"


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_bids_leave_a_call_for_the_answer(serve: Serve, upstream: Upstream, calls: int) -> None:
    three(upstream)
    with serve(told_yaml(upstream, EVEN)) as running:
        response = running.ask("auto:bid", QUESTION, coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) <= calls
    assert len(upstream.received) == (3 if calls == 3 else 1), "one bid alone decides nothing"


def test_bids_leave_the_dollars_for_the_answer(serve: Serve, upstream: Upstream) -> None:
    three(upstream)
    with serve(told_yaml(upstream, EVEN)) as running:
        body = running.ask("auto:bid", QUESTION, coterie={"max_cost_usd": 0.00045}).json()
    assert body["choices"][0]["message"]["content"].startswith("from") and body["coterie"]["cost_usd"] <= 0.00045


def reply(said: object) -> Reply:
    body: Json = {"choices": [{"message": {"content": "x"}, "logprobs": said}]}
    return Reply(body, "x", Usage(), "stop")


@pytest.mark.parametrize(
    "said",
    [
        None,
        7,
        "none",
        [],
        {"content": None},
        {"content": [3, {"logprob": "low"}, {"logprob": None}]},
        {"tokens": ["x"]},
    ],
)
def test_log_probabilities_that_are_none_tell_nothing(said: object) -> None:
    assert mean_logprob(reply(said)) is None and first_token(reply(said)) is None


def test_the_mean_and_the_first_token_are_read_as_defined() -> None:
    assert mean_logprob(reply(logprobs(0.5, 0.25))) == pytest.approx(math.log(0.5 * 0.25) / 2)
    assert first_token(reply(logprobs(0.2, others=4))) == pytest.approx(1 - math.log(5) / math.log(6))
    assert first_token(reply(logprobs(1 - 1e-12, others=0))) == pytest.approx(1.0, abs=1e-6)


def test_confidence_is_a_rank_among_the_experts_own() -> None:
    """0.9 is a lot for one that mostly says 0.5, and little for one that mostly says 0.99."""
    ranks = Ranks()
    for _ in range(100):
        ranks.score("modest", "first token", 0.5)
        ranks.score("boastful", "first token", 0.99)
    assert ranks.score("modest", "first token", 0.9) > 1 > -1 > ranks.score("boastful", "first token", 0.9)


def test_an_even_shift_changes_nothing_and_certainty_stays_finite() -> None:
    assert shifted(0.3, 0.0) == pytest.approx(0.3)
    assert 0 < shifted(0.0, 5.0) < shifted(1.0, -5.0) < 1
