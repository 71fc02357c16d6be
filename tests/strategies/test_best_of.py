"""`best_of`: several answer, and a judge names the best, asked in both orders."""

from __future__ import annotations

import pytest

from gateway.strategies.best_of import named_in
from gateway.strategies.leads import heeded
from tests.conftest import Serve
from tests.strategies.pool import QUESTION, pool_yaml
from tests.strategies.reading import CALL_USD, heard, record_of, said_to, text_of
from tests.upstream import Exchange, Upstream, completion, fail, hang, says

ABLE = {"a": 0.8, "b": 0.7, "judge": 0.1}
POLICY = {"strategy": "best_of", "lead": "judge", "recruit": 2}


@pytest.fixture(autouse=True)
def _script(upstream: Upstream) -> None:
    upstream.behave |= {"a": says("the first poem"), "b": says("a better verse"), "judge": prefers("better")}


def prefers(word: str):
    """A judge who names the answer that holds this word."""

    async def judge(x: Exchange) -> None:
        parts = x.body["messages"][-1]["content"].split("Answer ")[1:]
        [number] = [part[0] for part in parts if word in part.split("end")[0]]
        await x.reply(200, completion(f"Best: {number}"))

    return judge


def test_the_judges_choice_goes_out_and_every_call_is_counted(serve: Serve, upstream: Upstream) -> None:
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        response = running.ask("auto", "Write a poem.", temperature=1.5, stop=["x"])
        record = record_of(running, response)
        lines = running.events("auto", "Write a poem.")
    body = response.json()
    assert text_of(response) == "a better verse" and heard(lines) == "a better verse"
    assert body["model"] == "coterie/best_of" and body["usage"]["total_tokens"] == 4 * 18
    assert body["coterie"]["cost_usd"] == pytest.approx(4 * CALL_USD)
    assert [call["role"] for call in record["calls"]] == ["answer"] * 2 + ["judgement"] * 2
    judged = [one for one in upstream.received if one["model"] == "judge"]
    assert all("temperature" not in one and "stop" not in one and one["max_tokens"] > 16 for one in judged)


def test_the_judge_sees_both_orders(serve: Serve, upstream: Upstream) -> None:
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        running.ask("auto")
    first, second = said_to(upstream, "judge")
    assert (first.index("poem") < first.index("verse")) != (second.index("poem") < second.index("verse"))


@pytest.mark.parametrize("reply", ["Best: 1", "Best: 2"])
def test_a_judge_who_takes_whatever_stands_there_decides_nothing(serve: Serve, upstream: Upstream, reply: str) -> None:
    upstream.behave["judge"] = says(reply)
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        assert text_of(running.ask("auto")) == "the first poem"


@pytest.mark.parametrize("judge", [says("Both are fine."), says("Best: 7"), says(""), fail])
def test_a_judge_who_names_no_candidate_leaves_it_to_what_was_expected(
    serve: Serve, upstream: Upstream, judge: object
) -> None:
    upstream.behave["judge"] = judge
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        assert text_of(running.ask("auto")) == "the first poem"


def test_a_judge_after_the_deadline_leaves_it_to_what_was_expected(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["judge"] = hang
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        assert text_of(running.ask("auto", coterie={"deadline_s": 0.7})) == "the first poem"


def test_two_voices_for_an_answer_weigh_against_a_judge(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": says("C"), "b": says("C"), "c": says("The better answer is B"), "judge": prefers("better")}
    able = {"a": 0.9, "b": 0.9, "c": 0.3, "judge": 0.1}
    with serve(pool_yaml(upstream, {**POLICY, "recruit": 3}, **able)) as running:
        body = running.ask("auto", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "C" and upstream.asked("judge") == 2
    assert {one["answer"]: one["experts"] for one in body["coterie"]["ballot"]} == {"C": ["a", "b"], "B": ["c"]}


def test_where_all_say_the_same_nobody_need_judge(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"a": says("The answer is (C)"), "b": says("C")}
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        assert "C" in text_of(running.ask("auto", QUESTION))
    assert upstream.asked("judge") == 0


def test_an_essay_where_a_letter_was_asked_is_no_candidate(serve: Serve, upstream: Upstream) -> None:
    upstream.behave["a"] = says("Plants are green and it is a long story. " * 40)
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        upstream.behave["b"] = says("C")
        assert text_of(running.ask("auto", QUESTION)) == "C"
    assert upstream.asked("judge") == 0


@pytest.mark.parametrize(("calls", "judged"), [(1, 0), (2, 0), (3, 0), (4, 2)])
def test_the_judge_is_asked_twice_or_not_at_all(serve: Serve, upstream: Upstream, calls: int, judged: int) -> None:
    with serve(pool_yaml(upstream, POLICY, **ABLE)) as running:
        response = running.ask("auto", coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) <= calls
    assert upstream.asked("judge") == judged


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("Best: 2", 2),
        ("**Best: Answer 1**", 1),
        ("2", 2),
        ("[1].", 1),
        ("<think>Best: 1? no</think>Best: 2", 2),
        ("Answer 1 errs, answer 2 does not. The best answer is number 2.", 2),
        ("Answer 1 is good and answer 2 is good.", None),
        ("1 or 2", None),
        ("Best: 3", None),
        ("Best: 0", None),
        ("1.5", None),
        ("", None),
    ],
)
def test_what_a_judge_names(reply: str, number: int | None) -> None:
    assert named_in(reply, 2) == number


def test_picks_that_contradict_each_other_cancel_out() -> None:
    assert heeded([0.5, 0.3], 0.2, [0, 1], 0.9)[0] / heeded([0.5, 0.3], 0.2, [0, 1], 0.9)[1] == pytest.approx(5 / 3)
    twice = heeded([0.5, 0.3], 0.0, [1, 1], 0.9)
    assert twice[1] > 0.9 > twice[0] and heeded([0.5, 0.3], 0.2, [], 0.9) == [0.5, 0.3]


def test_a_lead_no_better_than_chance_changes_nothing() -> None:
    assert heeded([0.6, 0.4], 0.0, [1], 0.1) == pytest.approx([0.6, 0.4])
