"""Learning in serving, piece by piece: the lesson, the draw, the budget, the window; and what experts.yaml may say."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.configuration import read_experts
from gateway.draw import Draw
from gateway.errors import ConfigError
from gateway.estimates import Estimate, Estimates
from gateway.experts import Policy
from gateway.learning.account import learning_json
from gateway.learning.corrector import Corrector
from gateway.learning.learn import Learn
from gateway.learning.lesson import Lesson
from gateway.learning.spending import Spending, Spent
from gateway.learning.window import Judged, Study, Window, room
from gateway.logged import Forecast, Logged
from gateway.policy import Situation, plan_for
from gateway.types import Decision, Features
from gateway.utility import Exchange
from gateway.wishes import Wishes

NAMES = ("a", "b", "c")
VERSIONS = dict.fromkeys(NAMES, "v1")
STUDY = Study("blend", "art", VERSIONS, Exchange(0.0, 0.0), None)


def logged(id: str, served: str = "a", feedback: float | None = 1.0, **more: Any) -> Logged:
    forecasts = tuple(Forecast(name, 0.5, 0.1, 0.001, 1.0, 0.5) for name in NAMES)
    given: dict[str, Any] = dict(
        id=id, at=1.0, tenant="public", model="auto", strategy="single", policy="auto", router="blend", artifact="art",
        category="math", confidence=0.9, sure=True, outlier=False, input_tokens=10, needs=frozenset(), session=None,
        thrift=None, forecasts=forecasts, experts=NAMES, propensity=0.9, served=served, status="ok", cost_usd=0.0,
        latency_s=1.0, calls=1, feedback=feedback, feedback_at=2.0,
    )  # fmt: skip
    return Logged(**{**given, **more})


def corrector(explore: float = 0.2, budget_usd: float | None = None, told: bool = True) -> Corrector:
    spending = Spending()
    if told:
        spending.told(())
    return Corrector("auto", Learn(explore=explore, budget_usd=budget_usd), STUDY, spending)


def decision(scores: tuple[float, ...] = (0.7, 0.6, 0.5), usd: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Decision:
    rows = (Estimate(*one, 1.0) for one in zip(NAMES, scores, (0.1,) * 3, usd, strict=True))
    return Decision(Estimates.rows(rows), (), "blend", "art", 0.9, True, "math", "as told")


FEATURES = Features("hi", False, 10, 100, frozenset())


def taught(rows: list[Logged], **more: Any) -> Corrector:
    one, window = corrector(**more), Window()
    window.take(rows)
    one.study(window.rows())
    return one


def test_without_feedback_a_learning_policy_chooses_as_another_does() -> None:
    given = decision()
    corrected = corrector().correct(given, FEATURES)
    assert corrected.estimates.score.tolist() == given.estimates.score.tolist() and corrected.reason == given.reason
    plan = plan_for(corrected, Policy(strategy="single"), "auto", Wishes(), Situation(1.0), random.Random(3))
    assert plan.lot is not None and plan.lot.front == "a"


def test_feedback_is_told_in_words_and_raw_scores_stay_beside() -> None:
    rows = [logged(f"d{n}", "a", 0.0) for n in range(200)]
    corrected = taught(rows).correct(decision(), FEATURES)
    assert "feedback on 200 answers (all queries) moves a by -0." in corrected.reason
    assert corrected.estimates.lesson is not None
    assert corrected.estimates.lesson.raw.tolist() == [0.7, 0.6, 0.5]
    plan = plan_for(corrected, Policy(strategy="single"), "auto", Wishes(), Situation(1.0), random.Random(3))
    assert plan.lot is not None and plan.lot.front == "b"
    told = learning_json(corrected.estimates, plan)
    assert told is not None and told["teacher"] == "auto" and told["answers"] == 200


def test_a_decision_by_another_router_is_left_alone() -> None:
    rows = [logged(f"d{n}", "a", 0.0) for n in range(50)]
    given = replace(decision(), router="irt")
    assert taught(rows).correct(given, FEATURES) is given


@settings(deadline=None, max_examples=50)
@given(
    value=st.lists(st.floats(-1, 1), min_size=2, max_size=6),
    explore=st.floats(0.01, 0.5),
    seed=st.integers(0, 9),
    data=st.data(),
)
def test_the_chance_of_every_draw_is_the_one_that_is_told(
    value: list[float], explore: float, seed: int, data: st.DataObject
) -> None:
    k = len(value)
    among = np.array(data.draw(st.permutations(range(k))))
    lesson = Lesson("auto", np.array(value), np.full(k, 0.05), None, explore)
    weights = lesson.weights(int(among[0]), among, np.array(value), np.zeros(k))
    draw = Draw(int(among[0]), among, lesson.share, weights)
    chances = draw.chances(k)
    assert chances.sum() == pytest.approx(1) and chances[among[0]] == pytest.approx(1 - explore)
    dice, seen = random.Random(seed), Counter[int]()
    for _ in range(2000):
        first, propensity = draw.first(dice)
        seen[first] += 1
        assert propensity == pytest.approx(chances[first])
    for place in range(k):
        assert abs(seen[place] / 2000 - chances[place]) < 5 * math.sqrt(0.25 / 2000)


@settings(deadline=None, max_examples=40)
@given(budget=st.floats(0, 0.05), usd=st.tuples(*[st.floats(0, 0.02)] * 3), seed=st.integers(0, 99))
def test_the_budget_is_never_exceeded(budget: float, usd: tuple[float, ...], seed: int) -> None:
    one, dice, spent = corrector(0.5, budget), random.Random(seed), 0.0
    for _ in range(60):
        corrected = one.correct(decision(usd=usd), FEATURES)
        plan = plan_for(corrected, Policy(strategy="single", thrift=0), "auto", Wishes(), Situation(1.0), dice)
        one.planned(corrected, plan)
        told = learning_json(corrected.estimates, plan) or {}
        spent += told.get("explored_usd", 0.0)
        assert plan.propensity == pytest.approx(
            (plan.lot.chances(NAMES) if plan.lot else [])[NAMES.index(plan.experts[0])]
        )
    assert spent <= budget + 1e-12 and one.spending.today_usd == pytest.approx(spent)


def test_nothing_is_spent_before_it_is_known_what_others_have_spent() -> None:
    unknown = corrector(0.5, 1.0, told=False).correct(decision(), FEATURES).estimates.lesson
    assert unknown is not None and unknown.share == 0
    free = corrector(0.5, None, told=False).correct(decision(), FEATURES).estimates.lesson
    assert free is not None and free.share == 0.5


def test_what_others_spent_counts_once_and_a_new_day_begins_with_nothing() -> None:
    now = [86_400.0 * 10 + 5]
    spending = Spending(lambda: now[0])
    spending.spend(0.1)
    for _ in range(2):
        spending.told([Spent("x", now[0], 0.2), Spent("yesterday", now[0] - 10, 0.4)])
    assert spending.left_usd(1.0) == pytest.approx(0.7)
    now[0] += 86_400
    assert spending.left_usd(1.0) == 1.0


def test_a_pinned_conversation_is_not_explored() -> None:
    corrected = corrector(0.5).correct(decision(), FEATURES)
    for seed in range(20):
        situation = Situation(1.0, pinned="b")
        plan = plan_for(corrected, Policy(strategy="single"), "auto", Wishes(), situation, random.Random(seed))
        assert plan.propensity == 1.0


def state(rows: list[Judged]) -> Any:
    one = corrector()
    one.study(rows)
    return one.learned.as_json()


@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_the_same_feedback_teaches_the_same_however_it_arrives(data: st.DataObject) -> None:
    rows = [
        logged(f"d{n}", data.draw(st.sampled_from(NAMES)), data.draw(st.floats(0, 1)), feedback_at=float(n % 7))
        for n in range(data.draw(st.integers(0, 30)))
    ]
    whole, parts = Window(), Window()
    whole.take(rows)
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    parts.take(shuffled[cut:])
    parts.take(shuffled[: cut + 3])
    assert state(whole.rows()) == state(parts.rows())


def test_feedback_that_changes_is_counted_once_with_its_last_mean() -> None:
    window = Window()
    assert window.take([logged("d", feedback=1.0)])
    assert not window.take([logged("d", feedback=1.0)])
    assert window.take([logged("d", feedback=0.5, feedback_at=3.0)])
    assert [row.reward for row in window.rows()] == [0.5]


@pytest.mark.parametrize(
    "more",
    [
        {"feedback": 1.5}, {"feedback": float("nan")}, {"feedback": None}, {"status": "all_failed"},
        {"strategy": "vote"}, {"served": None}, {"served": "gone"}, {"forecasts": ()},
        {"forecasts": (Forecast("a", None, None, 0.0, 1.0, None),)},
    ],
)  # fmt: skip
def test_what_tells_nothing_of_one_expert_alone_is_left_out(more: dict[str, Any]) -> None:
    window = Window()
    assert not window.take([logged("d", **more)]) and not len(window) and window.unusable == 1


def test_memory_is_bounded_and_the_oldest_feedback_makes_room() -> None:
    window = Window(most=10)
    for n in range(50):
        window.take([logged(f"d{n}", feedback_at=float(n))])
    assert [row.id for row in window.rows()] == [f"d{n}" for n in range(40, 50)]
    assert room(11) == 20_000 and room(1000) == 2_000


def test_another_version_router_or_artifact_teaches_nothing() -> None:
    rows = [
        logged("old", version="v0"),
        logged("irt", router="irt"),
        logged("art", artifact="x"),
        logged("ok", version="v1"),
    ]
    window = Window()
    window.take(rows)
    assert len(STUDY.of(window.rows())) == 1


def test_pools_that_differ_from_row_to_row_are_lined_up() -> None:
    few = logged("few", "c", forecasts=(Forecast("c", 0.9, 0.1, 0.0, 1.0, 0.9), Forecast("x", 0.1, 0.1, 0.0, 1.0, 0.1)))
    window = Window()
    window.take([few, logged("all")])
    score = STUDY.of(window.rows()).score
    assert np.isnan(score[1, :2]).all() and score[1, 2] == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("learn", "words"),
    [
        ("{explore: 0.9}", "learn.explore: input should be less than or equal to 0.5"),
        ("{explor: 0.1}", "did you mean 'explore'?"),
        ("{budget_usd: -1}", "learn.budget_usd: input should be greater than or equal to 0"),
        ("{half_life_days: 0}", "learn.half_life_days: input should be greater than 0"),
        ("{explore: 0.1}, explore: 0.1", "learn explores by itself"),
        ("yes", "learn: input should be a valid dictionary"),
    ],
)
def test_config_check_says_what_is_wrong_with_learn(tmp_path: Path, learn: str, words: str) -> None:
    experts = "version: 1\nexperts:\n  - {name: a, provider: openai, base_url: 'http://127.0.0.1:9/v1', model: m}\n"
    (tmp_path / "experts.yaml").write_text(f"{experts}policies:\n  auto: {{learn: {learn}}}\n")
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_experts(tmp_path / "experts.yaml")
