"""What is said of each router beyond its accuracy: worked out by hand on the small world, and on worlds with faults."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest

from eval.bench.tables import markdown
from eval.metrics.arena import arena_score
from eval.metrics.auc import auc
from eval.metrics.bootstrap import interval, resampled_means
from eval.routing.data import trial_of
from eval.routing.means import Resampling, means_of
from eval.routing.report import as_json, lines, sheets
from eval.routing.rows import versus_of
from eval.routing.run import evaluate
from routers.errors import TableError
from routers.table import read_table
from tests.eval.conftest import NAN, PRICES

FEW = Resampling(200, seed=0)


@pytest.fixture
def found(trial, suite):
    return evaluate(trial, suite, FEW)


def row(evaluation, name, thrift=None):
    [one] = [one for one in evaluation.rows if (one.name, one.thrift) == (name, thrift)]
    return one


def value(evaluation, name, measure):
    return getattr(row(evaluation, name).measures, measure).value


def json_row(evaluation, name):
    [one] = [one for one in as_json(evaluation)["rows"] if one["name"] == name and one["setting"] is None]
    return one


def with_outcomes(table, outcomes):
    return replace(table, outcomes=np.array(outcomes, dtype=float))


def test_what_was_chosen_is_compared_with_the_cheapest_right_expert(found):
    """Cheap answers 10 of law, as dear does; dear 15 of math. Skills asks cheap for law and dear for math."""
    assert value(found, "skills", "opt_sel") == pytest.approx(1.0)
    assert value(found, "single:dear", "opt_sel") == pytest.approx(15 / 25)
    assert value(found, "single:dear", "opt_cost") == pytest.approx((10 * 0.1 + 15) / 25)
    assert value(found, "single:cheap", "opt_sel") == pytest.approx(10 / 25)
    assert value(found, "single:cheap", "opt_cost") == pytest.approx((10 + 15 * 10) / 25)
    assert value(found, "single:cheap", "opt_sel_right") == value(found, "single:cheap", "opt_cost_right") == 1.0
    assert value(found, "random", "opt_sel") == pytest.approx(0.5)
    assert value(found, "single:cheap", "opt_acc") == pytest.approx(10 / 25)


def test_the_arena_score_of_a_row_is_of_its_accuracy_and_cost(found):
    assert value(found, "skills", "arena") == pytest.approx(float(arena_score(25 / 40, 5.5)))
    assert value(found, "skills", "arena_pool") == pytest.approx(float(arena_score(25 / 40, 5.5, 1.0, 10.0)))
    at_end = row(found, "skills", 1.0).measures
    assert at_end.arena_pool.value == pytest.approx(1.1 * 0.25 / (0.1 * 0.25 + 1)) and at_end.opt_sel.value is None


def test_the_strong_and_the_weak_expert_are_the_best_and_the_cheapest(found):
    assert (found.against.pair.strong, found.against.pair.weak) == ("dear", "cheap")
    assert value(found, "single:cheap", "pgr") == 0.0 and value(found, "single:dear", "pgr") == 1.0
    assert value(found, "random", "apgr") == pytest.approx(0.5) and value(found, "random", "cpt_80") == pytest.approx(
        0.8
    )
    assert value(found, "skills", "apgr") == pytest.approx(0.75)  # math first: all of the gap at half of the calls
    assert value(found, "skills", "cpt_50") == pytest.approx(0.25)


def test_gains_are_means_over_the_categories(found):
    assert set(found.against.datasets) == {"own/law", "own/math"}
    assert value(found, "skills", "gain_at_random") == pytest.approx((0.5 / 0.5 + 0.75 / 0.375) / 2 - 1)
    assert value(found, "single:cheap", "gain_at_best") == pytest.approx((0 - 1) / 2)
    assert value(found, "skills", "gap_at_oracle") == 0.0


def test_routerevals_figures_and_recall(found):
    assert value(found, "skills", "mu") == 25 / 40 and value(found, "skills", "v_b") == pytest.approx(1.0)
    assert value(found, "skills", "e_p") == pytest.approx(np.log(2)) and value(found, "single:dear", "e_p") == 0.0
    assert value(found, "single:cheap", "recall") == pytest.approx(10 / 25)
    assert value(found, "single:cheap", "oracle_gap") == pytest.approx(15 / 40)


def test_tokens_are_those_of_question_and_answer(found, table):
    mean = np.mean([len(text) for text in table.texts])
    assert value(found, "skills", "tokens_per_query") == pytest.approx((mean + 4000) / 4)


def test_a_mean_has_the_interval_of_its_own_resamples(found, trial):
    costs = np.where(np.arange(40) % 2, 0.010, 0.001)[:, None]
    means = resampled_means(costs, trial.table.groups, 200, 0)
    surely = row(found, "skills").measures.cost_usd_per_1k
    assert surely.value == pytest.approx(5.5)
    assert surely.interval == pytest.approx(interval(1000 * means[:, 0]), rel=1e-4)


def test_a_function_of_means_has_the_interval_of_that_function_of_resamples():
    values = np.random.default_rng(0).random((80, 2))
    means = means_of({(0, "a"): values[:, 0], (0, "b"): values[:, 1]}, np.arange(80), FEW)
    found = means.figure(lambda a, b: a / b, (0, "a"), (0, "b"))
    drawn = resampled_means(values, np.arange(80), 200, 0)
    assert found.value == pytest.approx(values[:, 0].mean() / values[:, 1].mean())
    assert found.interval == pytest.approx(interval(drawn[:, 0] / drawn[:, 1]), rel=1e-5)
    assert means.figure(np.asarray, (0, "c")).value is None


def test_every_headline_figure_stands_with_an_interval(found):
    one = json_row(found, "skills")
    alone = {"e_p"}
    measured = [name for name in one if f"{name}_interval" in one and one[name] is not None and name not in alone]
    assert {"accuracy", "aiq", "aiq_gain", "cost_save", "arena", "apgr", "auc", "ece", "recall", "v_b"} <= set(measured)
    assert [name for name in measured if one[f"{name}_interval"] is None] == []
    for name in {*measured} - {"ece", "cpt_50", "cpt_80"}:
        low, high = one[f"{name}_interval"]
        assert low - 1e-6 <= one[name] <= high + 1e-6, name


def test_the_auc_and_brier_intervals_are_of_the_measured_cells(found, trial, suite):
    one = row(found, "skills")
    mean = found.detail.means["skills"]
    assert one.chances.auc == pytest.approx(auc(trial.scores.ravel(), mean.ravel()))
    low, high = one.chance_intervals["auc"]
    assert 0 < low < one.chances.auc < high <= 1
    assert one.chance_intervals["ece"][0] <= one.chances.ece + 0.05


def test_a_difference_that_is_noise_may_be_shown_to_be_small_or_not():
    chance = np.random.default_rng(0)
    scores, rival = (chance.random(40) < 0.5).astype(float), (chance.random(40) < 0.5).astype(float)
    for spread, small in ((0.05, False), (0.002, True)):
        versus = versus_of(scores, rival, chance.normal(0, spread, 2000), margin=0.01)
        assert (versus.verdict, versus.not_worse) == ("noise", small)
    assert versus_of(scores, rival, chance.normal(0, 0.05, 2000), margin=0.2).not_worse


def test_the_words_say_whether_noise_is_small(table, suite):
    outcomes = table.outcomes.copy()
    outcomes[::2] = 0.0
    outcomes[[0, 2, 4], 0] = 1.0
    outcomes[[6, 8], 1] = 1.0
    trial = trial_of(with_outcomes(table, outcomes))
    said = "\n".join(lines(evaluate(trial, suite, FEW)))
    assert "(+0.025 is noise), though it may be worse by more than 0.010, p" in said
    said = "\n".join(lines(evaluate(trial, suite, Resampling(200, 0, margin=0.3))))
    assert "(+0.025 is noise), not worse by more than 0.300, p" in said


def test_a_row_says_nothing_of_which_other_routers_stand_beside_it(trial, suite, found):
    alone = replace(suite, routers={"skills": suite.routers["skills"]}, kinds={"skills": "router"})
    one, other = json_row(found, "skills"), json_row(evaluate(trial, alone, FEW), "skills")
    assert {name for name in one if one[name] != other[name]} <= {"pareto_distance"}


def test_the_order_of_questions_moves_no_figure(table, suite, found):
    order = np.random.default_rng(0).permutation(40)
    other = evaluate(trial_of(table.part(order), PRICES), suite, FEW)
    for name, figure in row(found, "skills").measures.all().items():
        assert getattr(row(other, "skills").measures, name).value == pytest.approx(figure.value), name


def test_without_costs_their_figures_are_unknown_and_that_is_said(table, suite):
    evaluation = evaluate(trial_of(table), suite, FEW)
    found = row(evaluation, "skills").measures
    for name in ("cost_usd_per_1k", "arena", "arena_pool", "opt_sel", "opt_cost", "opt_sel_right", "opt_cost_right"):
        assert getattr(found, name).value is None
    assert found.opt_acc.value == pytest.approx(1.0) and found.recall.value is not None
    assert evaluation.against.pair.why == "the best and the worst single expert"
    assert any(line.startswith("No costs are known") and "--models" in line for line in lines(evaluation))
    assert all("arena score" not in markdown(sheet) for sheet in sheets(evaluation))


def test_holes_are_in_no_figure(table, suite):
    outcomes = table.outcomes.copy()
    outcomes = np.concatenate([outcomes, outcomes[:, :1]], axis=1)
    outcomes[::3, 2] = NAN
    three = replace(
        table,
        experts=("cheap", "dear", "third"),
        outcomes=outcomes,
        output_chars=np.full((40, 3), 4000.0),
        cost_usd=np.full((40, 3), NAN),
    )
    trial = trial_of(three, {**PRICES, "third": PRICES["cheap"]})
    evaluation = evaluate(trial, None, FEW)
    single = row(evaluation, "single:third")
    assert single.n == 26 and all(np.isfinite(one.value or 0) for one in single.measures.all().values())
    assert "NaN" not in orjson.dumps(as_json(evaluation)).decode()


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_experts_who_answer_all_alike_leave_nothing_to_trade(table, suite, score):
    evaluation = evaluate(trial_of(with_outcomes(table, np.full((40, 2), score)), PRICES), suite, FEW)
    found = row(evaluation, "skills").measures
    assert found.pgr.value is found.apgr.value is found.cpt_50.value is None
    assert found.oracle_gap.value == 0.0 and found.recall.value == (None if score == 0 else 1.0)
    assert (found.gain_at_random.value, found.v_b.value) == ((None, None) if score == 0 else (0.0, 1.0))
    assert any("no PGR, APGR or CPT: no expert is better than another" in line for line in lines(evaluation))
    assert "NaN" not in orjson.dumps(as_json(evaluation)).decode()


def test_one_expert_alone_has_nothing_to_choose_and_is_told_so(world):
    evaluation = evaluate(trial_of(read_table(*world, experts=["dear"]), PRICES), None, FEW)
    found = row(evaluation, "single:dear").measures
    assert found.opt_sel.value == found.opt_acc.value == 1.0 and found.pgr.value is found.arena_pool.value is None
    assert any(line.startswith("With one expert there is nothing to choose") for line in lines(evaluation))


def test_one_question_gives_figures_without_a_spread(table, suite):
    evaluation = evaluate(trial_of(table.part(np.array([1])), PRICES), suite, FEW)
    one = json_row(evaluation, "skills")
    assert (one["n"], one["accuracy_interval"], one["auc_interval"]) == (1, (1.0, 1.0), None)
    assert "NaN" not in orjson.dumps(as_json(evaluation)).decode() and list(lines(evaluation))


def test_a_score_outside_0_to_1_is_refused_in_one_line(world, write):
    outcomes = write("high", [{"query_id": "q0", "model": "cheap", "score": 1.5}])
    with pytest.raises(TableError, match=r"score 1\.5 of cheap on q0 .* must lie in \[0, 1\]"):
        read_table(world[0], outcomes)


def test_repeated_questions_judge_the_oracle_by_their_other_draws(table, suite):
    assert value(evaluate(trial_of(table), suite, FEW), "skills", "oracle_gap_repeated") is None
    twice = replace(table, groups=np.arange(40) // 4 * 2 + np.arange(40) % 2)
    evaluation = evaluate(trial_of(twice), suite, FEW)
    assert evaluation.against.oracle.repeated_n == 40
    assert any("40 repeated questions, judged by their other draws" in line for line in lines(evaluation))
    assert value(evaluation, "query oracle", "oracle_gap_repeated") < 0


def test_the_two_best_single_experts_and_the_oracle_are_three_references(table):
    """Law: cheap 20 of 20, dear 10. Math: cheap 2 of 20, which dear misses, and dear 15."""
    law = np.arange(40) % 2 == 0
    outcomes = table.outcomes.copy()
    outcomes[law, 0], outcomes[np.flatnonzero(~law)[-2:], 0] = 1.0, 1.0
    evaluation = evaluate(trial_of(with_outcomes(table, outcomes), PRICES), None, FEW)
    assert value(evaluation, "single:cheap", "gain_at_best") == pytest.approx((1 / 0.5 + 0.1 / 0.75) / 2 - 1)
    assert value(evaluation, "single:cheap", "gain_at_best_each") == pytest.approx((1 + 0.1 / 0.75) / 2 - 1)
    assert value(evaluation, "single:cheap", "gap_at_oracle") == pytest.approx((0 + 1 - 0.1 / 0.85) / 2)
    assert value(evaluation, "single:cheap", "gain_at_random") == pytest.approx((1 / 0.75 + 0.1 / 0.425) / 2 - 1)
    figure = row(evaluation, "single:dear").measures
    assert figure.gain_at_best.interval == (0.0, 0.0) and figure.gain_at_best_each.interval[1] < 0
