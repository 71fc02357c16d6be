"""Reading what experts answered from tables, and the fuser that `coterie train` keeps with the routers."""

import json
import shutil

import numpy as np
import pytest

from routers.errors import ArtifactError
from routers.fusion.cases import OPEN
from routers.fusion.evidence import NOT_ASKED, NOTHING, NOWHERE, Evidence
from routers.manifest import digest
from routers.suite import load_bundled_fuser, load_suite
from routers.table import read_table
from routers.training.answers import key_of, read_answers
from routers.training.routers import train_routers

CHOICES = ["red", "green", "blue", "grey"]
SKILL = {"sharp": 0.8, "blunt": 0.5, "loose": 0.4}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """Questions with four options and three experts, whose letters are recorded."""
    folder = tmp_path_factory.mktemp("answered")
    chance = np.random.default_rng(0)
    questions, outcomes = [], []
    for n in range(480):
        field = ("math", "law")[n % 2]
        text = f"question {n} of {field}: which colour has {' '.join(chance.choice(['sum', 'court', 'cell'], 3))}"
        split = "dev" if n % 6 == 0 else "train"
        common = {"query_id": f"q{n}", "text": text, "category": field, "source": "own", "split": split}
        truth = int(chance.integers(4))
        questions.append({**common, "choices": CHOICES, "gold": "ABCD"[truth], "answer_type": "mcq"})
        for model, skill in SKILL.items():
            place = truth if chance.random() < skill else int((truth + chance.integers(1, 4)) % 4)
            outcomes.append(
                {"query_id": f"q{n}", "model": model, "score": float(place == truth), "pred": "ABCD"[place]}
            )
    write(folder / "questions.jsonl", questions)
    write(folder / "outcomes.jsonl", outcomes)
    return folder


@pytest.fixture(scope="module")
def fused(answered, small_reader, tmp_path_factory):
    folder, told = tmp_path_factory.mktemp("artifact") / "routers", []
    paths = (answered / "questions.jsonl", answered / "outcomes.jsonl", folder)
    trained = train_routers("blend", *paths, reader=small_reader.folder, baselines=False, progress=told.append)
    return trained, told


def table_of(tmp_path, questions, outcomes):
    write(
        tmp_path / "questions.jsonl", [{"text": "?", "category": "math", "source": "own", **one} for one in questions]
    )
    write(tmp_path / "outcomes.jsonl", outcomes)
    table = read_table(tmp_path / "questions.jsonl", tmp_path / "outcomes.jsonl")
    return table, read_answers(tmp_path / "outcomes.jsonl", table)


def test_training_a_blend_keeps_a_fuser_with_it(fused):
    trained, told = fused
    fuser = load_suite(trained.folder).fuser
    assert set(fuser.experts_) == set(SKILL)
    assert any(line.startswith("fuser fitted in") for line in told)
    assert 1 <= trained.manifest.metrics["fuser_in_turn_calls"] <= 3
    assert trained.manifest.metrics["fuser_3_best_accuracy"] > 0.6


def test_the_kept_fuser_tells_the_experts_apart(fused):
    fuser = load_suite(fused[0].folder).fuser
    split = Evidence(np.array([0.6, 0.6, 0.6]), np.full(3, 0.1), np.array([0, NOT_ASKED, 1]), 4)
    known, strangers = (fuser.for_experts(names).posterior(split).answers for names in (list(SKILL), [None] * 3))
    assert strangers[0] == pytest.approx(strangers[1])
    assert known[0] != pytest.approx(known[1], abs=1e-4)


def test_a_suite_without_answers_weighs_by_the_bundled_fuser(suite):
    bundled = load_bundled_fuser()
    assert suite.fuser.get_params() == bundled.get_params()
    assert suite.fuser.experts_ == bundled.experts_


def test_a_fuser_of_another_version_is_refused_in_one_line(fused, tmp_path):
    folder = shutil.copytree(fused[0].folder, tmp_path / "routers")
    facts = json.loads((folder / "fuser.json").read_text())
    del facts["learned"]["weighers_"]
    (folder / "fuser.json").write_text(json.dumps(facts))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["fuser.json"] = digest(folder / "fuser.json")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=r"fuser\.npz is not of this version .*weighers_") as refused:
        load_suite(folder)
    assert "\n" not in str(refused.value)


def test_options_have_the_code_of_their_place(tmp_path):
    answers = [("a", "B"), ("b", "(no letter)"), ("c", ""), ("d", "Green"), ("e", "b")]
    rows = [{"query_id": "q", "model": model, "score": 0.0, "pred": pred} for model, pred in answers]
    _, cases = table_of(tmp_path, [{"query_id": "q", "choices": CHOICES}], rows)
    assert cases.said.tolist() == [[1, NOTHING, NOTHING, 1, 1]]
    assert cases.options.tolist() == [4]
    assert cases.places.tolist() == [[0, 1]]


def test_open_answers_are_told_apart_by_what_they_say(tmp_path):
    preds = {"a": "1,200", "b": "$1200.0", "c": "1200 .", "d": "12", "e": None}
    rows = [{"query_id": "q", "model": model, "score": 0.0, "pred": pred} for model, pred in preds.items()]
    rows.append({"query_id": "p", "model": "a", "score": 1.0, "pred": "Paris"})
    _, cases = table_of(tmp_path, [{"query_id": "q"}, {"query_id": "p"}], rows)
    assert cases.said.tolist() == [[0, 0, 0, 1, NOTHING], [0, NOT_ASKED, NOT_ASKED, NOT_ASKED, NOT_ASKED]]
    assert (cases.options == OPEN).all() and (cases.places == NOWHERE).all()


def test_guesses_count_only_where_they_are_about_as_good_as_answers(tmp_path):
    questions = [{"query_id": f"q{n}", "choices": CHOICES} for n in range(8)]
    rows = []
    for n in range(8):
        sure, right = n % 2 == 0, n % 2 == 0
        rows.append({"query_id": f"q{n}", "model": "random", "score": float(right), "pred": "A", "pred_ok": sure})
        rows.append({"query_id": f"q{n}", "model": "terse", "score": 1.0, "pred": "A", "pred_ok": sure})
    _, cases = table_of(tmp_path, questions, rows)
    assert cases.said[:, 0].tolist() == [0, NOTHING] * 4
    assert cases.said[:, 1].tolist() == [0] * 8


def test_a_table_without_answers_has_none(tables):
    table = read_table(tables / "questions.jsonl", tables / "outcomes.jsonl")
    assert read_answers(tables / "outcomes.jsonl", table) is None


@pytest.mark.parametrize(("one", "other"), [("Paris.", "paris"), ("1e3", "1000"), ("x  y", "x y"), ("$3.50", "3.5")])
def test_the_same_answer_has_the_same_key(one, other):
    assert key_of(one) == key_of(other)
