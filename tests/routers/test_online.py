"""Learning from feedback: posteriors, regions, exploring, and the floor under it all."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.online.bandit import exploring
from routers.online.context import NUMBERS, Context, Numbers, Split
from routers.online.guard import guarded, held_back, surplus
from routers.online.learner import Learned, learn
from routers.online.observations import Observations
from routers.online.posterior import Posterior, Sums
from routers.online.trust import Trust

EXPERTS = ("a", "b", "c")


def context(category: str = "math", **numbers: float) -> Context:
    return Context(category, Numbers(**{**dict.fromkeys(NUMBERS, 0.0), **numbers}))


def observed(served: list[int], reward: list[float], score: list[list[float]], **more: object) -> Observations:
    n = len(served)
    given: dict[str, object] = {
        "category": np.array(["math"] * n, dtype=np.str_),
        "numbers": np.zeros((n, len(NUMBERS))),
        "price": np.zeros((n, len(EXPERTS))),
        "weight": np.ones(n),
    }
    columns = {"score": np.array(score, dtype=float).reshape(n, 3), "served": np.array(served, dtype=np.intp)}
    return Observations(EXPERTS, reward=np.array(reward, dtype=float), **{**given, **columns, **more})  # type: ignore[arg-type]


def world(n: int, quality: dict[str, tuple[float, float, float]], seed: int = 0) -> Observations:
    """Answers of experts drawn at random, who are as good at each category as this says; foretold 0.5, all of them."""
    rng = np.random.default_rng(seed)
    names = np.array(sorted(quality))
    category = names[rng.integers(len(names), size=n)]
    served = rng.integers(3, size=n)
    right = np.array([quality[name][who] for name, who in zip(category.tolist(), served.tolist(), strict=True)])
    reward = (rng.random(n) < right).astype(float)
    return observed(served.tolist(), reward.tolist(), [[0.5] * 3] * n, category=category)


def corrected(learned: Learned, where: Context, raw: tuple[float, ...] = (0.5, 0.5, 0.5)) -> list[float]:
    found: list[float] = learned.corrected(where, np.array(raw), np.arange(3)).score.tolist()
    return found


def test_without_feedback_nothing_moves() -> None:
    assert corrected(learn(observed([], [], [])), context(), (0.2, 0.9, 0.4)) == [0.2, 0.9, 0.4]
    assert learn(observed([], [], [])).baseline is None


def test_feedback_moves_an_expert_toward_what_it_is_worth() -> None:
    few, many = (learn(observed([0] * n, [1.0] * n, [[0.5] * 3] * n)) for n in (5, 500))
    assert 0.5 < corrected(few, context())[0] < corrected(many, context())[0] <= 1.0
    assert corrected(many, context())[0] > 0.95


def test_callers_who_are_harsh_to_everybody_change_nobodys_rank() -> None:
    served = [0, 1, 2] * 200
    harsh = learn(observed(served, [0.1] * 600, [[0.6, 0.55, 0.5]] * 600))
    first, second, third = corrected(harsh, context(), (0.6, 0.55, 0.5))
    assert first < 0.3 and first == pytest.approx(second, abs=0.03) and third == pytest.approx(second, abs=0.03)
    unseen = corrected(learn(observed([0, 1] * 300, [0.1] * 600, [[0.6, 0.6, 0.6]] * 600)), context(), (0.6, 0.6, 0.6))
    assert unseen[2] < 0.5


def test_an_expert_that_feedback_says_nothing_of_is_less_sure() -> None:
    learned = learn(observed([0] * 300, [0.5] * 300, [[0.5] * 3] * 300))
    std = learned.corrected(context(), np.full(3, 0.5), np.arange(3)).std
    assert std[0] < std[1] == std[2]


def test_regions_in_which_others_are_best_are_told_apart() -> None:
    learned = learn(world(4000, {"law": (0.9, 0.3, 0.5), "math": (0.3, 0.9, 0.5)}))
    assert learned.regions == 2
    assert np.argmax(corrected(learned, context("law"))) == 0 and np.argmax(corrected(learned, context("math"))) == 1


def test_noise_makes_no_regions() -> None:
    grown = [
        learn(world(2000, dict.fromkeys(("law", "math", "art"), (0.6, 0.5, 0.4)), seed)).regions for seed in range(20)
    ]
    assert sum(regions > 1 for regions in grown) <= 2


def test_a_number_can_tell_regions_apart_too() -> None:
    rng = np.random.default_rng(1)
    tokens, served = rng.integers(0, 1000, size=4000).astype(float), rng.integers(2, size=4000)
    right = np.where((tokens > 500) == (served == 1), 0.9, 0.3)
    numbers = np.zeros((4000, len(NUMBERS)))
    numbers[:, 0] = tokens
    rows = observed(served.tolist(), (rng.random(4000) < right).tolist(), [[0.5] * 3] * 4000, numbers=numbers)
    learned = learn(rows)
    assert np.argmax(corrected(learned, context(input_tokens=900))) == 1
    assert np.argmax(corrected(learned, context(input_tokens=100))) == 0


def test_a_region_is_told_in_words() -> None:
    assert Split("category", "law").words(True) == "category is law"
    assert Split("category", "").words(False) == "category is not unknown"
    assert Split("input_tokens", 512.0).words(True) == "input tokens above 512"
    assert Split("tools", 0.5).words(False) == "no tools"


def test_a_router_whose_differences_mean_nothing_is_trusted_less() -> None:
    rng = np.random.default_rng(0)
    said, served = rng.random((3000, 3)), rng.integers(3, size=3000)
    blind = observed(served.tolist(), (rng.random(3000) < 0.5).tolist(), said.tolist())
    honest = observed(served.tolist(), (rng.random(3000) < said[np.arange(3000), served]).tolist(), said.tolist())
    assert Trust.of(blind).slope < 0.1 and Trust.of(honest).slope > 0.9


def test_the_best_single_expert_is_told_by_its_lower_bound() -> None:
    lucky = observed([0] * 400 + [1] * 3, [0.8] * 400 + [1.0] * 3, [[0.5] * 3] * 403)
    assert learn(lucky).baseline == "a"


def test_prices_count_in_who_is_best() -> None:
    price = np.tile([0.5, 0.0, 0.0], (600, 1))
    learned = learn(observed([0, 1, 2] * 200, [0.9, 0.7, 0.3] * 200, [[0.5] * 3] * 600, price=price))
    assert learned.baseline == "b"


def test_choosing_that_does_not_pay_is_noticed() -> None:
    rewards = [0.8] * 300 + [0.2] * 300
    learned = learn(observed([0] * 300 + [1] * 300, rewards, [[0.5, 0.9, 0.5]] * 600))
    assert learned.baseline == "a" and learned.paused
    assert learned.corrected(context(), np.full(3, 0.5), np.arange(3)).careful
    assert not learn(observed([0, 0, 0, 1] * 50, [0.9, 0.9, 0.9, 0.8] * 50, [[0.5] * 3] * 200)).paused


def test_nobody_goes_before_the_best_single_expert_without_evidence() -> None:
    value, std = np.array([0.6, 0.65, 0.8]), np.array([0.02, 0.1, 0.02])
    held = held_back(value, std, 0)
    assert held.tolist() == [False, True, False]
    assert np.argsort(-guarded(value, held, 0)).tolist() == [2, 0, 1]


def test_the_surplus_counts_only_where_the_best_single_expert_could_have_been_asked() -> None:
    floor = np.array([0.5, np.nan, 0.7])
    assert surplus(np.array([0.4, 0.9, 0.6]), floor, np.ones(3)) == pytest.approx(-0.1)
    assert surplus(np.array([0.2, 0.0, 0.8]), floor, np.ones(3)) > 0 > np.mean([0.2 - 0.5, 0.8 - 0.7])
    assert surplus(np.array([0.6]), np.array([np.nan]), np.ones(1)) == 0.0


def test_the_likelier_to_be_better_is_explored_oftener_and_nobody_never() -> None:
    chances = exploring(np.array([0.7, 0.65, 0.2]), np.full(3, 0.05), 0, np.ones(3, dtype=bool))
    assert chances[0] == 0 and chances[1] > chances[2] >= 0.1


@given(value=st.lists(st.floats(-1, 1), min_size=1, max_size=8), data=st.data())
def test_chances_of_exploring_add_up_to_one_over_those_who_may_be(value, data) -> None:
    k = len(value)
    front = data.draw(st.integers(0, k - 1))
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=k, max_size=k)))
    std = np.array(data.draw(st.lists(st.floats(0.001, 0.5), min_size=k, max_size=k)))
    explored = exploring(np.array(value), std, front, allowed)
    assert explored.sum() == pytest.approx(1) and (explored >= 0).all()
    others = allowed & (np.arange(k) != front)
    assert not explored[~others & (np.arange(k) != front)].any() and (explored[others] > 0).all()


answers = st.lists(
    st.tuples(st.integers(0, 2), st.floats(0, 1), st.tuples(*[st.floats(0, 1)] * 3), st.sampled_from(("law", "math"))),
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(answers=answers, raw=st.tuples(*[st.floats(0, 1)] * 3))
def test_whatever_is_said_scores_stay_scores_and_bounds_stay_bounds(answers, raw) -> None:
    served, reward, score, category = ([one[k] for one in answers] for k in range(4))
    rows = observed(served, reward, score, category=np.array(category, dtype=np.str_))
    learned = learn(rows)
    found = learned.corrected(context("law"), np.array(raw), np.arange(3))
    assert ((found.score >= 0) & (found.score <= 1)).all()
    assert ((found.std > 0) & (found.std <= 0.5)).all()
    if answers:
        general = Posterior.general(Sums.of(rows))
        assert (np.abs(general.mean) <= 1).all() and (general.strength >= Sums.of(rows).weight).all()


def test_holes_in_what_was_foretold_are_no_experts_to_choose() -> None:
    score = [[0.5, np.nan, 0.4]] * 200
    learned = learn(observed([0] * 100 + [2] * 100, [0.2] * 100 + [0.9] * 100, score))
    assert learned.baseline == "c"
    assert not np.isnan(corrected(learned, context())).any()


def test_what_is_old_counts_less() -> None:
    served, reward = [0] * 400, [1.0] * 200 + [0.0] * 200
    alike = learn(observed(served, reward, [[0.5] * 3] * 400))
    fading = learn(observed(served, reward, [[0.5] * 3] * 400, weight=np.exp2(np.arange(-399, 1) / 50)))
    assert corrected(fading, context())[0] < corrected(alike, context())[0]


def test_observations_are_taken_apart_whole() -> None:
    rows = world(30, {"law": (0.9, 0.3, 0.5)})
    part = rows.at(np.arange(10))
    assert len(part) == 10 and {len(getattr(part, f.name)) for f in fields(part) if f.name != "experts"} == {10}
