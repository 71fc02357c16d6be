"""Medians, goals and what is told of them."""

from __future__ import annotations

import json

import pytest

from eval.bench.contestants import AUTO, LITELLM, NAMED, PROXY, UPSTREAM
from eval.bench.coterie import Records
from eval.bench.goals import Goal, goals
from eval.bench.report import Report, amount, as_json, figure_rows, goal_rows, sheets
from eval.bench.rounds import Course, Figures, Results, Turn, summary
from eval.bench.tables import Sheet, markdown, publish, terminal
from eval.bench.wrk import Load


def figures(requests_per_s: float, p50_one_ms: float = 0.1, memory_mb: float = 10) -> Figures:
    return Figures(requests_per_s, 1.0, 2.0, p50_one_ms, memory_mb, turns=())


MEASURED = {
    UPSTREAM: figures(100_000, 0.05),
    PROXY: figures(40_000, 0.08),
    NAMED: figures(8_000, 0.45, 180),
    AUTO: figures(3_000, 2.5, 180),
    LITELLM: figures(100, 12),
}
REPORT = Report(Course(5, 16, 3), 0.5, Results(MEASURED, {}), Records(written=10, waiting=0, dropped=0))


def turn(requests_per_s: float, p50_ms: float, p99_ms: float, one_ms: float) -> Turn:
    return Turn(Load(1, requests_per_s, p50_ms, p99_ms), Load(1, 1.0, one_ms, one_ms))


def test_each_figure_is_a_median_by_itself():
    turns = [turn(100, 3, 9, 0.2), turn(300, 1, 50, 0.1), turn(200, 2, 10, 0.9)]
    row = summary(turns, 42)
    assert (row.requests_per_s, row.p50_ms, row.p99_ms, row.p50_one_ms, row.memory_mb) == (200, 2, 10, 0.2, 42)
    assert row.turns == tuple(turns)


def test_goals_are_judged_by_their_ratios():
    assert [(goal.value, goal.reached) for goal in goals(MEASURED)] == [
        (pytest.approx(1 / 5), True),
        (pytest.approx(80), True),
        (pytest.approx(3 / 8), False),
        (pytest.approx(0.4), True),
        (pytest.approx(2.45), False),
        (180, True),
    ]


def test_what_was_not_measured_is_neither_reached_nor_missed():
    without = {name: row for name, row in MEASURED.items() if name not in (LITELLM, AUTO)}
    assert [goal.reached for goal in goals(without)] == [True, None, None, True, None, True]
    assert all(goal.reached is None for goal in goals({}))


def test_a_ratio_may_equal_its_bound_and_an_amount_may_not():
    assert Goal("x", 50, 50, "times").reached is True
    assert Goal("x", 350, 350, "MB").reached is False


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(1 / 5.3, "fraction", "1/5.3"), (1 / 8, "fraction", "1/8"), (63.4, "times", "63.4x"), (0.41, "ms", "0.41 ms")],
)
def test_amounts_are_told_in_their_unit(value, unit, text):
    assert amount(value, unit) == text


def test_a_row_tells_throughput_latency_what_is_added_and_memory():
    assert figure_rows(MEASURED)[2] == [NAMED, "8,000", "1.00", "2.00", "0.450", "0.400", "180"]


def test_added_latency_is_left_out_where_the_upstream_failed():
    assert figure_rows({NAMED: MEASURED[NAMED]})[0][5] == ""


def test_each_goal_is_marked():
    rows = goal_rows(goals({**MEASURED, LITELLM: figures(1000)}))
    assert rows[0] == ["throughput, named expert / nginx proxy", "1/5", "at least 1/8", "reached"]
    assert rows[1] == ["throughput, named expert / LiteLLM", "8x", "at least 50x", "not reached"]
    assert goal_rows(goals({}))[1][1:] == ["", "at least 50x", "not measured"]


def test_a_sheet_is_a_markdown_table():
    assert markdown(Sheet(("name", "value"), [("a", "1"), ("b", "2")])).splitlines() == [
        "| name | value |",
        "| --- | ---: |",
        "| a | 1 |",
        "| b | 2 |",
    ]


@pytest.mark.parametrize("as_markdown", [True, False])
def test_no_figure_is_cut_off(capsys, as_markdown):
    publish(terminal(), sheets(REPORT), as_markdown)
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert all(cell in printed for sheet in sheets(REPORT) for row in (sheet.head, *sheet.rows) for cell in row)


def test_the_conditions_are_told_with_the_figures():
    assert "16 connections, 5 s, median of 3 rounds" in REPORT.conditions
    assert "10 answers recorded, 0 lost" in REPORT.conditions


def test_the_json_holds_every_turn_and_every_verdict():
    report = Report(REPORT.course, 0.5, Results({NAMED: summary([turn(1, 2, 3, 4)], 5)}, {AUTO: "x"}), REPORT.records)
    told = json.loads(json.dumps(as_json(report)))
    assert told["results"]["figures"][NAMED]["turns"][0]["many"]["p99_ms"] == 3
    assert told["results"]["failures"] == {AUTO: "x"}
    assert [goal["reached"] for goal in told["goals"]] == [None, None, None, None, None, True]
