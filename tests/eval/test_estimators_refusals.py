"""Where logs cannot say what a policy would do, one line says so, and what to log instead."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from eval.counterfactual.estimate import contrast, estimate
from eval.counterfactual.judgement import Judgement
from eval.counterfactual.learned import learn
from eval.counterfactual.logs import Target
from eval.counterfactual.simulation import Nature, World, blended, greedy
from tests.eval.logged_world import NAN, always, by_hand, rows_of, world_of


def refused(found: Judgement) -> str:
    """The line; with it go no estimates but a model's guess, marked as one."""
    assert found.refusal is not None and "\n" not in found.refusal
    assert found.best is None and found.difference is None
    assert set(found.estimates) <= {"dm"}
    assert all("a model's guess" in one.note for one in found.estimates.values())
    return found.refusal


def test_logs_without_exploration_cannot_judge_another_policy():
    logs = by_hand([0] * 100, [1.0] * 100, 1.0)
    said = refused(estimate(logs, always(logs, 1)))
    assert said.startswith("nothing was explored, and the target differs on 100 % of its choices")
    assert "log with `explore: 0.05` for about" in said


def test_logs_without_exploration_can_judge_the_policy_that_logged():
    logs = by_hand([0, 1] * 50, [1.0, 0.0] * 50, 1.0)
    found = estimate(logs, Target("the same", np.eye(2)[logs.action]))
    assert found.refusal is None and found.best is not None
    assert found.best.value == pytest.approx(0.5, abs=0.02)


def test_an_expert_that_was_never_tried_is_named():
    logs = by_hand([0, 1] * 100, [1.0, 0.0] * 100, 0.5, experts=3)
    said = refused(estimate(logs, always(logs, 2)))
    assert "cannot speak of 100 % of its choices, which go to experts that were not tried there (c)" in said


def test_choices_that_were_not_allowed_are_outside_of_what_logs_can_say():
    logs = by_hand([0, 1] * 100, [1.0, 0.0] * 100, 0.5)
    allowed = logs.allowed.copy()
    allowed[::2, 1] = False
    found = estimate(replace(logs, allowed=allowed), always(logs, 1))
    assert refused(found) and found.support.outside == pytest.approx(0.5)


def test_the_number_of_decisions_that_is_advised_is_enough():
    world, traffic, logs = world_of(Nature(experts=4), 60, 0.05)
    said = refused(estimate(logs, Target("dear", greedy(traffic, 0.0)[:, ::-1])))
    advised = re.search(r"for about ([\d,]+) decisions", said)
    assert advised is not None
    n, chance = int(advised[1].replace(",", "")), np.random.default_rng(0)
    more = world.traffic(n, chance)
    logged = world.logs(more, blended(greedy(more, 0.1), 0.05), chance)
    assert estimate(logged, Target("dear", greedy(more, 0.0)[:, ::-1])).refusal is None


def test_whoever_explores_more_than_is_advised_is_not_told_to_explore_less():
    _, traffic, logs = world_of(Nature(experts=5), 100, 0.2)
    assert "log with `explore: 0.2` for about" in refused(estimate(logs, always(logs, 0)))


def test_too_few_effective_decisions_are_counted_in_words():
    _, traffic, logs = world_of(Nature(experts=5), 100, 0.1)
    said = refused(estimate(logs, always(logs, 0)))
    assert re.match(r"only \d+\.\d effective decisions are like the target's, 20 are needed; log with `explore", said)


def test_rare_heavy_weights_that_did_not_come_up_are_in_the_intervals():
    _, traffic, logs = world_of(Nature(experts=5), 400, 0.01)
    lucky = rows_of(logs, np.flatnonzero(logs.propensity > 0.5))
    mixed = Target("mixed", 0.9 * lucky.explored + 0.1 * np.eye(5)[np.zeros(len(lucky), dtype=int)])
    for name, one in estimate(lucky, mixed).estimates.items():
        assert name == "dm" or one.interval[1] - one.interval[0] > 0.1, name


def test_without_feedback_nothing_is_estimated():
    logs = by_hand([0, 1] * 50, [NAN] * 100, 0.5)
    found = estimate(logs, always(logs, 0))
    assert "no decision has feedback; send some with POST /v1/feedback" in refused(found)
    assert found.estimates == {} and found.earned is None and found.logged is None


def test_what_a_target_costs_can_be_known_where_nobody_gave_feedback():
    _, traffic, logs = world_of(Nature(), 1000, 1.0)
    silent = replace(logs, reward=np.full(1000, NAN))
    assert estimate(silent, always(silent, 0)).refusal is not None
    assert estimate(silent, always(silent, 0), outcome="cost_usd").refusal is None


@pytest.mark.parametrize("bad", [0.0, -0.1, 1.5, NAN, float("inf")])
def test_a_propensity_that_is_no_chance_is_left_out_and_counted(bad: float):
    sound = by_hand([0, 1] * 100, [1.0, 0.0, 0.0, 1.0] * 50, 0.5)
    propensity = sound.propensity.copy()
    propensity[:8] = bad
    found = estimate(replace(sound, propensity=propensity), always(sound, 0))
    assert found.refusal is None and found.support.left_out == 8
    assert found.warnings[0] == "8 of 200 decisions are left out: their propensity is not in (0, 1]"
    same = estimate(rows_of(sound, np.arange(8, 200)), always(rows_of(sound, np.arange(8, 200)), 0))
    assert found.estimates["ips"] == same.estimates["ips"]


def test_too_many_decisions_without_a_propensity_are_refused():
    logs = by_hand([0, 1] * 50, [1.0, 0.0] * 50, [0.5] * 80 + [0.0] * 20)
    assert "20 of 100 decisions have no propensity in (0, 1]" in refused(estimate(logs, always(logs, 0)))


def test_one_conversation_is_no_sample():
    logs = replace(by_hand([0, 1] * 50, [1.0, 0.0] * 50, 0.5), groups=np.zeros(100, dtype=int))
    assert "one conversation" in refused(estimate(logs, always(logs, 0)))


def test_empty_logs_are_refused_not_broken():
    nothing = rows_of(by_hand([0], [1.0], 0.5), np.arange(0))
    assert "no decision in the logs" in refused(estimate(nothing, always(nothing, 0)))
    useless = by_hand([0] * 30, [1.0] * 30, 0.0)
    assert "30 of 30 decisions have no propensity" in refused(estimate(useless, always(useless, 0)))


def wrongly_drawn(n: int, stated: float, real: float, seed: int, *, told: bool) -> Judgement:
    world, chance = World(Nature(), seed), np.random.default_rng([seed, 1])
    traffic = world.traffic(n, chance)
    front = greedy(traffic, 0.1)
    logs = world.logs(traffic, blended(front, stated), chance, real=blended(front, real))
    if not told:
        logs = replace(logs, explored=np.full_like(logs.explored, NAN))
    return estimate(logs, Target("greedy", greedy(traffic, 0.0)))


@pytest.mark.parametrize("told", [True, False])
def test_propensities_that_are_wrong_though_bounded_are_noticed(told: bool):
    lines = [wrongly_drawn(3000, 0.2, 0.5, seed, told=told).refusal or "" for seed in range(20)]
    assert sum("the logged propensities are wrong" in line for line in lines) >= 19


@pytest.mark.parametrize("told", [True, False])
def test_propensities_that_are_right_are_not_called_wrong(told: bool):
    lines = [wrongly_drawn(1000, 0.3, 0.3, seed, told=told).refusal or "" for seed in range(60)]
    assert not any("wrong" in line for line in lines)


def test_the_mean_weight_stands_with_an_interval_that_holds_one():
    held = 0
    for seed in range(60):
        low, high = wrongly_drawn(1000, 0.3, 0.3, seed, told=True).support.mean_weight.interval
        held += low <= 1 <= high
    assert held >= 54


def test_no_difference_is_told_where_one_of_the_two_is_refused():
    logs = by_hand([0, 1] * 100, [1.0, 0.0] * 100, 0.5, experts=3)
    learned = learn(logs)
    assert contrast(learned, always(logs, 0), always(logs, 1)) is not None
    assert contrast(learned, always(logs, 0), always(logs, 2)) is None


def test_two_accounts_of_one_chance_that_differ_count_as_unknown():
    _, traffic, logs = world_of(Nature(), 500, 0.5)
    other = replace(logs, explored=np.full_like(logs.explored, 0.25))
    unknown = replace(logs, explored=np.full_like(logs.explored, NAN))
    target = Target("greedy", greedy(traffic, 0.0))
    assert _values(estimate(other, target)) == _values(estimate(unknown, target))


def _values(found: Judgement) -> dict[str, float]:
    return {name: one.value for name, one in found.estimates.items()}
