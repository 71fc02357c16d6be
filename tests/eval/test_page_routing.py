"""The page of `coterie eval routing`: its plots are figures of the JSON, and where one cannot be it says why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest

from eval.report.page import html
from eval.report.parts import Missing, figures_json
from eval.routing.data import trial_of
from eval.routing.detail import Detail, items_of
from eval.routing.figures.asked import shares
from eval.routing.figures.calibration import reliability
from eval.routing.figures.difficulty import band_edges, band_of, difficulty, hardness_to_others
from eval.routing.figures.every import figures_of
from eval.routing.figures.gain import MOST, gain_of
from eval.routing.page import page_of
from eval.routing.report import as_json
from eval.routing.rows import Resampling
from eval.routing.run import evaluate
from gateway.experts import DEFAULT_THRIFT
from routers.irt.router import IrtRouter
from routers.table import read_table
from tests.conftest import coterie
from tests.eval.conftest import Believing, Reader, fitted

FEW = Resampling(200, seed=0)
NAN = float("nan")


@pytest.fixture
def found(trial, suite):
    return evaluate(trial, suite, FEW)


@pytest.fixture
def figures(found):
    return {figure.key: figure for figure in figures_of(found)}


def test_the_frontier_is_the_rows_of_the_json(found, figures):
    rows = {(row["name"], row["setting"]["thrift"]): row for row in as_json(found)["rows"] if row["setting"]}
    [skills] = [one for one in figures["frontier"].series if one.name == "skills"]
    for point in skills.points:
        row = rows["skills", float(point.setting.removeprefix("thrift "))]
        assert (point.cost, point.accuracy) == (row["cost_usd_per_1k"], row["accuracy"])
    assert [point.setting for point in skills.points if point.default] == [f"thrift {DEFAULT_THRIFT:g}"]
    assert [(one.name, one.accuracy) for one in figures["frontier"].singles] == [("cheap", 0.25), ("dear", 0.625)]
    assert figures["frontier"].zero[0][1] == 0.25 and figures["frontier"].zero[-1][1] == 0.625


def test_the_knob_is_shown_from_quality_alone_to_price_alone(figures):
    thrifts = [at.thrift for at in figures["settings"].settings]
    assert thrifts == sorted(thrifts) and (thrifts[0], thrifts[-1]) == (0.0, 1.0)
    assert figures["settings"].single == 0.625 and figures["settings"].settings[-1].accuracy == 0.25


def test_gains_by_category_are_paired_and_sum_to_the_gain_of_all(trial):
    difference = np.where(np.arange(40) % 2 == 1, 0.5, -0.25)
    found = gain_of(trial, difference, "x", FEW)
    assert [(row.name, row.n, row.value) for row in found.rows] == [("math", 20, 0.5), ("law", 20, -0.25)]
    assert found.rows[0].interval == (0.5, 0.5) and found.rows[0].sure
    assert sum(row.n * row.value for row in found.rows) / 40 == pytest.approx(difference.mean())


def test_a_question_without_a_score_is_in_no_gain(trial):
    difference = np.where(np.arange(40) % 2 == 1, NAN, 0.0)
    difference[0] = NAN
    assert [(row.name, row.n) for row in gain_of(trial, difference, "x", FEW).rows] == [("law", 19)]


def test_of_many_categories_the_rarest_are_one_row(trial):
    names = tuple(f"kind {n}" if n < 30 else "law" for n in range(40))
    found = gain_of(replace(trial, table=replace(trial.table, categories=names)), np.zeros(40), "x", FEW)
    assert len(found.rows) == MOST and sum(row.n for row in found.rows) == 40
    assert {"law", "(all others)"} <= {row.name for row in found.rows}


def test_reliability_is_over_the_bins_of_the_calibration_error():
    scores, predicted = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.25, 0.3, 0.31, 1.0])
    found = reliability("x", scores, predicted, np.arange(4), FEW)
    assert [(at.low, at.high, at.n, at.score) for at in found.bins] == [
        (0.2, 0.3, 2, 0.5),
        (0.3, 0.4, 1, 1.0),
        (0.9, 1.0, 1, 1.0),
    ]
    assert found.ece == pytest.approx(sum(at.n * abs(at.score - at.predicted) for at in found.bins) / 4)


def test_the_calibration_of_the_page_is_that_of_the_report(found, figures):
    [row] = [row for row in as_json(found)["rows"] if row["name"] == "skills" and row["setting"] is None]
    assert figures["calibration"].routers[0].ece == pytest.approx(row["ece"])
    assert sum(at.n for at in figures["calibration"].routers[0].bins) == 80


def test_who_gets_asked_is_the_share_of_the_json(found, figures):
    [row] = [row for row in as_json(found)["rows"] if row["name"] == "skills" and row["setting"] is None]
    place = figures["asked"].ways.index("skills, quality alone")
    assert {one.name: one.shares[place] for one in figures["asked"].rows} == {"cheap": 0.0, "dear": 1.0, **row["share"]}


def test_of_many_experts_those_that_are_asked_are_named():
    columns = np.zeros((20, 2))
    columns[:3] = [[0.6, 0.1], [0.3, 0.4], [0.1, 0.5]]
    found = shares([f"e{k}" for k in range(20)], columns, "e9")
    assert [row.name for row in found] == ["e2", "e1", "e0", "e9", "16 others"]
    assert found[3].best and sum(row.shares[1] for row in found) == pytest.approx(1)


def test_nobody_judges_himself_how_hard_a_question_is(table):
    outcomes = np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [NAN, 1.0]])
    part = replace(table.part(np.arange(4)), outcomes=outcomes)
    hard = hardness_to_others(trial_of(part))
    assert np.array_equal(hard, [[1, 0], [1, 1], [0, 0]], equal_nan=True)


def test_bands_are_of_about_equal_mass_and_cut_no_tie():
    hard = np.repeat([0.0, 0.25, 0.5, 1.0], [50, 25, 20, 5])
    edges = band_edges(hard)
    assert edges.tolist() == [0.0, 0.25, 0.5, 1.0]
    assert np.bincount(band_of(hard, edges)).tolist() == [50, 25, 20, 5]
    assert len(band_edges(np.random.default_rng(0).random(1000))) == 10


def test_experts_fare_by_difficulty_as_they_were_measured(trial):
    found = difficulty(trial)
    [dear] = [one for one in found.experts if one.name == "dear"]
    assert found.experts[0].name == "dear" and dear.accuracy == 0.625 and sum(dear.counts) == 40
    assert sum((a or 0) * n for a, n in zip(dear.accuracies, dear.counts, strict=True)) == pytest.approx(25)


def test_abilities_and_difficulties_foretell_as_their_router_does(trial):
    chance = np.random.default_rng(0)
    X = chance.normal(size=(200, 3)).astype(np.float32)
    Y = (chance.random((200, 2)) < np.array([0.3, 0.8])).astype(float)
    router = IrtRouter(dimensions=2, epochs=3, folds=0).fit(X, Y, ["dear", "cheap"])
    suite = Believing({"irt": router}, {"irt": "router"})
    found = items_of(trial, suite, X)
    assert found is not None and found.router == "irt" and found.difficulties.shape == (200,)
    assert found.abilities[0] > found.abilities[1] and (found.errors > 0).all()
    alpha, beta = router.query_side(X)
    logits = router.link_.scale_ * (alpha @ router.theta_[1] - beta) + router.link_.offset_
    assert found.abilities[0] - found.difficulties.mean() == pytest.approx(logits.mean(), abs=1e-4)


def test_the_page_holds_every_plot_or_says_why(found, figures):
    written = html(page_of(found, tuple(figures.values())))
    missing = {key for key, figure in figures.items() if isinstance(figure, Missing)}
    assert missing == {"abilities"} and "no router of item response theory" in written
    assert written.count("<svg") == len(figures) - 1 and written.count("Not drawn:") == 1
    assert "skills: 0.625" in written


def test_without_a_suite_and_costs_what_is_measured_is_still_shown(table):
    found = evaluate(trial_of(table), None, FEW)
    figures = figures_of(found)
    drawn = {figure.key for figure in figures if not isinstance(figure, Missing)}
    assert drawn == {"difficulty"} and "costs are unknown" in html(page_of(found, figures))
    assert orjson.dumps(figures_json(figures))


def test_prices_without_a_router_still_make_a_frontier_of_single_experts(trial):
    figures = {figure.key: figure for figure in figures_of(evaluate(trial, None, FEW))}
    assert figures["frontier"].series == () and len(figures["frontier"].singles) == 2
    assert html(page_of(evaluate(trial, None, FEW), tuple(figures.values())))


def test_names_of_experts_are_escaped(write):
    names = ("<script>alert(1)</script>", "b & c")
    questions = [{"query_id": f"q{n}", "text": f"law {n}", "category": "<b>", "source": "own"} for n in range(20)]
    outcomes = [
        {"query_id": f"q{n}", "model": name, "score": float((n + k) % 3 > 0)}
        for n in range(20)
        for k, name in enumerate(names)
    ]
    table = read_table(write("questions", questions), write("outcomes", outcomes))
    suite = Believing({"skills": fitted(Reader(((0.9, 0.9), (0.2, 0.8))), names)}, {"skills": "router"})
    found = evaluate(trial_of(table), suite, FEW)
    written = html(page_of(found, figures_of(found)))
    assert "<script" not in written and "&lt;script&gt;" in written and "<b>" not in written


def test_the_page_is_written_and_what_it_plots_is_in_the_json(world, tmp_path):
    tables = ("--questions", world[0], "--outcomes", world[1], "--resamples", "100")
    done = coterie(tmp_path, "eval", "routing", *map(str, tables), "--html", "page.html", "--json", "report.json")
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "page.html").read_text()
    report = orjson.loads((tmp_path / "report.json").read_bytes())
    assert written.startswith("<!doctype html>") and "Routers over 2 experts, 40 questions" in written
    why = "costs are unknown; give --models, `costs` or a column cost_usd"
    assert report["figures"]["frontier"] == {"missing": why}
    assert report["figures"]["difficulty"]["experts"][0]["accuracy"] == 0.625


def test_a_page_that_cannot_be_written_is_one_line(world, tmp_path):
    tables = ("--questions", world[0], "--outcomes", world[1], "--resamples", "100")
    done = coterie(tmp_path, "eval", "routing", *map(str, tables), "--html", "no/page.html")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "no/page.html cannot be written" in done.stderr


def test_an_evaluation_without_detail_has_a_page_too(found):
    assert html(page_of(found, figures_of(replace(found, detail=Detail())))).count("Not drawn:") > 5
