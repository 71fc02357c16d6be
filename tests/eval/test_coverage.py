"""Whether the intervals hold the truth as often as they promise, where the truth is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.counterfactual.__main__ import app
from eval.counterfactual.cases import simulated
from eval.counterfactual.coverage import Coverage, Judged, coverage
from eval.counterfactual.judgement import Outcome
from eval.counterfactual.recorded import Recording, Rehearsal, trials
from eval.counterfactual.rehearsal import rehearsal
from eval.counterfactual.simulation import blended
from eval.routing.data import Trial, trial_of
from eval.routing.prices import read_models
from routers.base import Array
from routers.table import read_table

SHARED = Path(__file__).parents[3] / "shared" / "data"
HONEST = ("dr", "switch-dr", "snips", "ips", "clipped-ips", "difference", "logged")


def by_name(cases: list[Judged]) -> dict[str, Coverage]:
    return {row.estimator: row for row in coverage(cases)}


def test_doubly_robust_intervals_hold_the_truth_in_93_of_100_simulated_cases():
    cases = list(simulated(110, seed=0, decisions=400, truth=10_000))
    found = by_name(cases)
    assert found["dr"].cases >= 80
    assert found["dr"].covered >= 0.93 and found["difference"].covered >= 0.93
    assert abs(found["dr"].bias) < 0.01
    assert found["dm"].covered < 0.5, "the model alone is no match for worlds that it does not know"


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("outcome", ["reward", "cost_usd", "latency_s"])
def test_intervals_hold_the_truth_over_a_thousand_cases_of_every_kind(outcome: Outcome):
    found = by_name(list(simulated(1000, seed=1, outcome=outcome)))
    assert found["dr"].covered >= 0.93 and found["difference"].covered >= 0.93
    assert all(found[name].covered > 0.9 for name in HONEST)


def skilled(n: int) -> Rehearsal:
    """Four experts with tastes; a router that sees half of them logs with one draw in five at random."""
    chance = np.random.default_rng(3)
    taste, like = chance.normal(size=(3, 4)), chance.normal(size=(n, 3))
    quality = 1 / (1 + np.exp(-(0.5 + like @ taste)))
    predicted = 1 / (1 + np.exp(-(like[:, :2] @ taste[:2])))
    cents = np.tile([0.1, 0.2, 0.4, 0.8], (n, 1))
    scores = (chance.random((n, 4)) < quality).astype(float)
    recording = Recording(tuple("abcd"), scores, cents, cents, predicted, np.arange(n))
    one = np.eye(4)
    targets = {"thrifty": one[(predicted - cents).argmax(axis=1)], "always a": one[np.zeros(n, dtype=int)]}
    return Rehearsal(recording, blended(one[predicted.argmax(axis=1)], 0.2), targets)


def test_policies_on_recorded_outcomes_are_worth_what_the_logs_say():
    found = by_name(list(trials(skilled(800), repetitions=50, again=True)))
    assert found["dr"].cases == 100 and found["dr"].covered >= 0.93


def test_of_the_very_questions_that_were_asked_the_intervals_hold_more_than_they_promise():
    found = by_name(list(trials(skilled(800), repetitions=40, again=False)))
    assert found["dr"].covered >= 0.95 and found["logged"].covered == 1


def test_recorded_costs_of_the_policy_that_logged_are_what_was_spent():
    given = skilled(400)
    same = Rehearsal(given.recording, given.logging, {"same": given.logging})
    [case] = trials(same, repetitions=1, again=False, outcome="cost_usd")
    assert case.target == pytest.approx(float((given.logging * given.recording.spent).sum(axis=1).mean()))
    assert case.found.estimates["dr"].value == pytest.approx(case.target, rel=0.05)


def test_a_rehearsal_asks_nobody_who_was_not_measured(trial: Trial):
    predicted = {"skills": np.tile([0.4, 0.6], (40, 1)), "other": np.tile([0.6, 0.4], (40, 1))}
    given = rehearsal(trial, predicted, "skills", 0.1)
    assert set(given.targets) == {"quality alone", "thrift 0.5", "best single", "cheaper half", "other", "anybody"}
    for chances in (given.logging, *given.targets.values()):
        assert chances.sum(axis=1) == pytest.approx(1) and (chances[~trial.measured] == 0).all()
    assert given.targets["cheaper half"][:, 0].all()


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.exists(), reason="the recorded outcomes in ../shared/data are not here")
def test_policies_on_the_shared_outcomes_are_worth_what_the_logs_say():
    pool = ("Meta-Llama-3-70B", "Qwen1.5-110B", "Yi-34B", "mathstral-7B", "Llama-3.1-8B-Instruct")
    table = read_table(SHARED / "questions.parquet", SHARED / "outcomes.parquet", pool)
    learned, asked = table.part(table.rows("train")), table.part(table.rows("dev"))
    trial = trial_of(asked, read_models(SHARED / "models.json"))
    predicted = {"category": _by_category(learned.categories, learned.outcomes, trial.table.categories)}
    given = rehearsal(trial, predicted, "category", 0.3)
    found = by_name(list(trials(given, repetitions=100, again=True)))
    assert found["dr"].covered >= 0.93 and found["difference"].covered >= 0.93


def _by_category(categories: tuple[str, ...], scores: Array, asked: tuple[str, ...]) -> Array:
    """(n, m) the mean score of each expert on the question's category."""
    named = np.array(categories)
    means = {name: np.nanmean(scores[named == name], axis=0) for name in set(asked)}
    return np.array([means[name] for name in asked])


def test_the_check_can_be_run_from_a_terminal():
    said = CliRunner().invoke(app, ["simulated", "--cases", "4"])
    assert said.exit_code == 0 and "are refused: the logs cannot say" in said.output
    assert CliRunner().invoke(app, ["simulated", "--outcome", "joy"]).exit_code == 2
