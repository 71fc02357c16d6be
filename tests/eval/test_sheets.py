"""The tables of `coterie eval routing` on a terminal: whole, and no wider than they may be."""

from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from eval.bench.tables import Sheet, markdown, show
from eval.metrics.shrunk_oracle import fitted_chances
from eval.publishing import WIDTH
from eval.report.figures import whiskers
from eval.report.ink import LONGEST, distinct
from eval.routing.data import trial_of
from eval.routing.report import as_json, lines, sheets
from eval.routing.rows import Resampling
from eval.routing.run import evaluate
from eval.routing.single import read_single
from tests.eval.conftest import Believing

LONG = [f"my-organisation/Some-Very-Long-Model-Name-Instruct-v{k}-quantised-int8" for k in range(30)]


def shown(sheet, width=40):
    written = StringIO()
    show(Console(file=written, width=width, highlight=False), sheet)
    return [line.rstrip() for line in written.getvalue().splitlines()]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """Forty questions answered by thirty experts with long names, at a price; nothing was trained before."""
    chance, path = np.random.default_rng(0), tmp_path_factory.mktemp("crowd") / "mine.jsonl"
    costs = dict(zip(LONG, np.linspace(0.001, 0.02, 30).tolist(), strict=True))
    with path.open("w") as written:
        for n in range(40):
            right = (chance.random(30) < np.linspace(0.3, 0.7, 30)).astype(int).tolist()
            category = ("law", "math")[n % 2]
            row = {"text": f"{category} {n}", "category": category, "scores": dict(zip(LONG, right, strict=True))}
            written.write(json.dumps({**row, "costs": costs}) + "\n")
    return evaluate(trial_of(read_single(path)), Believing({}, {}), Resampling(200, seed=0))


def test_every_sheet_fits_beside_thirty_long_names(crowd):
    found = sheets(crowd)
    assert len(found) >= 6
    assert max(len(line) for sheet in found for line in shown(sheet)) <= WIDTH


def test_no_two_experts_look_alike(crowd):
    [experts] = [sheet for sheet in sheets(crowd) if sheet.head[0] == "expert"]
    names = [row[0] for row in experts.rows]
    assert len(set(names)) == 30 and any("v17" in name for name in names)


def test_single_experts_stand_in_one_sheet_alone(crowd):
    assert sum("v17" in markdown(sheet) for sheet in sheets(crowd)) == 1


def test_a_star_marks_what_was_fitted_on_these_questions_and_a_line_explains_it(crowd):
    assert any(row[0] == "kNN *" for row in sheets(crowd)[0].rows)
    assert any(line.startswith("* Cross-fitted on these questions") and "kNN" in line for line in lines(crowd))


def test_who_always_chooses_alike_is_not_said_to_rank_questions(crowd):
    rows = {row["name"]: row for row in as_json(crowd)["rows"] if row["setting"] is None}
    best, other = rows["best single (cross-fitted)"], rows["kNN (cross-fitted)"]
    for name in ("apgr", "cpt_50", "auc_mean"):
        assert best[name] is None and other[name] is not None
    assert best["auc"] is not None and best["pgr"] is not None


def test_few_questions_are_called_few(crowd):
    assert any(line.startswith("40 different questions show little") for line in lines(crowd))


def test_a_narrow_terminal_cuts_nothing():
    figures = [f"{k}.000 [0.000, 1.000]" for k in range(9)]
    printed = "\n".join(shown(Sheet(("", *"abcdefghi"), [("[bold]name", *figures)])))
    assert "…" not in printed and "[bold]name" in printed and all(figure in printed for figure in figures)


@given(st.lists(st.text(min_size=1, max_size=60), unique=True, max_size=12))
def test_shortened_names_fit_and_can_be_printed(names):
    found = distinct(names)
    assert len(found) == len(names)
    assert all(len(label) <= LONGEST and label.isprintable() for label in found)


@given(st.lists(st.integers(0, 10**6), unique=True, min_size=2, max_size=12), st.text("ab-", max_size=60))
def test_names_that_differ_in_one_place_are_told_apart(numbers, rest):
    names = [f"organisation/model-{rest}{number}{rest}" for number in numbers]
    assert len(set(distinct(names))) == len(names)


def test_experts_that_always_score_alike_have_their_mean_as_their_chance():
    chance = np.random.default_rng(0)
    alike = np.column_stack([np.ones(200), np.full(200, 0.37), (chance.random((200, 3)) < 0.5).astype(float)])
    found = fitted_chances(alike, np.arange(200))
    assert np.allclose(found[:, 0], 1) and np.allclose(found[:, 1], 0.37) and found[:, 2].std() > 0
    assert np.allclose(fitted_chances(np.ones((200, 3)), np.arange(200)), 1)


def test_one_question_asked_many_times_has_no_fitted_chances():
    assert fitted_chances(np.ones((200, 3)), np.zeros(200, dtype=int)) is None


def test_whiskers_point_outwards_though_rounding_put_the_interval_beside_its_value():
    assert whiskers(0.37, (0.37000000000000005, 0.4)) == (0.0, pytest.approx(0.03))
    assert whiskers(0.5, None) == (0.0, 0.0)
