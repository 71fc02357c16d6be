"""From predictions to a plan: what an answer costs, when it comes, who has room, who is recruited, whom money buys.

A router that says what it is told, in a real planner: no expert is asked, no encoder needed.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.address import addresses
from gateway.balance import Balance
from gateway.budgets import within_budgets
from gateway.clients.base import Call
from gateway.columns import Columns
from gateway.dispatch.board import Board
from gateway.dispatch.breaker import Breakers
from gateway.dispatch.dispatcher import Desk, Dispatcher
from gateway.dispatch.lane import Lane
from gateway.document import Misplaced
from gateway.errors import TooDear
from gateway.estimates import Estimate, Estimates
from gateway.experts import Expert, Experts, Policy
from gateway.kit import kit_of
from gateway.lengths import Lengths
from gateway.pins import Pins
from gateway.planner import Planner
from gateway.policy import Situation, plan_for
from gateway.pool import Pool, gather
from gateway.reading import Reader, Reading
from gateway.reference import PLAIN, Reference
from gateway.shared.memory import MemoryState
from gateway.types import Decided, Decision, Features, Outcome, Plan, Query, Reply, Usage
from gateway.utility import exchange
from gateway.wire.decision import decided_json
from gateway.wishes import Wishes
from routers.base import Array, Matrix, Prediction, Router
from routers.categories import CATEGORIES
from tests.conftest import bundled

USER = {"role": "user", "content": "What is the capital of France?"}


class Lettered:
    """One column: how long the text is. A glance settles every text."""

    def __init__(self, sure_above: float = 0.0) -> None:
        self.sure_above = sure_above

    def encode(self, texts: Sequence[str]) -> Array:
        return np.array([[len(text)] for text in texts], dtype=np.float64)

    def glance(self, texts: Sequence[str]) -> tuple[Array, Array]:
        return self.encode(texts), np.ones(len(texts), dtype=bool)

    def strange(self, rows: Array) -> Sequence[str]:
        return ("",) * len(rows)


class Told(Router):
    """Says of every query the same, as it was told."""

    def __init__(self, scores: dict[str, float], std: float = 0.1) -> None:
        self.scores = scores
        self.std = std
        self.experts_ = tuple(scores)

    def _fit(self, X: Matrix, Y: Array) -> None:
        raise NotImplementedError

    def _added(self, X: Matrix, y: Array) -> Self:
        raise NotImplementedError

    def predict(self, X: Matrix) -> Prediction:
        n = X.shape[0]
        mean = np.tile(list(self.scores.values()), (n, 1))
        return Prediction(mean, np.full_like(mean, self.std), np.ones(n), ("",) * n, ("as told",) * n)


class Silent:
    """An expert that nobody asks."""

    async def ask(self, call: Call) -> Reply:
        raise AssertionError("a plan asks nobody")


class Stand:
    """A planner over these experts, each (score, more of its entry)."""

    def __init__(self, experts: dict[str, tuple[float, dict[str, Any]]], **policy: Any) -> None:
        entries = [
            {"name": name, "provider": "openai", "model": name, "base_url": "http://host/v1", **more}
            for name, (_, more) in experts.items()
        ]
        parsed = Experts.model_validate({"version": 1, "experts": entries, "policies": {"auto": policy}})
        self.pool: Pool = gather(parsed, {})
        self.columns = Columns.of(self.pool.members.values())
        scores = {name: score for name, (score, _) in experts.items()}
        self.readings = {"blend": Reading("blend", Lettered(), Told(scores), "v1")}
        self.experts = within_budgets(parsed, self.pool, self.readings, np.ones(len(scores)))
        desks = {
            name: Desk(
                one.expert,
                Silent(),
                Lane(one.expert),
            )
            for name, one in self.pool.members.items()
        }
        shared = MemoryState()
        self.dispatcher = Dispatcher(desks, Breakers(shared, "test"), random.Random(0))
        self.pins = Pins(shared)
        self.lengths = Lengths(self.columns)

    def plan(self, *messages: Any, wishes: Wishes | None = None, model: str = "auto", **body: Any) -> Decided:
        return asyncio.run(self._plan({"model": model, "messages": list(messages or (USER,)), **body}, wishes))

    async def _plan(self, body: dict[str, Any], wishes: Wishes | None) -> Decided:
        address = addresses(self.experts)[body["model"]]
        query = Query("dec_1", body["model"], body, wishes=wishes or Wishes())
        with ThreadPoolExecutor(1) as thread:
            planner = Planner(
                columns=self.columns,
                readers={name: Reader(reading, thread) for name, reading in self.readings.items()},
                dispatcher=self.dispatcher,
                lengths=self.lengths,
                pins=self.pins,
                kit=kit_of([member.expert for member in self.columns.members], bundled(), thread),
                random_=random.Random(0),
            )
            return await planner.plan(query, address, address.policy, address.policy.experts)

    def keep(self, expert: str, session: str = "s", calls: Sequence[str] = ()) -> None:
        query = Query("dec_0", "auto", {"messages": [USER]}, wishes=Wishes(session=session))
        asyncio.run(self.pins.keep(query, expert, calls))


def cost(decided: Decided, expert: str) -> float:
    return decided.decision.estimates.of(expert).cost_usd


def wrote(expert: str, tokens: int, finish: str = "stop") -> Outcome:
    usage = Usage(10, tokens)
    return Outcome(expert, Reply({}, "", usage, finish), None, usage, 0.0, 1.0, None, 0, False)


ASKED = Features("", False, 10, 300, frozenset())
DEAR = {"price": {"input_per_mtok": 1.0, "output_per_mtok": 10.0}}


# --- what an answer is expected to cost


def test_the_callers_max_tokens_bound_the_expected_cost() -> None:
    stand = Stand({"dear": (0.5, DEAR)})
    free, capped = stand.plan(), stand.plan(max_tokens=30)
    input_usd = free.features.input_tokens * 1e-6
    assert cost(free, "dear") == pytest.approx(input_usd + 300 * 1e-5)
    assert cost(capped, "dear") == pytest.approx(input_usd + 30 * 1e-5)
    assert cost(stand.plan(max_tokens=30, n=3), "dear") == pytest.approx(input_usd + 90 * 1e-5)


def test_so_does_the_experts_own_sampling_where_the_caller_says_nothing() -> None:
    stand = Stand({"dear": (0.5, {**DEAR, "sampling": {"max_tokens": 40}}), "other": (0.5, DEAR)})
    estimates = stand.plan().decision.estimates
    assert (estimates.of("dear").output_tokens, estimates.of("other").output_tokens) == (40, 300)
    assert stand.plan(max_tokens=100).decision.estimates.of("dear").output_tokens == 100


def test_an_expert_that_writes_more_than_expected_becomes_dearer() -> None:
    stand = Stand({"wordy": (0.5, DEAR), "terse": (0.5, DEAR)})
    before = stand.plan().plan.experts[0]
    for _ in range(100):
        stand.lengths.observe(wrote("wordy", 900), 300.0, ASKED)
    estimates = stand.plan().decision.estimates
    assert estimates.of("terse").output_tokens == 300 < 600 < estimates.of("wordy").output_tokens < 900.1
    assert (before, stand.plan().plan.experts[0]) == ("wordy", "terse")


def test_one_answer_changes_little_and_a_cut_off_one_nothing() -> None:
    stand = Stand({"a": (0.5, {}), "b": (0.5, {})})
    stand.lengths.observe(wrote("a", 10_000_000), 300.0, ASKED)
    stand.lengths.observe(wrote("b", 16, finish="length"), 300.0, ASKED)
    estimates = stand.plan().decision.estimates
    assert 300 < estimates.of("a").output_tokens < 900 and estimates.of("b").output_tokens == 300


def test_a_typical_habit_comes_with_the_profile() -> None:
    stand = Stand({"a": (0.5, {}), "b": (0.5, {})})
    stand.lengths = Lengths(stand.columns, np.array([0.5, 2.0]))
    assert stand.plan().decision.estimates.output_tokens.tolist() == [150, 600]


def test_nobody_dearer_than_the_policy_allows_stays_and_the_reason_is_said() -> None:
    stand = Stand({"dear": (0.9, DEAR), "free": (0.5, {})}, max_cost_usd=0.001)
    decided = stand.plan()
    assert decided.plan.experts == ("free",)
    [dropped] = decided.decision.dropped
    assert (dropped.expert, dropped.error) == ("dear", TooDear) and "more than max_cost_usd" in dropped.reason


# --- time


def test_whoever_would_be_late_comes_last_and_the_reason_is_said() -> None:
    stand = Stand({"slow": (0.9, {"latency_s": 20}), "quick": (0.5, {}), "quicker": (0.4, {})})
    plan = stand.plan(wishes=Wishes(deadline_s=5)).plan
    assert plan.experts == ("quick", "quicker", "slow")
    assert "of those in time; slow would take about 20 s" in plan.reason
    assert stand.plan(wishes=Wishes(deadline_s=60)).plan.experts[0] == "slow"


def test_where_everybody_would_be_late_the_best_is_asked() -> None:
    stand = Stand({"slow": (0.9, {"latency_s": 20}), "slower": (0.5, {"latency_s": 30})})
    assert stand.plan(wishes=Wishes(deadline_s=5)).plan.experts == ("slow", "slower")


def test_a_late_fallback_does_not_go_first() -> None:
    stand = Stand({"slow": (0.9, {"latency_s": 20}), "quick": (0.5, {})}, fallback="slow")
    stand.readings["blend"] = Reading("blend", Lettered(1.5), Told({"slow": 0.9, "quick": 0.5}), "v1")
    assert stand.plan(wishes=Wishes(deadline_s=5)).plan.experts[0] == "quick"
    assert stand.plan(wishes=Wishes(deadline_s=50)).plan.experts[0] == "slow"


# --- load


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def board_of(clock: Clock, **concurrency: int) -> Board:
    entries = ({"name": name, "provider": "openai", "model": "m", "base_url": "http://h/v1"} for name in concurrency)
    experts = [
        Expert.model_validate({**entry, "max_concurrency": places})
        for entry, places in zip(entries, concurrency.values(), strict=True)
    ]
    return Board(experts, clock)


def test_calls_in_flight_are_counted_in_seconds() -> None:
    clock = Clock()
    board = board_of(clock, a=1, b=4)
    with board.occupied("a"), board.occupied("a"):
        clock.now = 3.0
        assert board.in_flight_s().tolist() == [6.0, 0.0]
        assert board.expected_s().tolist() == [2.0, 1.0]
    clock.now = 10.0
    assert board.in_flight_s().tolist() == [6.0, 0.0] and board.expected_s().tolist() == [1.0, 1.0]


def test_the_first_timed_call_replaces_what_was_assumed() -> None:
    board = board_of(Clock(), a=1)
    board.timed("a", 4.0)
    assert board.expected_s().tolist() == [4.0]
    board.timed("a", 2.0)
    assert board.expected_s().tolist() == [3.0]


def test_whoever_does_more_than_its_part_becomes_dearer_window_by_window() -> None:
    clock = Clock()
    board = board_of(clock, busy=4, idle=4)
    balance = Balance(board, window_s=1.0, clock=clock)
    assert balance.biases().tolist() == [0.0, 0.0]
    with board.occupied("busy"):
        for window in range(1, 100):
            clock.now = float(window)
            busy, idle = balance.biases()
            assert busy == pytest.approx(-idle) and busy < 0
    assert busy == pytest.approx(-1.0)
    with board.occupied("idle"):
        clock.now += 1.0
        balance.biases()
        clock.now += 1.0
        assert balance.biases()[0] > busy


def test_whoever_rests_comes_back_without_a_price_and_is_not_flooded() -> None:
    clock, resting = Clock(), {"broken"}
    board = board_of(clock, busy=4, idle=4, broken=4)
    balance = Balance(board, window_s=1.0, clock=clock, resting=lambda: resting)
    with board.occupied("busy"):
        for window in range(1, 100):
            clock.now = float(window)
            busy, idle, broken = balance.biases()
            assert broken == 0.0 and busy == pytest.approx(-idle)
        resting.clear()
        clock.now += 1.0
        assert abs(balance.biases()[2]) < 0.05
        resting.update(board.names)
        clock.now += 1.0
        assert np.isfinite(balance.biases()).all()


def test_a_load_price_chooses_and_is_no_score() -> None:
    stand = Stand({"busy": (0.52, {}), "idle": (0.5, {})}, balance=True)
    decision = stand.plan().decision
    plain, priced = (
        plan_for(decision, Policy(balance=0.05), "auto", Wishes(), Situation(1.0, load_prices=prices), random.Random(0))
        for prices in (None, np.array([-1.0, 1.0]))
    )
    assert (plain.experts[0], priced.experts[0]) == ("busy", "idle")
    assert decision.estimates.score.tolist() == [0.52, 0.5] and priced.utilities is not None
    assert priced.utilities.tolist() == [0.52, 0.5] and priced.load_prices is not None
    assert priced.load_prices.tolist() == [-0.05, 0.05]


def test_loads_are_balanced_only_where_the_policy_says_so() -> None:
    experts = {"a": (0.5, {}), "b": (0.4, {})}
    shown = [decided_json(Stand(experts, **policy).plan()) for policy in ({}, {"balance": True}, {"balance": False})]
    assert [one["decision"]["experts"][0]["load_price"] for one in shown] == [None, 0.0, None]
    assert (Policy.model_validate({"balance": True}).balance, Policy(balance=0.2).balance) == (0.05, 0.2)


# --- properties of the policy

rows = st.lists(
    st.builds(
        Estimate,
        expert=st.sampled_from("abcdefgh"),
        score=st.floats(0, 1),
        std=st.floats(0, 0.5),
        cost_usd=st.floats(0, 1),
        latency_s=st.floats(0, 100),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda estimate: estimate.expert,
)
calmly = settings(deadline=None)


def decision_of(estimates: Sequence[Estimate], **more: Any) -> Decision:
    return Decision(Estimates.rows(estimates), (), "category", "v1", 1.0, True, None, "because", **more)


def planned(estimates: Sequence[Estimate], policy: Policy, situation: Situation | None = None, **more: Any) -> Plan:
    decision = decision_of(estimates, **more)
    return plan_for(decision, policy, "auto", Wishes(), situation or Situation(1.0), random.Random(0))


@calmly
@given(rows, st.floats(0, 1), st.floats(0, 1), st.floats(0, 3))
def test_one_formula_for_numbers_and_for_arrays(
    estimates: list[Estimate], thrift: float, haste: float, caution: float
) -> None:
    rates, columns = exchange(thrift, haste, 0.5, caution), Estimates.rows(estimates)
    whole = rates.utility(columns.score, columns.cost_usd, columns.latency_s, columns.std)
    assert whole.tolist() == [rates.utility(one.score, one.cost_usd, one.latency_s, one.std) for one in estimates]


@calmly
@given(rows, st.lists(st.floats(-1, 1), min_size=8, max_size=8), st.floats(0, 1))
def test_a_load_price_costs_at_most_twice_what_the_policy_says(
    estimates: list[Estimate], prices: list[float], balance: float
) -> None:
    situation = Situation(1.0, load_prices=np.array(prices[: len(estimates)]))
    plan = planned(estimates, Policy(balance=balance), situation)
    assert plan.utilities is not None
    chosen = plan.utilities[[one.expert for one in estimates].index(plan.experts[0])]
    assert chosen >= plan.utilities.max() - 2 * balance - 1e-9


@calmly
@given(rows, st.floats(0.1, 100), st.floats(0, 1))
def test_nobody_late_goes_before_somebody_in_time(estimates: list[Estimate], left: float, explore: float) -> None:
    plan = planned(estimates, Policy(explore=explore), Situation(1.0, seconds_left=left))
    late = [{one.expert: one.latency_s for one in estimates}[expert] > left for expert in plan.experts]
    assert late == sorted(late)


@calmly
@given(rows, st.floats(0, 1), st.floats(0.1, 100), st.booleans())
def test_a_tool_loop_never_moves(estimates: list[Estimate], explore: float, left: float, outlier: bool) -> None:
    pinned = estimates[-1].expert
    situation = Situation(1.0, seconds_left=left, pinned=pinned, locked=True, generalist=estimates[0].expert)
    policy = Policy(explore=explore, fallback=estimates[0].expert)
    plan = planned(estimates, policy, situation, outlier=outlier)
    assert (plan.experts[0], plan.propensity) == (pinned, 1.0)


def test_caution_prefers_what_is_known() -> None:
    pair = [Estimate("bold", 0.6, 0.3, 0.0, 1.0), Estimate("known", 0.55, 0.02, 0.0, 1.0)]
    assert planned(pair, Policy()).experts[0] == "bold"
    assert planned(pair, Policy(caution=0.5)).experts[0] == "known"


def test_of_a_strange_query_the_fallback_hears_first_and_else_the_generalist() -> None:
    trio = [Estimate(name, score, 0.1, 0.0, 1.0) for name, score in (("best", 0.9), ("general", 0.5), ("kept", 0.4))]
    situation = Situation(1.0, generalist="general")
    assert planned(trio, Policy(), situation).experts[0] == "best"
    strange = planned(trio, Policy(), situation, outlier=True)
    assert strange.experts[0] == "general" and "unlike any that the router has learned from" in strange.reason
    assert planned(trio, Policy(fallback="kept"), situation, outlier=True).experts[0] == "kept"


def test_more_confidence_recruits_more_and_never_more_than_may_be_called() -> None:
    even = [Estimate(name, 0.6, 0.05, 0.0, 1.0) for name in "abcdef"]
    sizes = [
        len(planned(even, Policy(confidence=confidence, max_calls=4)).recruited) for confidence in (0.5, 0.8, 0.99)
    ]
    assert sizes == sorted(sizes) and sizes[0] == 1 < sizes[-1] <= 4
    assert planned(even, Policy(max_calls=4)).recruited == ()
    certain = [Estimate("sure", 0.99, 0.01, 0.0, 1.0), *even]
    assert planned(certain, Policy(confidence=0.9)).recruited == ("sure",)


def test_those_recruited_are_those_that_a_thrifty_plan_would_ask() -> None:
    pool = [Estimate("dear", 0.9, 0.05, 1.0, 1.0), *(Estimate(name, 0.5, 0.05, 0.0, 1.0) for name in "abc")]
    plan = planned(pool, Policy(thrift=0.6, confidence=0.9, max_calls=2))
    assert "dear" not in plan.recruited and set(plan.recruited) <= set(plan.experts[:2])


# --- sessions

TALK = [
    {"role": "user", "content": "A long story. " * 2000},
    {"role": "assistant", "content": "I have read it. " * 100},
    {"role": "user", "content": "And then?"},
]
CACHED = {"price": {"input_per_mtok": 10.0, "output_per_mtok": 0.0, "cached_input_per_mtok": 1.0}}
FRESH = {"price": {"input_per_mtok": 10.0, "output_per_mtok": 0.0}}


def test_a_session_keeps_its_prompt_cache_while_that_is_worth_more_than_the_others_lead() -> None:
    stand = Stand({"better": (0.7, FRESH), "keeper": (0.5, CACHED)}, switch_margin=0.0, thrift=0.2)
    stand.keep("keeper")
    session = Wishes(session="s")
    assert stand.plan(*TALK).plan.experts[0] == "better"
    kept = stand.plan(*TALK, wishes=session)
    assert kept.plan.experts[0] == "keeper"
    assert cost(kept, "keeper") < 0.2 * cost(kept, "better") == pytest.approx(0.2 * cost(stand.plan(*TALK), "keeper"))


def test_without_a_price_for_cached_input_nothing_is_taken_off() -> None:
    stand = Stand({"better": (0.7, FRESH), "keeper": (0.5, FRESH)}, switch_margin=0.0, thrift=0.2)
    stand.keep("keeper")
    moved = stand.plan(*TALK, wishes=Wishes(session="s"))
    assert moved.plan.experts[0] == "better" and cost(moved, "keeper") == cost(moved, "better")


# --- budgets


def test_a_budget_of_money_chooses_a_set_that_keeps_it() -> None:
    experts = {"best": (0.9, DEAR), "good": (0.7, {}), "poor": (0.3, {})}
    stand = Stand(experts, thrift=0.0, budget={"cost_usd_per_query": 0.0001})
    assert stand.experts.policies["auto"].experts == ("good",)
    assert stand.plan().plan.experts == ("good",)
    rich = Stand(experts, thrift=0.0, budget={"cost_usd_per_query": 1.0})
    assert "best" in (rich.experts.policies["auto"].experts or ())


def test_a_budget_of_time_leaves_the_slow_out() -> None:
    stand = Stand({"slow": (0.9, {"latency_s": 20}), "quick": (0.5, {})}, budget={"latency_s": 5})
    assert stand.plan().plan.experts == ("quick",)


def test_a_budget_that_nobody_meets_is_said_with_its_place() -> None:
    with pytest.raises(Misplaced, match="cheapest") as wrong:
        Stand({"dear": (0.9, DEAR)}, budget={"cost_usd_per_query": 1e-9})
    assert wrong.value.where == ("policies", "auto", "budget")
    with pytest.raises(ValueError, match="needs cost_usd_per_query, latency_s, or both"):
        Policy.model_validate({"budget": {}})


# --- the rest


def test_there_is_a_plain_question_in_every_category() -> None:
    assert tuple(PLAIN) == CATEGORIES
    stand = Stand({"a": (0.5, {}), "b": (0.75, {})})
    general = Reference.by(stand.readings["blend"], tuple(PLAIN.values())).general()
    assert general == {"a": pytest.approx(0.5), "b": pytest.approx(0.75)}


def test_estimates_are_rows_when_somebody_looks() -> None:
    kept = [Estimate("a", 0.5, 0.1, 0.2, 1.0, 30.0), Estimate("b", 0.6, 0.2, 0.3, 2.0, 40.0)]
    columns = Estimates.rows(kept)
    assert list(columns) == kept and columns.of("b") == kept[1] == columns[1] and len(columns) == 2
    assert "a" in columns and "c" not in columns
    with pytest.raises(ValueError):
        columns.of("c")


def test_a_decision_is_shown_with_everything_that_made_it() -> None:
    shown = decided_json(Stand({"a": (0.5, DEAR)}, confidence=0.9).plan())
    [row] = shown["decision"]["experts"]
    assert row["utility"] < row["score"] == 0.5 and row["expected_output_tokens"] == 300
    assert (shown["decision"]["skills"], shown["decision"]["outlier"]) == ([], False)
    assert shown["plan"]["recruited"] == ["a"]
    [row] = decided_json(Stand({"a": (0.5, DEAR)}).plan(model="a"))["decision"]["experts"]
    assert (row["score"], row["std"], row["utility"], row["load_price"]) == (None, None, None, None)
