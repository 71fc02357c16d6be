"""`debate`: everybody answers, sees the others, and answers again, until they agree or the rounds are over."""

from __future__ import annotations

import pytest

from tests.conftest import Serve
from tests.strategies.pool import QUESTION, pool_yaml
from tests.strategies.reading import CALL_USD, heard, record_of, said_to, text_of
from tests.upstream import Exchange, Upstream, completion, fail, hang, says

EVEN = {"a": 0.6, "b": 0.6, "c": 0.6}
POLICY = {"strategy": "debate", "rounds": 3}


def first_then(*texts: str):
    """Says these, one after the other, and the last one from then on."""

    async def say(x: Exchange) -> None:
        heard_before = sum(message["role"] == "assistant" for message in x.body["messages"])
        said = x.upstream.asked(x.body["model"]) - 1
        assert bool(said) == bool(heard_before), "from the second round on its own answer is shown to it"
        await x.reply(200, completion(texts[min(said, len(texts) - 1)]))

    return say


@pytest.fixture(autouse=True)
def _script(upstream: Upstream) -> None:
    upstream.behave |= {"a": first_then("A"), "b": first_then("B", "C"), "c": first_then("D", "B", "C")}


def test_they_see_each_other_and_the_last_round_decides(serve: Serve, upstream: Upstream) -> None:
    with serve(pool_yaml(upstream, POLICY, **EVEN)) as running:
        response = running.ask("auto", QUESTION)
        record = record_of(running, response)
    body = response.json()
    assert text_of(response) == "C" and body["model"] == "coterie/debate"
    assert len(upstream.received) == 9 and body["coterie"]["cost_usd"] == pytest.approx(9 * CALL_USD)
    assert body["usage"]["total_tokens"] == 9 * 18
    assert [call["role"] for call in record["calls"]] == ["answer"] * 3 + ["debate"] * 6
    assert {one["answer"]: sorted(one["experts"]) for one in body["coterie"]["ballot"]} == {"C": ["b", "c"], "A": ["a"]}
    assert "confidence" not in body["coterie"], "voices that heard each other are no measure of being right"


def test_each_is_shown_the_others_without_their_names(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {
        "a": first_then("A, says ash"),
        "b": first_then("B, says birch"),
        "c": first_then("D, says fir"),
    }
    with serve(pool_yaml(upstream, {**POLICY, "rounds": 2}, **EVEN)) as running:
        running.ask("auto", QUESTION)
    told = said_to(upstream, "a")[1]
    assert "birch" in told and "fir" in told and "ash" not in told and "model a" not in told
    own = next(body for body in upstream.received if body["model"] == "a" and len(body["messages"]) > 1)
    assert [message["role"] for message in own["messages"]] == ["user", "assistant", "user"]
    assert own["messages"][1]["content"] == "A, says ash"


def test_where_they_agree_there_is_no_second_round(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {name: says("C") for name in EVEN}
    with serve(pool_yaml(upstream, POLICY, **EVEN)) as running:
        body = running.ask("auto", QUESTION).json()
        lines = running.events("auto", QUESTION)
    assert len(upstream.received) == 6 and heard(lines) == "C" and lines[-1] == "data: [DONE]"
    assert body["coterie"]["confidence"] > 0.8


def test_who_fails_or_says_nothing_later_keeps_its_last_answer(serve: Serve, upstream: Upstream) -> None:
    async def once(x: Exchange) -> None:
        await (says("C") if x.upstream.asked("a") == 1 else fail)(x)

    upstream.behave |= {"a": once, "b": first_then("C", "an essay without any letter"), "c": first_then("D", "")}
    with serve(pool_yaml(upstream, POLICY, **EVEN)) as running:
        body = running.ask("auto", QUESTION).json()
    assert {one["answer"]: sorted(one["experts"]) for one in body["coterie"]["ballot"]} == {"C": ["a", "b"], "D": ["c"]}
    assert body["choices"][0]["message"]["content"] == "C"


def test_one_who_is_left_alone_debates_with_nobody(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": fail, "b": says(""), "c": says("C")}
    with serve(pool_yaml(upstream, POLICY, **EVEN)) as running:
        assert text_of(running.ask("auto", QUESTION)) == "C"
    assert len(upstream.received) == 3


@pytest.mark.parametrize("calls", [1, 2, 4, 5])
def test_no_more_calls_than_the_caller_allows(serve: Serve, upstream: Upstream, calls: int) -> None:
    with serve(pool_yaml(upstream, POLICY, **EVEN)) as running:
        response = running.ask("auto", QUESTION, coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) == calls


def test_the_best_answer_so_far_goes_out_at_the_deadline(serve: Serve, upstream: Upstream) -> None:
    async def once(x: Exchange) -> None:
        await (says("B") if x.upstream.asked("b") == 1 else hang)(x)

    upstream.behave |= {"b": once, "a": says("C"), "c": says("C")}
    with serve(pool_yaml(upstream, POLICY, **EVEN)) as running:
        assert text_of(running.ask("auto", QUESTION, coterie={"deadline_s": 0.6})) == "C"


def test_free_texts_are_debated_too(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": first_then("Cats sleep."), "b": first_then("Ships sail."), "c": first_then("Iron rusts.")}
    with serve(pool_yaml(upstream, {**POLICY, "rounds": 2}, a=0.9, b=0.5, c=0.5)) as running:
        assert text_of(running.ask("auto", "Tell me something.")) == "Cats sleep."
    assert len(upstream.received) == 6
