"""Whom routers choose, what that is worth, and what is said of it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import orjson
import pytest

from eval.bench.tables import markdown
from eval.routing.abstaining import CALIBRATED, PLAIN, selective_of
from eval.routing.data import trial_of
from eval.routing.pick import picks
from eval.routing.report import as_json, lines, sheets
from eval.routing.rows import Resampling
from eval.routing.run import evaluate
from eval.routing.settings import THRIFTS
from eval.routing.suite import contestants, known_to
from gateway.utility import weight
from routers.errors import TableError
from routers.table import read_table
from tests.eval.conftest import NAN, PRICES, Believing, Reader, fitted

FEW = Resampling(200, seed=0)
FOLDED = {f"{name} (cross-fitted)" for name in ("kNN", "cluster", "constant per category", "true category")}
YARDSTICKS = {"random", "zero router", "best single (hindsight)", "true category", "query oracle"}


@pytest.fixture
def found(trial, suite):
    return evaluate(trial, suite, FEW)


def row(evaluation, name, thrift=None):
    [one] = [one for one in evaluation.rows if (one.name, one.thrift) == (name, thrift)]
    return one


def with_outcomes(table, outcomes):
    return replace(table, outcomes=np.array(outcomes, dtype=float))


def test_every_yardstick_and_every_single_expert_is_there(found):
    names = {one.name for one in found.rows if one.thrift is None}
    assert names == YARDSTICKS | FOLDED | {"single:cheap", "single:dear", "skills", "best single"}
    kinds = {one.name: one.kind for one in found.rows}
    assert (kinds["skills"], kinds["best single"], kinds["query oracle"]) == ("router", "baseline", "oracle")


def test_accuracies_are_what_they_are_by_hand(found):
    assert row(found, "single:cheap").accuracy == pytest.approx(10 / 40)
    assert row(found, "single:dear").accuracy == pytest.approx(25 / 40)
    assert row(found, "random").accuracy == pytest.approx(35 / 80)
    assert row(found, "skills").accuracy == pytest.approx(25 / 40)
    assert row(found, "query oracle").accuracy == pytest.approx(25 / 40)
    assert row(found, "true category").accuracy == pytest.approx(25 / 40)
    assert found.best_expert == "dear"


def test_what_was_spent_is_the_price_of_the_tokens_written(found):
    assert row(found, "single:cheap").cost_usd_per_1k == pytest.approx(1000 * 1000 * 1 / 1e6)
    assert row(found, "single:dear").cost_usd_per_1k == pytest.approx(10.0)
    assert row(found, "skills").cost_usd_per_1k == pytest.approx((1 + 10) / 2)
    assert row(found, "random").cost_usd_per_1k == pytest.approx((1 + 10) / 2)
    assert row(found, "query oracle").cost_usd_per_1k == pytest.approx((25 * 1 + 15 * 10) / 40)


def test_active_parameters_are_weighted_by_who_is_asked(found, table):
    assert row(found, "skills").active_params_b == pytest.approx((2 + 20) / 2)
    unpublished = trial_of(table, {**PRICES, "dear": PRICES["dear"].model_copy(update={"active_params_b": None})})
    rows = {one.name: one.active_params_b for one in evaluate(unpublished, None, FEW).rows}
    assert (rows["single:cheap"], rows["single:dear"], rows["random"]) == (2, None, None)


def test_the_first_of_equals_is_picked_as_in_serving(trial):
    assert set(picks(trial, np.full((40, 2), 0.5)).tolist()) == {0}


def test_the_knob_trades_quality_for_price_as_the_policy_does(trial):
    mean = np.broadcast_to([0.5, 0.7], (40, 2))
    cost = np.array([300 * 1, 300 * 10]) / 1e6
    turning = next(thrift for thrift in THRIFTS if weight(thrift) * (cost[1] - cost[0]) / cost[1] > 0.2)
    chosen = [picks(trial, mean, thrift)[0] for thrift in THRIFTS]
    assert chosen == [int(thrift < turning) for thrift in THRIFTS]
    assert 0 < turning < 1


def test_each_setting_of_the_knob_is_a_row_of_its_own(found):
    settings = [one.thrift for one in found.rows if one.name == "skills"]
    assert settings == [None, *THRIFTS]
    assert row(found, "skills", 0.0).accuracy == row(found, "skills").accuracy
    assert row(found, "skills", 1.0).share == {"cheap": 1.0}


def test_without_prices_there_is_no_knob_and_no_cost(table, suite):
    evaluation = evaluate(trial_of(table), suite, FEW)
    assert {one.thrift for one in evaluation.rows} == {None}
    assert all(one.cost_usd_per_1k is None and one.active_params_b is None for one in evaluation.rows)
    assert all(one.budget is None for one in evaluation.rows)


def test_prices_that_lack_an_expert_are_not_used_and_that_is_said(table):
    trial = trial_of(table, {"cheap": PRICES["cheap"]})
    assert trial.costs is None and "all costs, because the prices lack dear" in trial.left_out


def test_recorded_costs_stand_in_for_prices(table):
    trial = trial_of(replace(table, cost_usd=np.broadcast_to([0.001, 0.004], (40, 2))))
    rows = {one.name: one.cost_usd_per_1k for one in evaluate(trial, None, FEW).rows}
    assert (rows["single:cheap"], rows["single:dear"]) == pytest.approx((1.0, 4.0))


def test_an_unknown_length_is_the_experts_usual_one(table):
    lengths = table.output_chars.copy()
    lengths[0, 0] = NAN
    trial = trial_of(replace(table, output_chars=lengths), PRICES)
    assert trial.costs.spent[0, 0] == trial.costs.spent[1, 0]


def test_what_is_worse_than_the_best_single_expert_is_called_worse(found):
    assert row(found, "single:dear").versus.verdict == "same"
    worse = row(found, "single:cheap").versus
    assert worse.verdict == "worse" and worse.difference == pytest.approx(-15 / 40)
    assert worse.difference_interval[0] < -15 / 40 < worse.difference_interval[1] < 0
    assert worse.p_value < 0.05 and worse.mcnemar_p == pytest.approx(2 / 2**15)


def test_a_difference_whose_interval_holds_0_is_noise(table, suite):
    outcomes = table.outcomes.copy()
    outcomes[::2] = 0.0
    outcomes[[0, 2, 4], 0] = 1.0  # of law, which skills gives to cheap, cheap has three right
    outcomes[[6, 8], 1] = 1.0  # and dear two others
    evaluation = evaluate(trial_of(with_outcomes(table, outcomes)), suite, FEW)
    versus = row(evaluation, "skills").versus
    assert versus.verdict == "noise" and versus.difference == pytest.approx(1 / 40)
    assert versus.difference_interval[0] <= 0 <= versus.difference_interval[1] and versus.p_value > 0.3
    assert any(
        "skills: 0.450, not told apart from the best single expert (+0.025 is noise)" in line
        for line in lines(evaluation)
    )


def test_a_router_that_saves_half_at_the_same_accuracy_is_told_so(found):
    budget = row(found, "skills").budget
    assert budget.cost_save == pytest.approx(1 - 5.5 / 10)
    assert budget.aiq == pytest.approx(((0.25 + 0.625) / 2 * 4.5 + 0.625 * 4.5) / 9)
    assert row(found, "zero router").budget.aiq == pytest.approx((0.25 + 0.625) / 2)
    assert budget.aiq_gain == pytest.approx(budget.aiq - (0.25 + 0.625) / 2)


def test_chances_are_judged_on_measured_cells_alone(table, suite):
    outcomes = table.outcomes.copy()
    outcomes[::8, 0] = NAN
    evaluation = evaluate(trial_of(with_outcomes(table, outcomes)), suite, FEW)
    full = evaluate(trial_of(table), suite, FEW)
    assert row(evaluation, "skills").chances != row(full, "skills").chances
    assert not math.isnan(row(evaluation, "skills").chances.brier)


def test_an_expert_that_was_not_measured_is_not_asked(table, suite):
    outcomes = np.tile(table.outcomes, (1, 2))[:, :3]
    outcomes[:10, 1] = NAN
    three = replace(
        table,
        experts=("cheap", "dear", "third"),
        outcomes=outcomes,
        output_chars=np.full((40, 3), NAN),
        cost_usd=np.full((40, 3), NAN),
    )
    trial = trial_of(three)
    assert 1 not in picks(trial, np.broadcast_to([0.1, 0.9, 0.2], (40, 3)))[:10].tolist()
    rows = evaluate(trial, None, FEW)
    assert row(rows, "single:dear").n == 30
    assert row(rows, "best single (hindsight)").n == 40 and rows.absent == 10
    assert any("stand-in on the 10" in line for line in lines(rows))


def test_a_question_that_leaves_no_choice_is_left_out_and_named(table):
    outcomes = table.outcomes.copy()
    outcomes[3, 1] = NAN
    trial = trial_of(with_outcomes(table, outcomes))
    assert len(trial.texts) == 39 and "q3" not in trial.table.query_ids
    assert trial.left_out == ("1 questions that fewer than 2 of the 2 experts answered (q3)",)
    outcomes[:, 1] = NAN
    with pytest.raises(TableError, match="no question was answered by 2 of the experts cheap, dear"):
        trial_of(with_outcomes(table, outcomes))


def test_one_expert_alone_can_be_evaluated(world):
    evaluation = evaluate(trial_of(read_table(*world, experts=["dear"]), PRICES), None, FEW)
    assert {one.accuracy for one in evaluation.rows} == {25 / 40}
    assert row(evaluation, "zero router").budget.aiq is None


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_scores_of_one_class_have_no_auc_and_no_difference(table, suite, score):
    evaluation = evaluate(trial_of(with_outcomes(table, np.full((40, 2), score)), PRICES), suite, FEW)
    skills = row(evaluation, "skills")
    assert (skills.chances.auc, skills.chances.auc_mean, skills.accuracy) == (None, None, score)
    assert {one.versus.verdict for one in evaluation.rows} == {"same"}
    assert "NaN" not in orjson.dumps(as_json(evaluation)).decode()


def test_a_router_that_knows_more_experts_is_cut_to_those_of_the_trial(table):
    wide = fitted(Reader(((0.9, 0.1), (0.2, 0.8))), ("dear", "cheap"))
    taking_part, unable = contestants(Believing({"wide": wide}, {"wide": "router"}), trial_of(table))
    assert taking_part[0].router.experts_ == ("cheap", "dear") and unable == ()
    assert taking_part[0].router.predict(np.array([[0.0]])).mean.tolist() == [[0.1, 0.9]]


def test_a_router_that_does_not_know_an_expert_cannot_take_part_and_that_is_said(table, suite):
    narrow = Believing(
        {"narrow": fitted(Reader(((0.9,), (0.2,))), ("cheap",)), **suite.routers}, {"narrow": "router", **suite.kinds}
    )
    evaluation = evaluate(trial_of(table), narrow, FEW)
    assert "narrow" not in {one.name for one in evaluation.rows}
    assert "the router narrow, which does not know dear" in evaluation.left_out


def test_experts_nobody_named_are_those_the_artifact_knows(world, suite):
    table = read_table(*world)
    more = replace(table.among(["cheap", "dear", "dear"]), experts=("cheap", "dear", "newcomer"))
    assert known_to(suite, more, None).experts == ("cheap", "dear")
    with pytest.raises(TableError, match="no router of the artifact knows newcomer; the nearest"):
        known_to(suite, more, ["cheap", "newcomer"])
    with pytest.raises(TableError, match="the artifact knows none of the outcomes' models newcomer"):
        known_to(suite, more.among(["newcomer"]), None)


def test_the_category_is_judged_on_the_fourteen_alone(table, suite):
    names = ["coding" if category == "law" else category for category in table.categories]
    evaluation = evaluate(trial_of(replace(table, categories=tuple(names))), suite, FEW)
    assert (evaluation.category.n, evaluation.category.accuracy) == (20, 1.0)
    nowhere = evaluate(trial_of(replace(table, categories=("gossip",) * 40)), suite, FEW)
    assert nowhere.category is None and as_json(nowhere)["category_accuracy"] is None


def test_routers_read_the_options_with_the_question(table, suite):
    evaluate(trial_of(replace(table, choices=(("yes", "no"),) * 40)), suite, FEW)
    assert suite.texts[0] == "law 0\nA. yes\nB. no"


def test_ten_questions_give_figures_with_wide_intervals(world, suite, write):
    questions = [{"query_id": f"q{n}", "text": f"law {n}", "category": "law"} for n in range(10)]
    evaluation = evaluate(trial_of(read_table(write("ten", questions), world[1])), suite, FEW)
    low, high = row(evaluation, "skills").accuracy_interval
    assert row(evaluation, "skills").n == 10 and high - low > 0.3


def test_the_json_has_what_the_interface_promises(found):
    report = orjson.loads(orjson.dumps(as_json(found)))
    assert report["command"] == "eval routing" and report["artifact"] == "v-test"
    assert report["data"]["questions"] == 40 and report["data"]["experts"] == ["cheap", "dear"]
    assert report["category_accuracy"] == 1.0 and len(report["category_accuracy_interval"]) == 2
    promised = {"name", "kind", "n", "accuracy", "accuracy_interval", "calls_per_query", "cost_usd_per_1k"}
    assert all(promised | {"active_params_b", "auc", "ece", "setting"} <= set(one) for one in report["rows"])
    settings = [one["setting"] for one in report["rows"] if one["name"] == "skills"]
    assert settings[:2] == [None, {"thrift": 0.0}]


def test_the_same_data_has_the_same_hash_and_other_scores_another(trial, table):
    assert trial.hash == trial_of(table).hash
    assert trial.hash != trial_of(with_outcomes(table, 1 - table.outcomes)).hash


def test_the_same_seed_gives_the_same_report(trial, suite):
    assert as_json(evaluate(trial, suite, FEW)) == as_json(evaluate(trial, suite, FEW))


def test_words_say_which_differences_are_noise(found):
    said = "\n".join(lines(found))
    assert "40 questions in 40 groups, 2 experts, 80 outcomes" in said
    assert "skills: 0.625, the same as the best single expert, p = 1.000." in said
    tables = "\n".join(markdown(sheet) for sheet in sheets(found))
    assert "| skills | 40 | 0.625 [" in tables and "| dear | 40 |" in tables


def test_what_may_be_left_unanswered_is_judged_on_questions_that_chose_no_threshold() -> None:
    random = np.random.default_rng(0)
    n = 3000
    chance = random.beta(5, 2, n).clip(0.05, 0.98)
    right = (random.random(n) < chance).astype(float)
    found = selective_of(chance, right, np.arange(n) // 2, FEW)
    assert 0 <= found.e_aurc < found.aurc < 1 - right.mean()
    calibrated = {one.wrong: one for one in found.answered if one.rule == CALIBRATED}
    assert calibrated[0.3].answered > calibrated[0.2].answered > calibrated[0.1].answered > 0
    for wrong, one in calibrated.items():
        assert one.share_wrong is None or one.share_wrong <= wrong + 0.03
        assert (
            one.answered_interval is not None and one.answered_interval[0] <= one.answered <= one.answered_interval[1]
        )
    plain = {one.wrong: one for one in found.answered if one.rule == PLAIN}
    assert calibrated[0.2].answered > plain[0.2].answered


def test_an_evaluation_says_how_much_would_be_answered(found):
    assert set(as_json(found)["selective"]) == {"skills"}
    assert any("5% may be wrong" in markdown(sheet) for sheet in sheets(found))
    assert any(line.startswith("Where a share may be wrong") for line in lines(found))


def test_where_nothing_is_answered_nothing_is_wrong() -> None:
    found = selective_of(np.full(400, 0.4), np.zeros(400), np.arange(400), FEW)
    assert [(one.answered, one.share_wrong) for one in found.answered] == [(0.0, None)] * len(found.answered)
