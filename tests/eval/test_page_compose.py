"""The page of `coterie eval compose`: what it plots is what the strategies did, question by question."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import orjson
import pytest

from eval.compose.figures import VOTES, calls, figures_of, frontier
from eval.compose.page import page_of
from eval.compose.report import as_json
from eval.compose.run import Order, evaluate
from eval.compose.settings import KNOBS
from eval.report.page import html
from eval.report.parts import Missing, figures_json
from tests.eval.test_compose import FEW, PRICES, files, recorded, trained, trial

__all__ = ["files", "recorded", "trial"]


@pytest.fixture(scope="module")
def found(trial, recorded):
    return evaluate(trial, recorded, trained(), PRICES, Order(tuple(KNOBS)), FEW)


@pytest.fixture(scope="module")
def figures(found):
    return {figure.key: figure for figure in figures_of(found)}


def test_the_frontier_is_the_rows_of_the_json(found, figures):
    rows = as_json(found)["rows"]
    points = {(one.name, at.cost, at.accuracy) for one in figures["frontier"].series for at in one.points}
    assert {(r["name"], r["cost_usd_per_1k"], r["accuracy"]) for r in rows if r["kind"] == "strategy"} <= points
    assert [one.name for one in figures["frontier"].series if one.minor] == [VOTES]
    rings = [one.name for one in figures["frontier"].series for at in one.points if at.default]
    assert sorted(rings) == sorted(KNOBS)


def test_without_prices_the_frontier_is_over_calls(found):
    unpriced = tuple(replace(row, cost_usd_per_1k=None) for row in found.rows)
    bare = frontier(replace(found, trial=replace(found.trial, costs=None), rows=unpriced))
    assert bare.axis == "calls per question"
    assert [at.cost for one in bare.series if one.name == "single" for at in one.points][0] == 1.0


def test_calls_by_difficulty_sum_to_the_calls_of_the_report(found, figures):
    sizes = np.array([band.n for band in figures["calls"].bands])
    assert sizes.sum() == 40
    means = {one.name: (np.array(one.calls) * sizes).sum() / 40 for one in figures["calls"].strategies}
    right = {one.name: (np.array(one.accuracies) * sizes).sum() / 40 for one in figures["calls"].strategies}
    for row in found.rows:
        if row.default:
            assert means[row.name] == pytest.approx(row.calls_per_query)
            assert right[row.name] == pytest.approx(row.accuracy)


def test_the_gain_is_that_of_the_strategy_that_chooses_question_by_question(found, figures):
    [auto] = [row for row in found.rows if row.name == "auto" and row.default]
    gain = figures["gain"]
    assert gain.of.startswith("auto over") and {row.name for row in gain.rows} == {"law", "math"}
    assert sum(row.n * row.value for row in gain.rows) / 40 == pytest.approx(auto.versus.difference)


def test_who_gets_asked_before_is_one_expert_a_question(figures):
    assert sum(row.shares[0] for row in figures["asked"].rows) == pytest.approx(1)
    assert sum(row.shares[1] for row in figures["asked"].rows) >= 1


def test_the_page_holds_plots_words_and_every_setting(found, figures):
    written = html(page_of(found, tuple(figures.values())))
    drawn = [figure for figure in figures.values() if not isinstance(figure, Missing)]
    assert written.count("<svg") == len(drawn) >= 4 and "<h2>Every setting</h2>" in written
    assert "oracle of all" in written and orjson.dumps(figures_json(figures.values()))


def test_without_an_artifact_the_page_says_what_is_not_there(trial, recorded):
    bare = evaluate(trial, recorded, None, PRICES, Order(()), FEW)
    written = html(page_of(bare, figures_of(bare)))
    assert written.count("Not drawn: no strategy was played; give --artifact.") == 3
    assert isinstance(calls(bare), Missing) and "best single (hindsight)" in written
