"""Another artifact, thrift or policy: who is asked then, and which answers flip by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from eval.changes.choices import Chooser, choice_change, chosen_places
from eval.changes.command import Setting, Terms, judge_choices
from eval.changes.judgement import Asked, judged
from eval.changes.report import lines, sheets
from eval.encodings import Encodings
from eval.routing.data import trial_of
from eval.routing.rows import Resampling
from routers.errors import TableError
from tests.eval.conftest import Reader, fitted
from tests.eval.test_changes import run

DRAWN = Resampling(300, 0)


def test_thrift_moves_questions_to_the_cheap_expert_and_flips_answers(trial, suite):
    before, after = Chooser(suite, "skills", 0.0), Chooser(suite, "skills", 1.0)
    change, moves = choice_change(trial, before, after, DRAWN)
    assert set(change.after.who) == {"cheap"} and moves.changed.value == 0.5
    assert moves.cost.value < 0 and dict((name, share) for name, _, share in moves.shares)["cheap"] == 1
    table = trial.table
    found = judged([change], Asked(table.query_ids, table.categories, table.groups), 0.02, DRAWN, [moves])
    row = found.rows[0]
    assert (row.negative.value, row.positive.value, row.verdict) == (15 / 40, 0, "worse")
    assert {(flip.category, flip.expert_before, flip.expert_after) for flip in found.flips} == {
        ("math", "dear", "cheap")
    }
    said = "\n".join(lines(found))
    assert "50.0% [" in said and "of the questions go to another expert" in said and "collect --samples" not in said
    assert sheets(found)[-1].rows == [["cheap", "50.0%", "100.0%"], ["dear", "50.0%", "0.0%"]]


def test_another_artifact_is_another_choice(trial, suite):
    worse = replace(suite, routers={"skills": fitted(Reader(((0.9, 0.1), (0.8, 0.2))))}, version="v-new")
    change, moves = choice_change(trial, Chooser(suite, "skills", 0.0), Chooser(worse, "skills", 0.0), DRAWN)
    assert "skills of v-test" in change.name and "of v-new" in change.name and moves.changed.value == 0.5
    assert float(np.nanmean(change.after.right)) == 0.25


def test_the_same_choice_changes_nothing(trial, suite):
    chooser = Chooser(suite, "skills", 0.0)
    change, moves = choice_change(trial, chooser, chooser, DRAWN)
    table = trial.table
    found = judged([change], Asked(table.query_ids, table.categories, table.groups), 0.02, DRAWN, [moves])
    assert found.verdict == "same" and moves.changed.value == 0


def test_a_policy_may_leave_experts_out(trial, suite):
    assert set(chosen_places(trial, Chooser(suite, "skills", 0.0, ("cheap",))).tolist()) == {0}


def test_choosers_that_cannot_choose_are_refused(table, trial, suite):
    with pytest.raises(TableError, match="v-test has no router blend; it has skills, constant"):
        chosen_places(trial, Chooser(suite, "blend", 0.0))
    with pytest.raises(TableError, match="thrift weighs costs, and none are known; give --models"):
        chosen_places(trial_of(table), Chooser(suite, "skills", 0.5))
    stranger = replace(suite, routers={"skills": fitted(Reader(((0.9,), (0.8,))), ("cheap",))})
    with pytest.raises(TableError, match="does not know dear; name --experts"):
        chosen_places(trial, Chooser(stranger, "skills", 0.0))


def test_a_policy_that_the_file_lacks_is_refused(world, tmp_path, suite):
    config = tmp_path / "experts.yaml"
    config.write_text("version: 1\nexperts: [{name: a, provider: openai, model: a, base_url: http://localhost/v1}]\n")
    sides = (Setting(policy="auto", config=config), Setting(policy="none-such", config=config))
    known = ["Yi-34B", "Meta-Llama-3-70B"]
    for path in world:
        renamed = path.read_text().replace('"cheap"', f'"{known[0]}"').replace('"dear"', f'"{known[1]}"')
        path.write_text(renamed)
    with pytest.raises(TableError, match="has no policy none-such; it has none"):
        judge_choices(*world, sides, None, None, Terms(0.02, DRAWN), Encodings(None))


def test_the_command_wants_two_sides(world):
    told = ("--questions", world[0], "--outcomes", world[1])
    assert "nothing changes" in run(*told).stderr
    assert "name both --policy-before and --policy-after" in run(*told, "--policy-after", "cheap").stderr
