"""What no artifact brings is fitted on the table itself, and never on what it is judged on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.routing.crossfit import crossfitted, folds_of
from eval.routing.data import trial_of
from eval.routing.folded import TOO_FEW
from eval.routing.means import Resampling
from eval.routing.power import power_of
from eval.routing.report import as_json, lines
from eval.routing.run import evaluate
from routers.category import CategoryRouter
from tests.eval.conftest import NAN, Believing

FEW = Resampling(200, seed=0)


@pytest.fixture
def untrained():
    return Believing({}, {})


def named(evaluation):
    return {row.name: row for row in evaluation.rows if row.thrift is None}


@given(st.lists(st.integers(0, 30), min_size=2, max_size=80), st.integers(2, 8))
def test_a_group_is_never_cut_and_every_fold_holds_something(groups, folds):
    found = folds_of(np.array(groups), folds)
    assert len({(group, fold) for group, fold in zip(groups, found.tolist(), strict=True)}) == len(set(groups))
    assert len(set(found.tolist())) == min(folds, len(set(groups)))


@given(st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0.0, 1.0, NAN])), min_size=10, max_size=60))
def test_no_question_is_foretold_by_itself_or_its_duplicates(drawn):
    groups = np.append([group for group, _ in drawn], [98, 99])
    Y = np.append([score for _, score in drawn], [0.0, 1.0])[:, None]
    folds = folds_of(groups)
    judged = []

    def foretell(rest, part, seen):
        assert not set(groups[rest]) & set(groups[part])
        assert not np.isnan(Y[np.ix_(rest, seen)]).all(axis=0).any()
        judged.extend(part.tolist())
        return np.full((len(part), len(seen)), 0.25)

    assert not np.isnan(crossfitted(Y, folds, foretell)).any()
    assert sorted(judged) == list(range(len(Y)))


def test_an_expert_nobody_measured_elsewhere_is_expected_to_be_as_good_as_all():
    Y = np.array([[1.0, NAN], [0.0, NAN], [1.0, 1.0]])
    mean = crossfitted(Y, np.array([0, 0, 1]), lambda rest, part, seen: np.zeros((len(part), len(seen))))
    assert mean[2].tolist() == [0.0, 0.5] and mean[0].tolist() == [0.0, 0.0]


def test_without_an_artifact_routers_and_baselines_are_fitted_fold_by_fold(trial, untrained):
    evaluation = evaluate(trial, untrained, FEW)
    rows = named(evaluation)
    fitted = ("category", "linear", "blend", "best single", "kNN", "cluster", "constant per category", "true category")
    assert {f"{name} (cross-fitted)" for name in fitted} <= set(rows)
    assert rows["blend (cross-fitted)"].kind == "router" and rows["kNN (cross-fitted)"].kind == "baseline"
    assert rows["true category (cross-fitted)"].kind == "oracle" and evaluation.artifact is None
    said = "\n".join(lines(evaluation))
    assert "Cross-fitted on these questions (5 folds" in said and "blend, best single, kNN" in said
    assert "kNN (cross-fitted)" in as_json(evaluation)["crossfitted"]


def test_the_best_single_expert_of_other_questions_may_not_be_the_best_of_these(table, untrained):
    """Two experts of whom each is right where the other is wrong: whoever leads elsewhere lags here."""
    first = np.arange(40) % 2 == 0
    even = trial_of(replace(table, outcomes=np.stack([first, ~first], axis=1).astype(float)))
    rows = named(evaluate(even, untrained, FEW))
    assert rows["best single (cross-fitted)"].accuracy <= rows["best single (hindsight)"].accuracy == 0.5


def test_noise_that_categories_do_not_tell_is_not_taken_for_skill(table, untrained):
    """In hindsight a category of two questions has a best expert by luck; fitted on the others it has none."""
    names = tuple(f"category {n // 2}" for n in range(40))
    noise = np.random.default_rng(3).integers(0, 2, (40, 2)).astype(float)
    rows = named(evaluate(trial_of(replace(table, categories=names, outcomes=noise)), untrained, FEW))
    assert rows["true category"].accuracy > rows["best single (hindsight)"].accuracy + 0.1
    assert rows["true category (cross-fitted)"].accuracy < rows["best single (hindsight)"].accuracy + 0.05


def test_a_category_that_tells_who_is_right_is_found(table, untrained):
    law = np.array([category == "law" for category in table.categories])
    outcomes = np.stack([law, ~law], axis=1).astype(float)
    rows = named(evaluate(trial_of(replace(table, outcomes=outcomes)), untrained, FEW))
    for name in ("constant per category", "true category", "category", "linear"):
        assert rows[f"{name} (cross-fitted)"].accuracy == 1.0, name
    assert rows["best single (cross-fitted)"].accuracy <= 0.5


def test_an_artifacts_own_abilities_say_who_is_best_in_a_category(trial):
    abilities = CategoryRouter(("law", "math")).fit(
        np.eye(3)[[0, 1, 2]][:, [0, 1, 2]], np.array([[0.5, 0.5], [0.9, 0.1], [0.1, 0.9]]), ("cheap", "dear")
    )
    rows = named(evaluate(trial, Believing({"category": abilities}, {"category": "router"}), FEW))
    assert rows["constant per category"].share == pytest.approx({"cheap": 0.5, "dear": 0.5})
    assert "constant per category (cross-fitted)" not in rows and "category (cross-fitted)" not in rows


def test_too_few_questions_teach_nothing_and_that_is_said(table, untrained):
    evaluation = evaluate(trial_of(table.part(np.arange(9))), untrained, FEW)
    assert TOO_FEW in evaluation.left_out and not any("cross-fitted" in row.name for row in evaluation.rows)
    alike = evaluate(trial_of(replace(table, groups=np.zeros(40, dtype=int))), untrained, FEW)
    assert TOO_FEW in alike.left_out


def test_questions_without_a_category_have_no_true_one(table, untrained):
    rows = named(evaluate(trial_of(replace(table, categories=("",) * 40)), untrained, FEW))
    assert not any(name.startswith("true category") for name in rows)
    assert "constant per category (cross-fitted)" in rows


@pytest.mark.parametrize("score", [0.0, 1.0, 0.5])
def test_experts_who_answer_everything_alike_are_all_the_same(table, untrained, score):
    evaluation = evaluate(trial_of(replace(table, outcomes=np.full((40, 2), score))), untrained, FEW)
    assert {row.accuracy for row in evaluation.rows} == {score}
    assert {row.versus.verdict for row in evaluation.rows} == {"same"} and power_of(evaluation.rows) is None


def test_one_expert_who_answers_everything_alike_does_not_stop_the_others(table, untrained):
    outcomes = table.outcomes.copy()
    outcomes[:, 0] = 0.0
    rows = named(evaluate(trial_of(replace(table, outcomes=outcomes)), untrained, FEW))
    assert rows["blend (cross-fitted)"].accuracy == rows["single:dear"].accuracy


def test_a_table_with_holes_is_fitted_on_what_was_measured(table, untrained):
    outcomes = np.tile(table.outcomes, (1, 2))[:, :3]
    outcomes[np.random.default_rng(0).random((40, 3)) < 0.4] = NAN
    more = {name: np.full((40, 3), NAN) for name in ("output_chars", "cost_usd")}
    holes = trial_of(replace(table, experts=("cheap", "dear", "third"), outcomes=outcomes, **more))
    rows = named(evaluate(holes, untrained, FEW))
    assert rows["blend (cross-fitted)"].n == rows["kNN (cross-fitted)"].n == len(holes.texts) < 40


def test_four_times_the_questions_show_half_the_difference(table, untrained):
    noise = np.random.default_rng(0).integers(0, 2, (40, 2)).astype(float)
    small = trial_of(replace(table, outcomes=noise))
    again = table.part(np.tile(np.arange(40), 4))
    large = trial_of(replace(again, outcomes=np.tile(noise, (4, 1)), groups=np.arange(160)))
    few, many = (power_of(evaluate(one, None, FEW).rows) for one in (small, large))
    assert many.visible == pytest.approx(few.visible / 2, rel=0.2)
    assert many.needed == pytest.approx(few.needed, rel=0.4) and few.needed > 40
