"""Learning from feedback on recorded outcomes: as a stream in the laboratory, and as a policy that is replayed."""

from __future__ import annotations

import contextlib
import json
import shlex
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.counterfactual.online import Progressive
from eval.counterfactual.reading import read_logs
from eval.counterfactual.targets import Chooser, chosen
from eval.online.command import evaluate_files
from eval.online.report import as_json, lines
from eval.online.run import evaluate
from eval.online.stream import Stream, Terms, plain, walk
from eval.routing.command import Sources
from gateway.experts import Policy
from gateway.learning.corrector import Corrector
from gateway.learning.learn import Learn
from gateway.learning.spending import Spending
from gateway.learning.window import Study
from gateway.logged import Logged
from gateway.utility import Exchange
from routers.errors import TableError
from routers.online.context import NUMBERS
from tests.eval.record import NAMES, logged

LEARN = Learn(explore=0.2)
DOCUMENTED = "coterie eval online --questions questions.jsonl --json online.json"


def stream(n: int, seed: int = 0) -> Stream:
    """The first expert is best at law, the second at maths; the router has it the other way round."""
    rng = np.random.default_rng(seed)
    law = rng.random(n) < 0.5
    quality = np.where(law[:, None], [0.9, 0.3, 0.5], [0.3, 0.9, 0.5])
    numbers = np.zeros((n, len(NUMBERS)))
    free = np.zeros((n, 3))
    scores = (rng.random((n, 3)) < quality).astype(float)
    return Stream(NAMES, quality[:, [1, 0, 2]], scores, free, free, np.where(law, "law", "math"), numbers)


def test_a_router_that_is_wrong_is_put_right() -> None:
    given = stream(2200)
    rows = np.arange(len(given))
    walked = walk(given, Terms(explore=0.2, heard=1.0), seed=0)
    late = rows[1400:]
    assert given.scores[rows, plain(given)].mean() < 0.35
    assert given.scores[late, walked.chosen[late]].mean() > 0.7
    assert walked.learned.regions == 2 and 0.1 < walked.explored.mean() < 0.23


def test_without_judgements_and_exploring_nothing_changes() -> None:
    given = stream(400)
    walked = walk(given, Terms(explore=0.0, heard=0.0), seed=0)
    assert walked.chosen.tolist() == plain(given).tolist()


def test_a_judgement_counts_only_once_it_has_come() -> None:
    given = stream(400)
    late = walk(given, Terms(explore=0.0, heard=1.0, late=400), seed=0)
    assert late.chosen.tolist() == plain(given).tolist()


def test_an_expert_that_gets_worse_is_left() -> None:
    n = 2000
    scores = np.tile([1.0, 0.8, 0.0], (n, 1))
    scores[n // 2 :, 0] = 0.0
    free, alike = np.zeros((n, 3)), np.tile([0.9, 0.8, 0.1], (n, 1))
    given = Stream(NAMES, alike, scores, free, free, np.full(n, "law"), np.zeros((n, len(NUMBERS))))
    walked = walk(given, Terms(heard=1.0, half_life=200), seed=0)
    assert (walked.chosen[:900] == 0).mean() > 0.9 and (walked.chosen[-300:] == 1).mean() > 0.9


def test_whoever_has_no_outcome_is_never_chosen() -> None:
    given = stream(300)
    scores = given.scores.copy()
    scores[:, 1] = np.nan
    walked = walk(replace(given, scores=scores), Terms(explore=0.5, heard=1.0), seed=0)
    assert not (walked.chosen == 1).any()


def test_every_scenario_is_reported_with_its_interval_and_a_word() -> None:
    found = evaluate(stream(400), Terms(heard=1.0), seeds=3, router="wrong")
    told = as_json(found)
    assert len(told["scenarios"]) == 5 and told["seeds"] == 3
    assert all(one["gain"]["interval"][0] <= one["gain"]["value"] for one in told["scenarios"])
    assert any("learning gains" in line for line in lines(found))


def row(number: int, served: str, feedback: float | None, heard_at: float) -> Logged:
    at = float(number)
    order = (served, *(name for name in NAMES if name != served))
    said = {"feedback": feedback, "feedback_at": None if feedback is None else heard_at}
    propensity = 0.9 if served == "first" else 0.05
    return logged(f"d{number}", at=at, served=served, experts=order, propensity=propensity, **said)


def progressive(rows: list[Logged]) -> Progressive:
    def make(experts: Collection[str]) -> Corrector:
        study = Study("blend", "v1", dict.fromkeys(experts, "v"), Exchange(0.0, 0.0), None)
        return Corrector("replay", LEARN, study, Spending())

    return Progressive(rows, make)


def replayed(rows: list[Logged]) -> np.ndarray:
    policy = Policy(learn=LEARN, thrift=0)
    chooser = Chooser("learning", policy, corrected=progressive(rows))
    return chosen(chooser, read_logs(rows, "auto")).target.chances


def test_a_replayed_policy_knows_only_what_had_been_said_before() -> None:
    """`first` is bad from the beginning on; it is said at once, or only after the last decision."""
    said = [row(n, ("first", "second")[n % 2], float(n % 2), n + 0.5) for n in range(400)]
    at_once = replayed(said)
    too_late = replayed([replace(one, feedback_at=1e6) for one in said])
    assert (at_once[0].argmax(), at_once[-1].argmax()) == (0, 1)
    assert (too_late.argmax(axis=1) == 0).all()
    assert at_once.sum(axis=1) == pytest.approx(np.ones(400))


def test_a_second_replay_begins_anew() -> None:
    said = [row(n, ("first", "second")[n % 2], float(n % 2), n + 0.5) for n in range(300)]
    learner, logs = progressive(said), read_logs(said, "auto")
    chooser = Chooser("learning", Policy(learn=LEARN, thrift=0), corrected=learner)
    once, twice = (chosen(chooser, logs).target.chances for _ in range(2))
    assert np.array_equal(once, twice)


def write_table(path: Path, n: int = 60) -> None:
    with path.open("w") as file:
        for number in range(n):
            scores = {"a": number % 2, "b": (number + 1) % 2, "c": 1}
            file.write(json.dumps({"text": f"What is the sum of {number}?", "scores": scores}) + "\n")


def test_the_command_of_the_docs_runs(tmp_path: Path) -> None:
    assert DOCUMENTED in (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text()
    write_table(tmp_path / "questions.jsonl")
    with contextlib.chdir(tmp_path):
        done = CliRunner().invoke(app, [*shlex.split(DOCUMENTED)[2:], "--seeds", "2", "--no-cache"])
    assert done.exit_code == 0, done.output
    assert "60 questions, 3 experts, 2 orders" in done.output
    assert len(json.loads((tmp_path / "online.json").read_text())["scenarios"]) == 5


def test_too_few_questions_are_refused_in_one_line(tmp_path: Path) -> None:
    write_table(tmp_path / "few.jsonl", n=4)
    from eval.encodings import Encodings

    sources = Sources(tmp_path / "few.jsonl", None, None, None, None)
    with pytest.raises(TableError, match="10 different ones are needed"):
        evaluate_files(sources, Terms(), 1, 0.0, Encodings(None), lambda doing, share: None)
