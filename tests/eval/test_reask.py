"""Which questions to ask again: drawn with known chances, or where an ordering is open; and what that saves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval.changes.asking import ask_again, ask_rivals
from eval.changes.command import Terms, judge_versions
from eval.changes.draws import Draws
from eval.changes.foresight import foreseen
from eval.changes.ordering import allotted, lost, standings
from eval.changes.race import World, raced
from eval.changes.sampling import chances_to_ask, drawn
from eval.changes.savings import drawing_savings
from eval.cli import app as eval_app
from eval.routing.rows import Resampling
from routers.errors import RouterError, TableError
from routers.questions import read_questions

N = 600
RECORDED = Path(__file__).parents[3] / "shared" / "data"


def run(*arguments):
    """The command as typed; what it refuses is raised."""
    done = CliRunner().invoke(eval_app, ["reask", *map(str, arguments)])
    if isinstance(done.exception, RouterError):
        raise done.exception
    return done


def draws_of(scores, names="abcdefgh"):
    counts = (~np.isnan(scores)).astype(float)
    nothing = np.full(scores.shape, np.nan)
    return Draws(tuple(names[: scores.shape[1]]), scores, scores, counts, nothing, ())


@pytest.fixture(scope="module")
def versions():
    """Six experts and questions of all difficulties; "b" follows "a", and mostly answers as it does."""
    chance = np.random.default_rng(0)
    hard, level = chance.normal(0, 1.5, N), np.array([0.3, 0.3, -0.5, 0, 0.5, 1])
    noise = chance.logistic(0, 1, (N, 6))
    noise[:, 1] = np.where(chance.random(N) < 0.6, noise[:, 0], noise[:, 1])
    return draws_of((level - hard[:, None] + noise > 0).astype(float))


@given(st.lists(st.floats(0.01, 0.99), min_size=5, max_size=60), st.integers(1, 70), st.integers(0, 9))
@settings(max_examples=60)
def test_chances_add_up_to_the_budget_and_so_many_are_drawn(foreseen_, budget, seed):
    before = np.random.default_rng(seed).integers(2, size=len(foreseen_)).astype(float)
    chances = chances_to_ask(before, np.array(foreseen_), budget)
    assert chances.sum() == pytest.approx(min(budget, len(foreseen_)))
    assert (chances > 0).all() and (chances <= 1).all()
    rows = drawn(chances, np.random.default_rng(seed))
    assert len(set(rows.tolist())) == len(rows) == min(budget, len(foreseen_))
    assert set(np.flatnonzero(chances == 1)) <= set(rows.tolist())


def test_questions_are_drawn_as_often_as_their_chances_say():
    chances = chances_to_ask(np.ones(40), np.linspace(0.02, 0.98, 40), 10)
    random = np.random.default_rng(0)
    often = np.bincount(np.concatenate([drawn(chances, random) for _ in range(4000)]), minlength=40) / 4000
    assert np.abs(often - chances).max() < 0.035


def test_a_doubtful_question_is_likelier_to_be_asked_than_a_sure_one():
    chances = chances_to_ask(np.array([1.0, 1.0, 0.0] * 10), np.array([0.5, 0.99, 0.5] * 10), 6)
    assert chances[0] > 2 * chances[1] and chances[0] > chances[2]


def test_a_lucky_guess_is_foreseen_to_be_lost():
    """One that all peers got wrong, and one that all got right."""
    peers = np.repeat([[0.0] * 4, [1.0] * 4], 50, axis=0)
    before = np.concatenate([[1.0], np.zeros(49), np.ones(50)])
    expected = foreseen(before, peers, np.zeros(100, dtype=int))
    assert expected[0] < 0.6 < 0.9 < expected[-1]
    assert foreseen(np.full(3, np.nan), np.empty((3, 0)), np.zeros(3, dtype=int)).tolist() == [0.5] * 3


def test_a_plan_and_what_comes_of_it_are_of_one_piece(versions, write, tmp_path):
    """From files to files: 150 questions are asked again, and the estimates are near what all 600 say."""
    categories = [("law", "math")[n % 2] for n in range(N)]
    questions = write(
        "questions", [{"query_id": f"q{n}", "text": f"t{n}", "category": categories[n], "tests": [n]} for n in range(N)]
    )
    rows = [
        {"query_id": f"q{n}", "model": name, "score": versions.score[n, m]}
        for n in range(N)
        for m, name in enumerate(versions.experts)
        if name != "b"
    ]
    before = write("before", rows)
    plan = tmp_path / "reask.jsonl"
    told = ("--questions", questions, "--outcomes", before, "--budget", 150, "--expert", "a", "--out", plan)
    done = run(*told)
    assert done.exit_code == 0 and "150 questions for a, drawn with chances" in done.stdout
    planned = [orjson.loads(line) for line in plan.read_bytes().splitlines()]
    assert {row["experts"][0] for row in planned} == {"a"} and planned[0]["tests"] and planned[0]["inclusion"] < 1
    new = [
        {"query_id": row["query_id"], "model": "a", "score": versions.score[int(row["query_id"][1:]), 1]}
        for row in planned
    ]
    after = write("after", new)
    found = judge_versions(questions, before, after, None, plan, Terms(0.02, Resampling(500, 0)))
    row = found.rows[0]
    a, b = versions.score[:, 0], versions.score[:, 1]
    assert (row.n, row.asked, row.mcnemar_p) == (N, 150, None)
    assert row.after.interval[0] < b.mean() < row.after.interval[1]
    assert row.negative.interval[0] < (a * (1 - b)).mean() < row.negative.interval[1]
    assert "1 questions that were to be asked again" not in " ".join(found.notes)
    fewer = judge_versions(questions, before, write("fewer", new[1:]), None, plan, Terms(0.02, Resampling(500, 0)))
    assert fewer.notes == ("a: 1 questions that were to be asked again and have no answer",)
    with pytest.raises(TableError, match="asks a, not c"):
        judge_versions(questions, before, before, ["c"], plan, Terms(0.02, Resampling(500, 0)))


def test_a_budget_for_all_questions_asks_them_all(versions):
    planned = ask_again(versions, "a", ["x"] * N, 5000, 0)
    assert planned.calls == N and {ask.inclusion for ask in planned.asks} == {1.0}
    assert planned.notes == (f"a has answered {N} questions, so all of them are asked",)


def test_drawing_by_what_they_tell_saves_questions(versions, write):
    rows = [{"query_id": f"q{n}", "text": f"t{n}", "category": "x"} for n in range(N)]
    asked = read_questions(write("questions", rows))
    saved = {(one.figure, one.design): one for one in drawing_savings(asked, versions, ("a", "b"), 100, 20)}
    assert saved["after", "by what they tell"].interval[0] > 0.2 and saved["negative", "by what they tell"].share > 0.1
    assert saved["negative", "evenly, plain mean"].share == 0
    assert all(one.held_interval[1] > 0.95 for one in saved.values())


def world(seed=0, n=900):
    """Three categories: in x "a" leads by far, in y "b" and "c" are close, in z all but "d" are."""
    chance = np.random.default_rng(seed)
    levels = np.array([[0.9, 0.5, 0.5, 0.4], [0.3, 0.7, 0.62, 0.3], [0.6, 0.55, 0.5, 0.1]])
    numbers = np.arange(n) % 3
    scores = (chance.random((n, 4)) < levels[numbers]).astype(float)
    return scores, tuple("xyz"[k] for k in numbers)


def seen_part(scores, share=0.3):
    known = np.random.default_rng(1).random(len(scores)) < share
    return draws_of(np.where(known[:, None], scores, np.nan))


def test_a_settled_category_is_asked_no_more():
    scores, categories = world()
    known = seen_part(scores)
    planned = ask_rivals(known, categories, 200, 0)
    standing = {one.category: one for one in planned.rivals}
    assert (standing["x"].best, len(standing["x"].others)) == (0, 0) and standing["y"].best in (1, 2)
    assert {categories[ask.row] for ask in planned.asks} == {"y", "z"}
    assert all("d" not in ask.experts for ask in planned.asks) and planned.calls <= 200
    assert all(np.isnan(known.score[ask.row]).all() for ask in planned.asks)


def test_where_there_is_nothing_to_settle_that_is_said():
    scores, categories = world()
    with pytest.raises(TableError, match="every open question has been answered"):
        ask_rivals(draws_of(scores[:, 1:]), categories, 100, 0)
    clear = draws_of(np.where(seen_part(scores).counts > 0, [1.0, 0.0, 0.0, 0.0], np.nan))
    with pytest.raises(TableError, match="the best expert of every category is settled"):
        ask_rivals(clear, categories, 100, 0)
    with pytest.raises(TableError, match="a has no rival"):
        ask_rivals(draws_of(scores[:, :1]), categories, 100, 0)


def test_an_expert_with_holes_is_asked_alone():
    """The others have answered everything; only what it has not answered can still be asked, and of it alone."""
    scores, categories = world()
    holes = scores.copy()
    holes[300:, 1] = np.nan
    planned = ask_rivals(draws_of(holes), categories, 50, 0)
    assert {ask.experts for ask in planned.asks} == {("b",)} and {ask.row >= 300 for ask in planned.asks} == {True}


def test_the_expected_loss_is_that_of_the_normal_distribution():
    random = np.random.default_rng(0)
    for gap, error in ((0.0, 0.1), (0.05, 0.1), (0.3, 0.1)):
        assert lost(np.array([gap]), np.array([error]))[0] == pytest.approx(
            np.maximum(0, -random.normal(gap, error, 400_000)).mean(), abs=3e-4
        )


def test_more_questions_go_where_the_loss_falls_most():
    scores, categories = world()
    numbers = np.unique(categories, return_inverse=True)[1]
    rivals = list(standings(seen_part(scores).score, numbers, ["x", "y", "z"]))
    given = allotted(rivals, [100, 100, 100], 120)
    assert given[0] == 0 and sum(count * len(one.columns) for count, one in zip(given, rivals, strict=True)) <= 120
    assert allotted(rivals, [0, 0, 0], 120) == [0, 0, 0]


def test_rivals_find_the_leaders_with_fewer_answers():
    scores, categories = world(n=3000)
    courses = [raced(World(draws_of(scores), categories), 4000, seed) for seed in range(8)]
    chosen, evenly = (np.mean([pair[k].losses[3:].mean() for pair in courses]) for k in (0, 1))
    assert chosen < evenly


def test_the_plan_is_for_collecting_and_says_so_in_the_shell(write, tmp_path):
    scores, categories = world()
    known = seen_part(scores)
    questions = write(
        "questions", [{"query_id": f"q{n}", "text": f"t{n}", "category": categories[n]} for n in range(len(scores))]
    )
    rows = [
        {"query_id": f"q{n}", "model": name, "score": known.score[n, m]}
        for n in range(len(scores))
        for m, name in enumerate(known.experts)
        if not np.isnan(known.score[n, m])
    ]
    outcomes, plan = write("outcomes", rows), tmp_path / "plan.jsonl"

    told = ("--questions", questions, "--outcomes", outcomes)
    done = run(*told, "--budget", 90, "--out", plan)
    assert done.exit_code == 0 and "settled" in done.stdout
    assert "coterie eval collect --questions" in done.stdout
    assert len(read_questions(plan).query_ids) == len(plan.read_bytes().splitlines())
    with pytest.raises(TableError, match="must end in .jsonl"):
        run(*told, "--budget", 90, "--out", tmp_path / "plan.csv")
    with pytest.raises(TableError, match="no outcome of zz; the nearest it has are"):
        run(*told, "--budget", 90, "--expert", "zz", "--out", plan)
    with pytest.raises(TableError, match="a budget of 1 is too small"):
        run(*told, "--budget", 1, "--out", plan)
    assert "names nobody" in run(*told, "--budget", 1, "--expert", ",", "--out", plan).stderr


@pytest.mark.slow
@pytest.mark.skipif(not RECORDED.is_dir(), reason="needs ../shared/data")
def test_on_recorded_outcomes_a_third_of_the_questions_is_saved(tmp_path):
    """`python -m eval.changes` prints these figures."""
    from eval.changes.draws import read_draws

    asked = read_questions(RECORDED / "questions.parquet", without=("routerbench", "llmrouter", "routellm", "zeroeval"))
    names = ["Meta-Llama-3-8B", "Llama-3.1-8B", "Yi-34B", "Mistral-7B-v0.1", "Qwen1.5-7B-Chat", "Mixtral-8x7B-v0.1"]
    known = read_draws(RECORDED / "outcomes.parquet", asked, names)
    saved = {(one.figure, one.design): one for one in drawing_savings(asked, known, (names[0], names[1]), 300, 20)}
    assert saved["after", "by what they tell"].interval[0] > 0.3
    assert saved["negative", "by what they tell"].interval[0] > 0.3
