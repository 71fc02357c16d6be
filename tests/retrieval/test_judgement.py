"""An expert asked whether it knows: only where its word decides, once, within the limits. The gate is the real one."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clients.prepare import CAPS
from gateway.consult import Brief
from gateway.errors import ExpertFailed
from gateway.estimates import Estimate, Estimates
from gateway.experts import Expert
from gateway.features import features_of
from gateway.kit import Kit
from gateway.limits import Limits
from gateway.retrieval.grounding import Grounding
from gateway.retrieval.judgement import ROLE, judged, question_of, said_yes
from gateway.retrieval.passages import Passage
from gateway.types import Consultation, Decided, Decision, Outcome, Plan, Query, Usage
from gateway.wire.completion import read_completion
from routers.base import Array
from routers.fusion.fuser import Fuser
from routers.gating.gains import Asked, Hit
from routers.gating.gate import Gate
from tests.strategies.test_any_behaviour import rows

NAMES = ("first", "second")
TEXT = "Who won the cup of the valley in 1987?"
PASSAGE = Passage("news", "a.txt", "The cup of the valley", 0, "The cup of 1987 went to Bern.", 0.7, 1.0, True)
LIMITS = Limits(3, None, 5.0)
HITS = [Hit(PASSAGE.title, PASSAGE.text, PASSAGE.similarity)]
BODY = {"messages": [{"role": "user", "content": TEXT}], "max_tokens": 200, "stream": True, "stop": ["x"]}


class Replying:
    """Experts who say this of themselves; what they were asked is kept."""

    def __init__(self, reply: str | None) -> None:
        self.reply = reply
        self.asked: list[Consultation] = []

    async def __call__(self, asked: Consultation) -> Outcome:
        self.asked.append(asked)
        said = {"choices": [{"index": 0, "message": {"content": self.reply}, "finish_reason": "stop"}]}
        reply = None if self.reply is None else read_completion(said, 10)
        error = ExpertFailed("boom") if self.reply is None else None
        return Outcome(asked.expert, reply, error, Usage(10, 1), 1e-5, 0.1, None, 0, False, asked.role)


def grounding_of(hurdle: float, gate: Gate) -> Grounding:
    """What the gate says, with a hurdle for the first expert; the second is given documents anyway."""
    asked = Asked(TEXT, np.zeros(0, dtype=np.float32), NAMES, np.array([0.6, 0.4]), np.array([0.1, 0.1]))

    def reweigh(knows: Array) -> object:
        return gate.weigh(replace(asked, knows=knows), HITS)

    gains = gate.weigh(asked, HITS)
    return Grounding(
        (PASSAGE,),
        frozenset(name for name, pays in zip(NAMES, gains.gain >= [hurdle, -1.0], strict=True) if pays),
        gains.without,
        gains.documented,
        np.array([hurdle, -1.0]),
        gains.reason,
        ask_itself=True,
        reweigh=reweigh,  # type: ignore[arg-type]
    )


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate.cold()


def brief_of(grounding: Grounding | None, replying: Replying, limits: Limits = LIMITS) -> Brief:
    query = Query("dec_1", "auto", BODY)
    estimates = Estimates.rows([Estimate(name, 0.6, 0.1, 3e-4, 0.01, 100) for name in NAMES])
    decision = Decision(estimates, (), "blend", "v1", 1.0, True, None, "", grounding=grounding)
    plan = Plan(NAMES, "single", limits, 1.0, "auto", "")
    kit = Kit(
        {name: Expert(name=name, provider="litellm", model=name) for name in NAMES},
        Fuser.generic().for_experts(list(NAMES)),
        rows,
    )
    return Brief(Decided(query, features_of(query, read=True), decision, plan, time.monotonic()), kit, replying)


def ask(grounding: Grounding | None, replying: Replying, limits: Limits = LIMITS) -> Grounding | None:
    return asyncio.run(judged(brief_of(grounding, replying, limits)))


def between(gate: Gate) -> float:
    """A hurdle that documents clear if the expert does not know, and do not clear if it does."""
    reweigh = grounding_of(0.0, gate).reweigh
    assert reweigh is not None
    yes, no = (float(reweigh(np.array([knows, np.nan])).gain[0]) for knows in (1.0, 0.0))
    assert yes < no
    return (yes + no) / 2


def test_an_expert_that_says_no_is_given_documents(gate: Gate) -> None:
    found = ask(grounding_of(between(gate), gate), Replying("No."))
    assert found is not None and found.experts == {"first", "second"}
    assert "first, asked whether it knows, said no" in found.reason


def test_one_that_says_yes_is_not(gate: Gate) -> None:
    before = grounding_of(between(gate), gate)
    found = ask(before, Replying("Yes"))
    assert found is not None and found.experts == {"second"}
    assert found.without[0] > before.without[0] and found.without[1] == pytest.approx(before.without[1])


@pytest.mark.parametrize("hurdle", [-1.0, 1.0])
def test_where_its_word_would_change_nothing_it_is_not_asked(gate: Gate, hurdle: float) -> None:
    replying = Replying("no")
    assert ask(grounding_of(hurdle, gate), replying) is None
    assert replying.asked == []


def test_documents_that_do_not_fit_are_not_asked_about(gate: Gate) -> None:
    replying = Replying("no")
    assert ask(grounding_of(np.inf, gate), replying) is None and replying.asked == []


@pytest.mark.parametrize("reply", [None, "", "Perhaps", "I"])
def test_a_word_that_is_none_changes_nothing(gate: Gate, reply: str | None) -> None:
    assert ask(grounding_of(between(gate), gate), Replying(reply)) is None


def test_it_is_asked_once_shortly_and_unheard(gate: Gate) -> None:
    replying = Replying("no")
    ask(grounding_of(between(gate), gate), replying)
    [asked] = replying.asked
    assert (asked.expert, asked.role, asked.hear) == ("first", ROLE, None)
    assert asked.query.body["temperature"] == 0 and "stream" not in asked.query.body
    assert TEXT in asked.query.body["messages"][-1]["content"]
    assert [asked.query.body[cap] for cap in CAPS if cap in asked.query.body] == [3]


@pytest.mark.parametrize("limits", [Limits(1, None, 5.0), Limits(3, 3.5e-4, 5.0), Limits(3, None, 0.01)])
def test_what_the_answer_needs_is_left_for_it(gate: Gate, limits: Limits) -> None:
    replying = Replying("no")
    priced = brief_of(grounding_of(between(gate), gate), replying, limits)
    expert = priced.kit.experts["first"]
    dear = expert.model_copy(update={"price": expert.price.model_copy(update={"input_per_mtok": 10.0})})
    object.__setattr__(priced.kit, "experts", {**priced.kit.experts, "first": dear})
    assert asyncio.run(judged(priced)) is None and replying.asked == []


def test_where_the_policy_does_not_let_it_nobody_is_asked(gate: Gate) -> None:
    replying = Replying("no")
    assert ask(replace(grounding_of(between(gate), gate), ask_itself=False), replying) is None
    assert ask(None, replying) is None
    assert replying.asked == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("yes", True),
        ("Yes.", True),
        ("**No**", False),
        (" NO, I would", False),
        ("<think>yes or no?</think>no", False),
        ("nobody", None),
        ("", None),
        ("Ja", None),
    ],
)
def test_a_reply_is_read_by_its_first_word_of_the_two(reply: str, said: bool | None) -> None:
    assert said_yes(reply) is said


@given(st.text(max_size=60))
def test_no_reply_is_too_strange_to_read(reply: str) -> None:
    assert said_yes(reply) in (True, False, None)


def test_the_callers_request_is_left_as_it_was() -> None:
    before = repr(BODY)
    assert question_of(Query("dec_1", "auto", BODY))["messages"] != BODY["messages"]
    assert repr(BODY) == before
