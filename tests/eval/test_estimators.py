"""Every off-policy estimator against values worked out by hand, and what must hold whatever the logs are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.counterfactual.bounds import clustered, effective
from eval.counterfactual.estimate import contrast, estimate, judge
from eval.counterfactual.estimators import ESTIMATORS
from eval.counterfactual.judgement import Judgement
from eval.counterfactual.learned import Learned, learn
from eval.counterfactual.logs import Logs, Target
from eval.counterfactual.simulation import Nature, blended, greedy, soft
from eval.counterfactual.usable import usable
from eval.counterfactual.weighing import weighing
from tests.eval.logged_world import NAN, always, by_hand, rows_of, world_of


def by_name(logs: Logs, target: Target, model: list[float]) -> dict[str, float]:
    """What each estimator says where the model expects the same of an expert on every row."""
    rows = usable(logs, "reward")
    learned = Learned(rows, np.tile(model, (len(rows), 1)), rows.known.astype(float))
    of = weighing(learned, target.chances)
    return {name: float(estimator(of).values.mean()) for name, estimator in ESTIMATORS.items()}


def test_each_estimator_gives_what_its_formula_gives_by_hand():
    logs = by_hand(action=[0, 0, 0, 1], reward=[1, 0, 1, 1], propensity=0.5)
    found = by_name(logs, always(logs, 0), model=[0.6, 0.2])
    assert found["ips"] == pytest.approx((2 + 0 + 2 + 0) / 4)
    assert found["snips"] == pytest.approx((2 + 0 + 2) / (2 + 2 + 2))
    assert found["dm"] == pytest.approx(0.6)
    assert found["dr"] == pytest.approx(0.6 + (2 * 0.4 - 2 * 0.6 + 2 * 0.4) / 4)


def test_the_error_of_the_self_normalised_estimate_is_the_jackknifes():
    chance = np.random.default_rng(0)
    action, reward = chance.integers(2, size=200), (chance.random(200) < 0.7).astype(float)
    logs = by_hand(action.tolist(), reward.tolist(), propensity=0.25)
    of = weighing(learn(logs), always(logs, 0).chances)
    asked = action == 0
    without = (reward[asked].sum() - asked * reward) / (asked.sum() - asked)
    jackknife = np.sqrt(199 / 200 * ((without - without.mean()) ** 2).sum())
    assert clustered(ESTIMATORS["snips"](of).values, np.arange(200)).se == pytest.approx(jackknife, rel=0.02)


def test_clipping_cuts_weights_at_the_root_of_the_number_of_rows():
    logs = by_hand(action=[0, 0, 0, 1], reward=[1, 1, 1, 1], propensity=[0.1, 0.5, 1.0, 0.5])
    found = by_name(logs, always(logs, 0), model=[0.5, 0.5])
    assert found["ips"] == pytest.approx((10 + 2 + 1) / 4)
    assert found["clipped-ips"] == pytest.approx((2 + 2 + 1) / 4)


def test_switching_leaves_a_hopelessly_heavy_weight_to_the_model():
    action, reward = [0] * 400, [1.0, 0.0] * 200
    logs = by_hand(action, reward, propensity=[1e-6] + [0.999] * 399)
    found = by_name(logs, always(logs, 0), model=[0.5, 0.5])
    assert found["dr"] == pytest.approx(0.5 + 0.5e6 / 400, rel=0.01)
    assert found["switch-dr"] == pytest.approx(0.5, abs=0.01)


def test_switching_is_doubly_robust_where_no_weight_is_heavy():
    _, traffic, logs = world_of(Nature(), 2000, epsilon=1.0)
    found = estimate(logs, Target("greedy", greedy(traffic, 0.0)))
    assert found.estimates["switch-dr"].value == found.estimates["dr"].value


def test_the_effective_sample_size_is_kishs_over_conversations():
    assert effective(np.array([1.0, 1.0, 1.0, 1.0]), np.arange(4)) == 4
    assert effective(np.array([3.0, 1.0]), np.arange(2)) == pytest.approx(16 / 10)
    assert effective(np.ones(6), np.array([0, 0, 1, 1, 2, 2])) == 3
    assert effective(np.zeros(3), np.arange(3)) == 0


def test_decisions_said_four_times_over_in_one_conversation_make_nothing_surer():
    values = np.random.default_rng(0).normal(size=50)
    once, fourfold = clustered(values, np.arange(50)), clustered(np.repeat(values, 4), np.repeat(np.arange(50), 4))
    assert fourfold.se == pytest.approx(once.se)
    assert fourfold.interval() == pytest.approx(once.interval())


def test_few_heavy_values_leave_few_degrees_of_freedom():
    even, heavy = np.tile([1.0, -1.0], 50), np.r_[np.zeros(98), 1.0, -1.0]
    assert clustered(even, np.arange(100)).freedom == 99
    assert clustered(heavy, np.arange(100)).freedom < 5


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.2, 1.0]))
def test_a_target_that_is_the_policy_that_logged_is_worth_what_was_earned(seed: int, epsilon: float):
    _, traffic, logs = world_of(Nature(experts=3), 150, epsilon, seed)
    found = estimate(logs, Target("the same", logs.explored))
    assert found.estimates["ips"].value == pytest.approx(logs.reward.mean())
    assert found.estimates["snips"].value == pytest.approx(logs.reward.mean())
    assert found.difference is not None and found.difference.value == pytest.approx(0, abs=1e-12)
    assert found.difference.interval == pytest.approx((0, 0), abs=1e-12)


def values_of(found: Judgement) -> list[float]:
    return [number for one in found.estimates.values() for number in (one.value, *one.interval, one.ess)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1.0, 0.5]))
def test_the_order_of_decisions_and_of_experts_changes_nothing(seed: int, hearing: float):
    _, traffic, logs = world_of(Nature(experts=3, talk=2, hearing=hearing), 300, 0.5, seed)
    chances = soft(traffic, 0.0, 0.3)
    straight = values_of(estimate(logs, Target("soft", chances)))
    rows, columns = np.random.default_rng(seed).permutation(300), np.array([2, 0, 1])
    shuffled = values_of(estimate(rows_of(logs, rows), Target("soft", chances[rows])))
    assert shuffled == pytest.approx(straight, rel=1e-4)
    matrices = {name: getattr(logs, name)[:, columns] for name in ("allowed", "explored", "predicted", "expected_usd")}
    renamed = replace(logs, action=np.argsort(columns)[logs.action], **matrices)
    assert values_of(estimate(renamed, Target("soft", chances[:, columns]))) == pytest.approx(straight, rel=1e-4)


@settings(max_examples=15, deadline=None)
@given(st.floats(1e-3, 1e3))
def test_costs_in_another_currency_are_the_same_costs(rate: float):
    _, traffic, logs = world_of(Nature(experts=3), 300, 0.5)
    target = Target("thrifty", greedy(traffic, 0.3))
    dollars = estimate(logs, target, outcome="cost_usd")
    other = replace(logs, cost_usd=logs.cost_usd * rate, expected_usd=logs.expected_usd * rate)
    exchanged = estimate(other, target, outcome="cost_usd")
    for name, one in dollars.estimates.items():
        assert exchanged.estimates[name].value == pytest.approx(one.value * rate)
        assert exchanged.estimates[name].interval == pytest.approx(tuple(end * rate for end in one.interval))


def test_no_row_is_judged_by_a_model_that_saw_its_conversation():
    _, traffic, logs = world_of(Nature(talk=4), 400, 0.5)
    before = learn(logs)
    reward = np.where(logs.groups == 7, 1 - logs.reward, logs.reward)
    after = learn(replace(logs, reward=reward))
    same = (before.expected == after.expected).all(axis=1)
    assert same[logs.groups == 7].all() and not same.all()


def test_the_model_puts_a_router_right_that_believes_too_much_of_one_expert():
    n, chance = 3000, np.random.default_rng(0)
    action = chance.integers(3, size=n)
    reward = (chance.random(n) < np.array([0.2, 0.7, 0.7])[action]).astype(float)
    logs = replace(by_hand(action.tolist(), reward.tolist(), 1 / 3, experts=3), predicted=np.full((n, 3), 0.7))
    assert learn(logs).expected.mean(axis=0) == pytest.approx([0.2, 0.7, 0.7], abs=0.05)


def test_fifty_decisions_with_an_expert_that_was_never_logged_give_finite_figures():
    logs = by_hand([0, 1] * 25, [1.0, 0.0, 1.0, 1.0, 0.0] * 10, 0.5, experts=3)
    found = estimate(logs, Target("even", np.tile([0.5, 0.48, 0.02], (50, 1))))
    assert found.refusal is None and np.isfinite(values_of(found)).all()
    assert "2.0 % of the target's choices were not tried" in " ".join(found.warnings)


def test_what_was_never_tried_widens_the_interval_by_all_it_could_be_worth():
    logs = by_hand([0, 1] * 200, [1.0, 0.0, 1.0, 1.0, 0.0] * 80, 0.5, experts=3)
    tried, partly = (
        estimate(logs, Target("t", np.tile([0.5, 0.5 - share, share], (400, 1)))).estimates["dr"] for share in (0, 0.04)
    )
    width = partly.interval[1] - partly.interval[0] - (tried.interval[1] - tried.interval[0])
    assert width == pytest.approx(0.04, abs=0.01)


def test_all_going_well_is_no_proof_that_nothing_ever_fails():
    logs = by_hand([0, 1] * 30, [1.0] * 60, 0.5)
    low, high = estimate(logs, always(logs, 0)).estimates["dr"].interval
    assert low < 0.95 and high >= 1.0


def test_feedback_that_depends_on_the_expert_does_not_bias_where_it_is_modelled():
    n, chance = 10_000, np.random.default_rng(0)
    action = chance.integers(2, size=n)
    reward = (chance.random(n) < np.array([0.2, 0.8])[action]).astype(float)
    heard = chance.random(n) < np.array([0.9, 0.2])[action]
    logs = by_hand(action.tolist(), np.where(heard, reward, NAN).tolist(), 0.5)
    found = estimate(logs, Target("even", np.full((n, 2), 0.5)))
    assert found.earned == pytest.approx(0.31, abs=0.02)
    for name in ("dr", "switch-dr", "snips", "ips", "clipped-ips"):
        assert found.estimates[name].value == pytest.approx(0.5, abs=0.02), name
    assert "missing at random" in " ".join(found.warnings)


def test_two_targets_differ_by_the_difference_of_their_estimates_with_a_tighter_interval():
    _, traffic, logs = world_of(Nature(), 2000, 0.5)
    one, other = Target("one", greedy(traffic, 0.1)), Target("other", greedy(traffic, 0.12))
    learned = learn(logs)
    between, apart = contrast(learned, one, other), [judge(learned, target).estimates["dr"] for target in (one, other)]
    assert between is not None
    assert between.value == pytest.approx(apart[0].value - apart[1].value)
    assert between.se < min(estimate.se for estimate in apart) / 2


def test_the_difference_to_the_policy_that_logged_is_tighter_than_two_intervals():
    _, traffic, logs = world_of(Nature(), 2000, 0.1)
    found = estimate(logs, Target("nearly the same", blended(greedy(traffic, 0.1), 0.2)))
    assert found.difference is not None and found.logged is not None and found.best is not None
    assert found.difference.value == pytest.approx(found.best.value - found.logged.value)
    assert found.difference.se < found.logged.se / 2


def test_a_reward_that_is_none_is_left_out_and_said():
    logs = by_hand([0, 1] * 100, [1.0, 0.0] * 98 + [1.0, 7.0, -1.0, NAN], 0.5)
    found = estimate(logs, always(logs, 0))
    assert found.support.with_outcome == 197
    assert any("2 values of reward are left out" in line for line in found.warnings)


@pytest.mark.parametrize("chances", [np.full((4, 2), 0.4), np.full((3, 2), 0.5), np.array([[1.5, -0.5]] * 4)])
def test_chances_that_are_none_are_a_mistake_of_the_caller(chances: np.ndarray):
    with pytest.raises(ValueError, match="the chances of odd"):
        estimate(by_hand([0, 1, 0, 1], [1, 0, 1, 0], 0.5), Target("odd", chances))
