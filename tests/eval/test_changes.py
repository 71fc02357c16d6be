"""What a change does to the answers: flips, their noise, verdicts, and the tables that cannot be used."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from typer.testing import CliRunner

from eval.changes.change import Change, Side
from eval.changes.command import Terms, judge_versions
from eval.changes.multiplicity import benjamini_hochberg, holm
from eval.changes.report import as_json, lines, sheets
from eval.changes.rows import fine_p, measures
from eval.changes.verdicts import in_category, overall
from eval.cli import app as eval_app
from eval.metrics.bootstrap import p_value
from eval.routing.rows import Resampling
from routers.errors import RouterError, TableError

N = 400
DRAWN = Resampling(500, 0)
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.fixture
def questions(write):
    """Half law, half math; two by two they are the same question."""
    return write(
        "questions",
        [
            {
                "query_id": f"q{n}",
                "text": f"what is {n}?",
                "category": ("law", "math")[n % 2],
                "dup_group": f"g{n // 4}",
            }
            for n in range(N)
        ],
    )


@pytest.fixture
def answered(write):
    """answered("before", m=scores): a table with a score per question for each expert; None for a hole."""

    def table(name, **scores):
        rows = [
            {"query_id": f"q{n}", "model": model, "score": score}
            for model, column in scores.items()
            for n, score in enumerate(column)
            if score is not None
        ]
        return write(name, rows)

    return table


def judge(questions, before, after, experts=None, margin=0.02, plan=None, texts=False):
    return judge_versions(questions, before, after, experts, plan, Terms(margin, DRAWN, texts))


def whole(found, name="m"):
    return next(row for row in found.rows if row.name == name and not row.category)


def mixed(share, seed=0):
    return (np.random.default_rng(seed).random(N) < share).astype(float).tolist()


def test_flips_are_counted_one_by_one(questions, answered):
    before = [1.0] * 200 + [0.0] * 200
    after = [0.0] * 30 + [1.0] * 170 + [1.0] * 20 + [0.0] * 180
    found = judge(questions, answered("before", m=before), answered("after", m=after))
    row = whole(found)
    assert (row.negative.value, row.positive.value) == (30 / N, 20 / N)
    assert row.difference.value == pytest.approx(-10 / N) and (row.before.value, row.n) == (0.5, N)
    assert {flip.query_id for flip in found.flips if flip.to == "wrong"} == {f"q{n}" for n in range(30)}
    assert [flip.query_id for flip in found.flips if flip.to == "right"] == [f"q{n}" for n in range(200, 220)]
    low, high = row.negative.interval
    assert low < 30 / N < high


def test_a_category_that_lost_is_named_and_the_other_is_not(questions, answered):
    before = [1.0] * N
    after = [0.0 if n % 2 and n < 120 else 1.0 for n in range(N)]
    found = judge(questions, answered("before", m=before), answered("after", m=after))
    verdicts = {row.category: row.verdict for row in found.rows}
    assert verdicts == {"": "worse", "law": "same", "math": "worse"}
    said = "\n".join(lines(found))
    assert "By category, after Holm's adjustment, worse: math (-0.300" in said


def test_a_small_loss_is_noise_and_with_a_wider_margin_safe(questions, answered):
    tables = answered("before", m=mixed(0.6)), answered("after", m=mixed(0.6, seed=1))
    assert whole(judge(questions, *tables)).verdict == "noise"
    assert whole(judge(questions, *tables, margin=0.2)).verdict == "safe"
    assert "one of 0.02 is not ruled out" in "\n".join(lines(judge(questions, *tables)))


def test_the_same_file_twice_flips_nothing(questions, answered):
    table = answered("before", m=mixed(0.5))
    found = judge(questions, table, table)
    assert (found.verdict, found.flips) == ("same", ()) and whole(found).p_value == 1
    assert "before and after are the same file" in found.notes and "no answer flipped" in "\n".join(lines(found))


def test_only_pairs_known_on_both_sides_are_compared(questions, answered):
    before = [1.0] * 300 + [None] * 100
    after = [None] * 50 + [1.0] * 350
    found = judge(questions, answered("before", m=before), answered("after", m=after))
    assert whole(found).n == whole(found).asked == 250
    assert "m: 50 questions answered before, not after" in found.notes
    assert "m: 100 questions answered after, not before" in found.notes


def test_an_expert_may_have_another_name_afterwards(questions, answered):
    before, after = answered("before", old=mixed(0.5)), answered("after", new=mixed(0.5))
    with pytest.raises(TableError, match="have no expert in common; say --experts old=new"):
        judge(questions, before, after)
    assert whole(judge(questions, before, after, ["old=new"]), "old -> new").verdict == "same"


def test_a_name_may_hold_an_equals_sign(questions, answered):
    tables = [answered(name, **{"m=1": mixed(0.5)}) for name in ("before", "after")]
    assert whole(judge(questions, *tables, ["m=1"]), "m=1").verdict == "same"


def test_flips_of_an_unchanged_expert_are_noise_once_it_was_asked_twice(questions, write):
    """Each question is a coin: a quarter of all answers go from right to wrong though nothing has changed."""
    chance = np.random.default_rng(1)

    def table(name, p):
        rows = [
            {"query_id": f"q{n}", "model": "m", "sample": k, "score": float(chance.random() < p)}
            for n in range(N)
            for k in range(4)
        ]
        return write(name, rows)

    row = whole(judge(questions, table("before", 0.5), table("after", 0.5)))
    assert row.negative.value == pytest.approx(0.25, abs=0.03) == row.floor.value
    assert row.beyond.interval[0] < 0 < row.beyond.interval[1]
    changed = judge(questions, table("before", 0.5), table("after", 0.3))
    assert whole(changed).beyond.interval[0] > 0 and "the change takes more than that" in "\n".join(lines(changed))


def test_a_mean_over_samples_counts_as_so_many_answers(questions, write):
    rows = [{"query_id": f"q{n}", "model": "m", "samples": 4, "score": (0.5, 1.0)[n % 2]} for n in range(N)]
    row = whole(judge(questions, write("before", rows), write("after", rows)))
    assert row.floor.value == pytest.approx(0.5 * 0.25 * 4 / 3) and row.before.value == 0.75


def test_from_one_answer_a_question_the_noise_is_not_told(questions, answered):
    found = judge(questions, answered("before", m=mixed(0.5)), answered("after", m=mixed(0.5, 1)))
    assert whole(found).floor is None
    assert "cannot be told from one answer a question" in "\n".join(lines(found))


def test_graded_scores_are_told_as_such(questions, answered):
    found = judge(questions, answered("before", m=[0.9] * N), answered("after", m=[0.7] * 100 + [0.9] * 300))
    row = whole(found)
    assert (row.drops.value, row.rises.value, row.negative.value) == (0.25, 0, 0)
    assert row.score.value == pytest.approx(-0.05) and len(sheets(found)) == 2


def test_the_report_quotes_questions_only_where_that_is_wished_for(questions, answered):
    tables = answered("before", m=[1.0] * N), answered("after", m=[0.0] + [1.0] * (N - 1))
    assert as_json(judge(questions, *tables))["flips"][0]["text"] is None
    assert as_json(judge(questions, *tables, texts=True))["flips"][0]["text"] == "what is 0?"


def test_tables_that_cannot_be_used_are_refused_in_words(questions, answered, write):
    good = answered("good", alpha=mixed(0.5))
    with pytest.raises(TableError, match="no outcome of alpa; the nearest it has are alpha"):
        judge(questions, good, good, ["alpa"])
    with pytest.raises(TableError, match=r"score 1.5 of alpha .* must lie in \[0, 1\]"):
        judge(questions, good, answered("wrong", alpha=[1.5] * N))
    with pytest.raises(TableError, match="no score on any of these questions"):
        judge(questions, good, write("strange", [{"query_id": "x", "model": "alpha", "score": 1}]))
    with pytest.raises(TableError, match="no score on any of these questions"):
        judge(questions, good, write("empty", [{"query_id": "q0", "model": "alpha", "score": None}]))
    twice = [{"query_id": "q0", "model": "alpha", "score": score} for score in (0, 1)]
    with pytest.raises(TableError, match="alpha on q0 both 0 and 1; number the draws"):
        judge(questions, good, write("twice", twice))
    halves = [None] * 200 + [1.0] * 200
    with pytest.raises(TableError, match="no question was answered both before and after"):
        judge(questions, answered("first", alpha=halves), answered("second", alpha=halves[::-1]))


def test_categories_with_few_questions_get_no_verdict(questions, answered):
    before = [1.0 if n % 2 or n < 20 else None for n in range(N)]
    found = judge(questions, answered("before", m=before), answered("after", m=[0.0] * N))
    assert {row.category: row.verdict for row in found.rows} == {"": "worse", "law": "too few", "math": "worse"}


@given(P_VALUES)
def test_adjusted_p_values_never_fall_and_keep_their_order(raw):
    strict, lenient = holm(raw), benjamini_hochberg(raw)
    assert all(p <= low + 1e-12 <= high + 2e-12 for p, low, high in zip(raw, lenient, strict, strict=True))
    assert max(strict) <= 1
    order = np.argsort(raw)
    assert (np.diff(np.array(strict)[order]) >= -1e-12).all()


def test_holm_is_as_published():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg([0.01, 0.04]) == pytest.approx(false_discovery_control([0.01, 0.04]).tolist())
    assert (holm([]), benjamini_hochberg([])) == ([], [])


def test_p_is_finer_than_the_number_of_resamples_where_all_lie_on_one_side():
    resampled = np.random.default_rng(0).normal(0.1, 0.01, 1000)
    assert p_value(resampled) == pytest.approx(2 / 1001) and fine_p(0.1, resampled) < 1e-12
    centred = resampled - 0.1
    assert fine_p(0.0, centred) == p_value(centred)


class Moved:
    def __init__(self, value, low, high):
        self.value, self.interval = value, (low, high)


def test_the_verdicts():
    assert overall(Moved(0, 0, 0), 1.0, False, 0.01) == "same"
    assert overall(Moved(-0.005, -0.009, -0.001), 0.02, True, 0.01) == "safe"
    assert overall(Moved(0.03, 0.01, 0.05), 0.001, True, 0.01) == "better"
    assert overall(Moved(-0.03, -0.05, -0.01), 0.001, True, 0.01) == "worse"
    assert overall(Moved(-0.01, -0.03, 0.01), 0.3, True, 0.01) == "noise"
    assert in_category(Moved(-0.03, -0.05, -0.01), 0.06, True) == "noise"


def test_partly_asked_questions_give_what_all_of_them_would_on_average():
    """Over many draws the mean of the estimates is the truth, however wrong what was foreseen is."""
    chance = np.random.default_rng(0)
    b, a = (chance.random(200) < 0.6).astype(float), (chance.random(200) < 0.5).astype(float)
    chances, foreseen, nothing = chance.uniform(0.2, 0.9, 200), chance.random(200), np.full(200, np.nan)
    truth = {"after": a.mean(), "negative": (b * (1 - a)).mean(), "difference": (a - b).mean()}
    found = {name: [] for name in truth}
    for _ in range(3000):
        drawn = chance.random(200) < chances
        after = Side(np.where(drawn, a, np.nan), np.where(drawn, a, np.nan), nothing)
        told = measures(Change("m", Side(b, b, nothing), after, False, np.where(drawn, chances, np.nan), foreseen))
        for name in truth:
            found[name].append(told[name].mean())
    for name, values in found.items():
        assert np.mean(values) == pytest.approx(truth[name], abs=4 * np.std(values) / np.sqrt(3000))


def run(*arguments):
    """The command as typed; what it refuses is raised."""
    done = CliRunner().invoke(eval_app, ["regression", *map(str, arguments)])
    if isinstance(done.exception, RouterError):
        raise done.exception
    return done


@pytest.fixture
def tables(questions, answered):
    before, after = answered("before", m=[1.0] * N), answered("after", m=[0.0] * 80 + [1.0] * 320)
    return ("--questions", questions, "--resamples", "200", "--before", before), before, after


def test_a_worse_version_fails_a_build_that_asks_for_it(tables, tmp_path):
    told, before, after = tables
    done = run(*told, "--after", after, "--fail-on", "worse", "--json", tmp_path / "r.json")
    assert done.exit_code == 1 and "worse: a loss beyond noise" in done.stdout
    report = orjson.loads((tmp_path / "r.json").read_bytes())
    assert (report["verdict"], len(report["flips"])) == ("worse", 80)
    assert run(*told, "--after", after).exit_code == 0
    assert run(*told, "--after", before, "--fail-on", "unsafe").exit_code == 0


def test_the_command_says_what_is_missing(tables, tmp_path):
    told, _, _ = tables
    assert run(*told).exit_code == 2 and "give --before and --after" in run(*told).stderr
    with pytest.raises(TableError, match="no table at"):
        run(*told, "--after", tmp_path / "none.jsonl")
    assert "names nobody" in run(*told, "--experts", ",").stderr
