"""Onboarding on trial: each expert left out in turn, chosen questions against random ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
import orjson
import pytest
from scipy.special import expit
from typer.testing import CliRunner

from eval.cli import app as eval_app
from eval.metrics.wilson import wilson
from eval.onboarding.report import as_json, lines, sheets
from eval.onboarding.rows import Pool, rows_of
from eval.onboarding.run import Settings, evaluate
from eval.onboarding.stand import stand_of
from eval.onboarding.trial import CHOSEN, DRAWN, PLAIN, Placed, placed
from eval.routing.rows import Resampling
from routers.corpus import spelled_out
from routers.errors import ArtifactError, RouterError, TableError
from routers.irt.router import IrtRouter
from routers.table import read_table

N, EXPERTS = 500, tuple(f"m{n:02d}" for n in range(10))
RESAMPLING = Resampling(300, 0)


@dataclass(frozen=True)
class Trained:
    """A router on rows that stand in the texts themselves."""

    routers: dict
    version: str = "v1"

    def encode(self, texts):
        return np.array([[float(n) for n in re.findall(r"-?\d+\.\d+", text)[:2]] for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Questions whose texts tell half of their difficulty, ten experts, and a router trained on other questions."""
    chance = np.random.default_rng(0)
    X = chance.standard_normal((2 * N, 2)).astype(np.float32)
    hidden, ability = chance.standard_normal(2 * N), np.linspace(-1.5, 1.5, 10)[chance.permutation(10)]
    Y = (chance.random((2 * N, 10)) < expit(ability - (X[:, 0] + hidden)[:, None])).astype(float)
    router = IrtRouter(dimensions=2, folds=1).fit(X[N:], Y[N:, :9], EXPERTS[:9])
    folder = tmp_path_factory.mktemp("onboard")
    questions = [
        {"query_id": f"q{n}", "text": f"How hard is {X[n, 0]:.4f} {X[n, 1]:.4f}?", "category": ("math", "law")[n % 2]}
        for n in range(N)
    ]
    outcomes = [
        {"query_id": f"q{n}", "model": name, "score": float(Y[n, m])}
        for n in range(N)
        for m, name in enumerate(EXPERTS)
    ]
    for name, rows in (("questions", questions), ("outcomes", outcomes)):
        (folder / f"{name}.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return folder, Trained({"irt": router})


def stand(world, experts=None, edit=lambda table: table):
    folder, artifact = world
    table = edit(read_table(folder / "questions.jsonl", folder / "outcomes.jsonl", experts))
    texts = tuple(spelled_out(text, choices) for text, choices in zip(table.texts, table.choices, strict=True))
    return stand_of(table, artifact, artifact.encode(texts), texts)


@pytest.fixture(scope="module")
def found(world):
    said = []
    evaluation = evaluate(stand(world), Settings((10, 40), 2, RESAMPLING), lambda doing, share: said.append(doing))
    assert said == [f"placing {name}" for name in EXPERTS]
    return evaluation


def row(found, way, asked):
    return next(one for one in found.rows if (one.way, one.asked) == (way, asked))


def test_every_expert_is_placed_by_each_way_after_each_number(found):
    assert {(one.way, one.asked, one.experts) for one in found.rows} == {
        (way, asked, 10) for way in (CHOSEN, DRAWN, PLAIN) for asked in (10, 40)
    }
    assert len(found.placed) == 10 * 2 * (1 + 2 + 2)


def test_more_questions_place_an_expert_better(found):
    assert row(found, CHOSEN, 40).error.value < row(found, CHOSEN, 10).error.value
    assert row(found, CHOSEN, 40).width.value < row(found, CHOSEN, 10).width.value


def test_the_model_of_abilities_beats_the_plain_share(found):
    chosen, plain = row(found, CHOSEN, 40), row(found, PLAIN, 40)
    assert chosen.error.value < plain.error.value and chosen.width.value < plain.width.value
    assert plain.auc is None and chosen.auc.value > 0.6


def test_intervals_hold_the_truth(found):
    assert row(found, CHOSEN, 40).held.interval[1] > 0.95 and row(found, CHOSEN, 40).held.value > 0.7


def test_what_the_newcomer_brings_is_near_what_full_knowledge_of_it_brings(found):
    chosen = row(found, CHOSEN, 40)
    assert chosen.gained.value == pytest.approx(chosen.full.value, abs=0.02)
    assert chosen.routed.value == pytest.approx(
        np.mean([pool.without for pool in found.pools]) + chosen.gained.value, abs=1e-9
    )


def test_a_best_expert_is_missed_where_it_is_left_out(found):
    without = {pool.expert: pool.without for pool in found.pools}
    truths = {one.expert: one.truth for one in found.placed}
    best = max(truths, key=truths.get)
    assert without[best] == min(without.values())
    assert next(pool for pool in found.pools if pool.expert == best).full > without[best]


def placed_by(stand):
    return list(placed(stand, 0, (60,), 1, 0))


def test_the_same_seed_finds_the_same(world, found):
    assert tuple(placed(stand(world), 0, (10, 40), 2, 0)) == found.placed[:10]


def test_the_report_says_whether_choosing_pays(found):
    said = " ".join(lines(found))
    assert "10 experts, each left out in turn, on 500 questions" in said and "After 40 chosen questions" in said
    assert len(sheets(found)[0].rows) == 6 and len(sheets(found)[1].rows) == 4
    assert len(orjson.dumps(as_json(found))) > 1000


def test_what_is_told_of_an_expert_is_its_own(world):
    """The artifact knows m00 as it was trained; here it is right about everything, and is placed as such."""

    def perfect(table):
        outcomes = table.outcomes.copy()
        outcomes[:, 0] = 1
        return replace(table, outcomes=outcomes)

    [told] = [one for one in placed_by(stand(world, edit=perfect)) if one.way == CHOSEN]
    assert (told.expert, told.truth) == ("m00", 1) and told.error < 0.12


def test_draws_of_one_expert_count_as_one():
    cells = [Placed("a", DRAWN, 10, 0.5 + d, 0.0, 1.0, 0.5, None, None) for d in (0.1, 0.3)]
    cells += [Placed("b", DRAWN, 10, 0.6, 0.0, 0.2, 0.5, None, None)]
    [found] = rows_of(cells, [Pool("a", 0, 0), Pool("b", 0, 0)], RESAMPLING)
    assert found.experts == 2 and found.error.value == pytest.approx((0.2 + 0.1) / 2)
    assert found.held.value == 0.5 and found.auc is None and found.routed is None


def test_a_share_of_all_is_not_certain():
    assert wilson(1.0, 11)[0] == pytest.approx(0.741, abs=1e-3) and wilson(1.0, 11)[1] == pytest.approx(1.0)
    assert wilson(0.5, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)


def test_a_budget_beyond_the_bank_is_left_out_and_told(world):
    def fewer(table):
        outcomes = table.outcomes.copy()
        outcomes[30:, 0] = np.nan
        return replace(table, outcomes=outcomes)

    evaluation = evaluate(stand(world, edit=fewer), Settings((20, 40), 1, RESAMPLING), lambda doing, share: None)
    assert {one.asked for one in evaluation.placed if one.expert == EXPERTS[0]} == {20}
    assert "budgets of 40 for experts with fewer answers (the fewest has 30)" in evaluation.left_out
    assert row(evaluation, CHOSEN, 40).experts == 9


def test_tables_that_give_no_trial_are_refused(world):
    with pytest.raises(TableError, match="2 experts are too few to leave one out; give 3 or more"):
        stand(world, ["m00", "m01"])
    with pytest.raises(ArtifactError, match="v1 holds no irt router"):
        stand((world[0], Trained({})))

    def emptied(table):
        outcomes = table.outcomes.copy()
        outcomes[5:, 3] = np.nan
        return replace(table, outcomes=outcomes)

    with pytest.raises(TableError, match="m03 has answered 5 questions; 20 are needed, or leave it out"):
        stand(world, edit=emptied)


def run(*arguments):
    """The command as typed; what it refuses is raised."""
    done = CliRunner().invoke(eval_app, ["onboard", *map(str, arguments)])
    if isinstance(done.exception, RouterError):
        raise done.exception
    return done


def test_the_command_runs_on_the_bundled_routers(world):
    folder, _ = world
    tables = ("--questions", folder / "questions.jsonl", "--outcomes", folder / "outcomes.jsonl")
    few = ("--experts", "m00,m01,m02,m03", "--budgets", "10,20", "--draws", "1", "--json", folder / "o.json")
    done = run(*tables, *few)
    assert done.exit_code == 0 and "After 20 chosen questions" in done.stdout
    assert {one["asked"] for one in orjson.loads((folder / "o.json").read_bytes())["rows"]} == {10, 20}
    wrong = run(*tables, "--budgets", "ten")
    assert wrong.exit_code == 2 and "--budgets are numbers of questions" in wrong.stderr
    with pytest.raises(TableError, match="no outcome of m99; the nearest it has are"):
        run(*tables, "--experts", "m99")
