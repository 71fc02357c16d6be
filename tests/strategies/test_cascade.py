"""From weak to strong: who is asked until the answer is sure, and what decides that it is."""

from __future__ import annotations

import pytest

from tests.conftest import Serve
from tests.strategies.pool import QUESTION
from tests.strategies.told import sampled, sure, told_yaml
from tests.upstream import Upstream, says

LADDER = {"weak": (0.6, 1.0), "middle": (0.75, 4.0), "strong": (0.9, 20.0)}
OPEN = "Tell me why leaves are green."


def test_a_weak_expert_that_is_sure_of_its_words_is_believed(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"weak": sure("C", 0.999), "middle": sure("D", 0.9), "strong": sure("D", 0.9)}
    with serve(told_yaml(upstream, LADDER, sure=0.75, recruit=1)) as running:
        body = running.ask("auto:cascade", QUESTION).json()
    assert body["coterie"]["experts"] == ["weak"]
    assert body["model"] == "coterie/cascade" and body["coterie"]["confidence"] > 0.75


def test_a_weak_expert_that_doubts_its_words_is_passed_over(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"weak": sure("D", 0.1), "middle": sure("C", 0.999), "strong": sure("C", 0.9)}
    with serve(told_yaml(upstream, LADDER, sure=0.75, recruit=1)) as running:
        body = running.ask("auto:cascade", QUESTION).json()
    assert body["coterie"]["experts"] == ["weak", "middle"]
    assert body["choices"][0]["message"]["content"] == "C"
    assert [one["answer"] for one in body["coterie"]["ballot"]] == ["C", "D"], "dissent is shown"


def test_without_log_probabilities_prior_and_agreement_decide(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {name: says("C") for name in LADDER}
    with serve(told_yaml(upstream, LADDER, sure=0.8)) as running:
        body = running.ask("auto:cascade", QUESTION).json()
    assert body["coterie"]["experts"] == ["weak", "middle"], "two that agree are sure enough"
    assert body["usage"]["completion_tokens"] == 14


def test_log_probabilities_go_to_those_who_asked_for_them_only(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"only": sure("C", 0.9)}
    with serve(told_yaml(upstream, {"only": (0.6, 1.0)})) as running:
        plain = running.ask("auto:cascade", QUESTION).json()
        asked = running.ask("auto:cascade", QUESTION, logprobs=True).json()
    assert plain["choices"][0]["logprobs"] is None
    assert len(asked["choices"][0]["logprobs"]["content"]) == 2


def test_an_expert_that_does_not_give_them_is_not_asked_for_them(serve: Serve, upstream: Upstream) -> None:
    yaml = told_yaml(upstream, {"only": (0.6, 1.0)}).replace('"logprobs",', "")
    with serve(yaml) as running:
        running.ask("auto:cascade", QUESTION)
    assert "logprobs" not in upstream.received[0]


def test_samples_are_drawn_where_they_cost_less_than_the_next_expert(serve: Serve, upstream: Upstream) -> None:
    """The first answer is in the minority; the two others have it right, on paths of their own."""
    replies = [("D", 0.5), ("It is C", 0.6), ("The answer is (C)", 0.7)]
    upstream.behave |= {"weak": sampled(replies), "strong": sure("B", 0.9)}
    ladder = {"weak": (0.6, 1.0), "strong": (0.9, 20.0)}
    with serve(told_yaml(upstream, ladder, sure=0.6)) as running:
        body = running.ask("auto:cascade", QUESTION, seed=7).json()
    assert body["coterie"]["experts"] == ["weak"] * 3
    assert body["choices"][0]["message"]["content"] == "The answer is (C)"
    assert body["usage"]["completion_tokens"] == 21
    first, *others = upstream.received
    assert first["seed"] == 7 and all("seed" not in one and one["temperature"] > 0 for one in others)


def test_samples_that_cost_as_much_as_the_next_expert_are_not_drawn(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"weak": sure("C", 0.3), "strong": sure("C", 0.9)}
    with serve(told_yaml(upstream, {"weak": (0.6, 10.0), "strong": (0.9, 20.0)}, sure=0.7)) as running:
        body = running.ask("auto:cascade", QUESTION).json()
    assert body["coterie"]["experts"] == ["weak", "strong"]


def test_a_dearer_expert_that_is_no_better_is_not_worth_its_price(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {name: sure("C", 0.3) for name in ("weak", "dear")}
    with serve(told_yaml(upstream, {"weak": (0.6, 1.0), "dear": (0.3, 50.0)}, thrift=0.3, recruit=1)) as running:
        body = running.ask("auto:cascade", QUESTION).json()
    assert body["coterie"]["experts"] == ["weak"]


def test_who_fails_or_says_nothing_is_no_end_of_it(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"silent": says(""), "strong": sure("C", 0.9)}
    experts = {"fail": (0.5, 1.0), "silent": (0.6, 2.0), "garbage": (0.7, 3.0), "strong": (0.9, 20.0)}
    with serve(told_yaml(upstream, experts, sure=0.7)) as running:
        body = running.ask("auto:cascade", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "C"
    assert body["coterie"]["experts"] == ["fail", "silent", "garbage", "strong"]


def test_an_essay_instead_of_a_letter_has_no_voice(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"weak": sure("Plants have long been studied. " * 90, 0.999), "strong": sure("C", 0.9)}
    with serve(told_yaml(upstream, {"weak": (0.6, 1.0), "strong": (0.9, 20.0)}, sure=0.7)) as running:
        body = running.ask("auto:cascade", QUESTION).json()
    assert body["choices"][0]["message"]["content"] == "C"


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_no_more_calls_than_allowed(serve: Serve, upstream: Upstream, calls: int) -> None:
    upstream.behave |= {"weak": sure("A", 0.2), "middle": sure("B", 0.2), "strong": sure("C", 0.2)}
    with serve(told_yaml(upstream, LADDER)) as running:
        response = running.ask("auto:cascade", QUESTION, coterie={"max_calls": calls})
    assert response.status_code == 200 and len(upstream.received) <= calls
    if calls == 1:
        assert [one["model"] for one in upstream.received] == ["strong"], "the one call goes to the best"


def test_no_more_dollars_than_allowed(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"weak": sure("A", 0.2), "middle": sure("B", 0.2), "strong": sure("C", 0.2)}
    with serve(told_yaml(upstream, LADDER)) as running:
        body = running.ask("auto:cascade", QUESTION, coterie={"max_cost_usd": 0.0015}).json()
    assert "strong" not in body["coterie"]["experts"] and body["coterie"]["cost_usd"] <= 0.0015


def test_at_the_deadline_the_best_answer_so_far_goes_out(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"weak": sure("A", 0.2), "strong": upstream.behave["hang"]}
    with serve(told_yaml(upstream, {"weak": (0.6, 1.0), "strong": (0.9, 20.0)}, recruit=1)) as running:
        body = running.ask("auto:cascade", QUESTION, coterie={"deadline_s": 0.6}).json()
    assert body["choices"][0]["message"]["content"] == "A"


def test_free_text_is_taken_whole_and_streamed_at_once(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {name: sure(f"{name}: chlorophyll", 0.999) for name in LADDER}
    with serve(told_yaml(upstream, LADDER, sure=0.7)) as running:
        lines = running.events("auto:cascade", OPEN)
    assert lines[-1] == "data: [DONE]"
    assert "weak: chlorophyll" in "".join(lines) and "logprob\\" not in "".join(lines)


def test_tools_are_taken_whole_from_one_expert(serve: Serve, upstream: Upstream) -> None:
    tool = {"type": "function", "function": {"name": "weather", "parameters": {}}}
    with serve(told_yaml(upstream, LADDER)) as running:
        body = running.ask("auto:cascade", QUESTION, tools=[tool]).json()
    assert body["coterie"]["strategy"] == "single" and len(upstream.received) == 1


def test_an_expert_by_name_is_asked_alone(serve: Serve, upstream: Upstream) -> None:
    upstream.behave |= {"weak": sure("C", 0.9)}
    with serve(told_yaml(upstream, LADDER)) as running:
        body = running.ask("weak", QUESTION, coterie={"strategy": "cascade"}).json()
    assert body["coterie"]["experts"] == ["weak"] and body["choices"][0]["message"]["content"] == "C"
