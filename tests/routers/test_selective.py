"""How sure one must be to answer: the promise about wrong answers, kept in simulations whose truth is known."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from routers.base import Array
from routers.errors import TableError
from routers.manifest import load_manifest
from routers.selective import BOUNDS, WINDOW, aurc, curve_of, e_aurc, plain, risk_coverage, threshold
from routers.suite import KIND, Suite
from routers.training.routers import train_routers
from routers.training.selective import measure_again
from routers.training.trained import Trained

ROWS, TIMES, KEPT = 600, 100, 93
EVERYBODY = 20_000


def truth(confidence: Array, shift: float, slope: float) -> Array:
    """The chance of a right answer, by what a router takes it for; shift 0 and slope 1: it is calibrated."""
    chance: Array = expit(slope * logit(confidence) + shift)
    return chance


def right(chance: Array, whole: bool, random: np.random.Generator) -> Array:
    """Scores with these means: right or wrong, or anything between."""
    if whole:
        return (random.random(len(chance)) < chance).astype(float)
    return random.beta(2 * chance, 2 * (1 - chance))


@settings(max_examples=8, deadline=None)
@given(
    shift=st.floats(-1, 1),
    slope=st.floats(0.4, 1.5),
    wrong=st.sampled_from([0.1, 0.2, 0.3]),
    whole=st.booleans(),
    each=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_a_threshold_keeps_the_share_of_wrong_answers_as_often_as_promised(
    shift: float, slope: float, wrong: float, whole: bool, each: bool, seed: int
) -> None:
    random = np.random.default_rng(seed)
    everybody = random.beta(4, 2, EVERYBODY).clip(0.01, 0.99)
    chances, kept = truth(everybody, shift, slope), 0
    for _ in range(TIMES):
        confidence = random.beta(4, 2, ROWS).clip(0.01, 0.99)
        found = threshold(confidence, right(truth(confidence, shift, slope), whole, random), wrong, each=each)
        answered = everybody >= (2.0 if found is None else found)
        kept += not answered.any() or 1 - chances[answered].mean() <= wrong
    assert kept >= KEPT


def test_the_promise_about_each_answer_travels_to_another_mix_of_questions() -> None:
    random = np.random.default_rng(3)
    confidence = random.beta(4, 1.5, 4000).clip(0.01, 0.99)
    score = right(confidence, True, random)
    together, each = threshold(confidence, score, 0.2), threshold(confidence, score, 0.2, each=True)
    assert together is not None and each is not None

    def wrong_in_the_worst_mix(lowest: float) -> float:
        return float(1 - np.linspace(lowest, lowest + WINDOW / 100, 100).mean())

    assert wrong_in_the_worst_mix(each) <= 0.2 < wrong_in_the_worst_mix(together)


def test_more_rows_prove_a_lower_threshold() -> None:
    random = np.random.default_rng(0)
    confidence = random.beta(4, 2, 20_000)
    score = right(confidence, True, random)
    few, many = threshold(confidence[:400], score[:400], 0.25), threshold(confidence, score, 0.25)
    assert few is not None and many is not None and many < few


def test_where_the_rows_prove_nothing_the_plain_rule_holds() -> None:
    curve = curve_of(np.full(5, 0.99), np.ones(5))
    assert not any(curve.proven)
    assert [curve.at(wrong) for wrong in (0.05, 0.1, 0.2)] == pytest.approx([plain(0.05), plain(0.1), plain(0.2)])


def test_rows_that_speak_against_the_plain_rule_raise_it() -> None:
    confidence = np.repeat([0.82, 0.97], 40)
    score = np.concatenate([np.tile([0.0, 1.0], 20), np.ones(40)])
    curve = curve_of(confidence, score)
    assert curve.at(0.2) > 0.82


def test_a_router_that_is_never_right_answers_nothing() -> None:
    curve = curve_of(np.random.default_rng(0).random(500), np.zeros(500))
    assert set(curve.answered) == {0.0}


def test_a_router_that_is_always_right_answers_everything_once_that_is_proven() -> None:
    curve = curve_of(np.random.default_rng(0).random(2000), np.ones(2000))
    assert curve.at(0.1) == 0.0 and curve.answered[-1] == 1.0


def test_a_share_between_two_known_ones_is_kept_by_the_smaller() -> None:
    random = np.random.default_rng(1)
    confidence = random.beta(4, 2, 5000)
    curve = curve_of(confidence, right(confidence, True, random))
    assert curve.at(0.11) == curve.at(0.1)
    assert curve.at(0.9) == curve.threshold[-1]
    assert curve.at(0.001) >= plain(0.001)


def test_rows_without_a_score_are_left_out() -> None:
    confidence, score = np.array([0.9, 0.8, np.nan, 0.7]), np.array([1.0, np.nan, 1.0, 0.0])
    assert curve_of(confidence, score).rows == 2


def test_no_rows_at_all_leave_the_plain_rule() -> None:
    curve = curve_of(np.zeros(0), np.zeros(0))
    assert curve.rows == 0 and curve.at(0.3) == pytest.approx(plain(0.3))


def test_the_curve_knows_every_bound_in_order() -> None:
    assert list(BOUNDS) == sorted(set(BOUNDS)) and len(BOUNDS) <= 100


def test_a_confidence_that_puts_right_before_wrong_has_no_excess_area() -> None:
    score = np.array([1.0, 0.0, 1.0, 0.0, 1.0])
    assert e_aurc(score, score) == pytest.approx(0.0)
    assert e_aurc(1 - score, score) > 0.3
    assert aurc(np.zeros(5), score) == pytest.approx(0.4)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.8]), st.booleans()), min_size=1, max_size=30), st.randoms())
def test_the_order_of_rows_changes_no_curve(rows: list[tuple[float, bool]], random: object) -> None:
    turned = list(rows)
    random.shuffle(turned)  # type: ignore[attr-defined]
    first, second = (np.array(one, dtype=float).T for one in (rows, turned))
    assert risk_coverage(*first)[1] == pytest.approx(risk_coverage(*second)[1])
    assert curve_of(*first) == curve_of(*second)


# --- in an artifact


def world(folder: Path, dev: int, train: int = 60) -> tuple[Path, Path]:
    """Questions of maths and law; the mathematician knows maths alone, and the other one everything but in one of 8."""
    questions, outcomes = [], []
    for n in range(train + dev):
        field = ("math", "law")[n % 2]
        words = ("integral equation theorem", "contract negligence statute")[n % 2]
        split = "train" if n < train else "dev"
        questions.append(
            {
                "query_id": f"q{n}",
                "text": f"question {n} of {words}",
                "category": field,
                "source": "own",
                "split": split,
            }
        )
        for model, right in (("mathematician", field == "math"), ("other", n % 8 != 1)):
            outcomes.append({"query_id": f"q{n}", "model": model, "score": float(right), "pred": f"{right}"})
    paths = folder / "questions.jsonl", folder / "outcomes.jsonl"
    for path, rows in zip(paths, (questions, outcomes), strict=True):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return paths


def test_training_notes_how_sure_each_router_must_be(small_reader: Trained, tmp_path: Path) -> None:
    paths = world(tmp_path, dev=400)
    trained = train_routers("linear", *paths, tmp_path / "out", reader=small_reader.folder)
    assert set(trained.manifest.selective) == {"linear"}, "baselines serve nobody"
    curve = trained.manifest.selective["linear"]
    assert curve.rows == 400 and not curve.each and "400 dev questions of own" in curve.measured_on
    assert curve.proven[curve.wrong.index(0.3)] and curve.answered[curve.wrong.index(0.3)] == 1.0
    assert any(line.startswith("answered by linear at most: ") for line in trained.lines)


def test_few_questions_make_no_curve(trained: Trained) -> None:
    assert trained.manifest.selective == {}


def test_an_artifact_is_measured_again_without_becoming_another(trained: Trained, tmp_path: Path) -> None:
    folder = tmp_path / "routers"
    shutil.copytree(trained.folder, folder)
    questions, outcomes = world(tmp_path, dev=300)
    outcomes.write_text(outcomes.read_text().replace('"other"', '"half"'))
    drawn = measure_again(questions, outcomes, folder).manifest
    assert drawn.version == trained.manifest.version and drawn.files == trained.manifest.files
    assert set(drawn.selective) >= {"blend", "linear", "irt"} and drawn.selective["blend"].each
    named = measure_again(questions, outcomes, folder, experts=["mathematician", "half"]).manifest
    assert not named.selective["blend"].each
    assert load_manifest(folder, KIND) == named


def test_too_few_questions_to_measure_on_are_refused(trained: Trained, tmp_path: Path) -> None:
    questions, outcomes = world(tmp_path, dev=20)
    outcomes.write_text(outcomes.read_text().replace('"other"', '"half"'))
    with pytest.raises(TableError, match="20 questions whose split is dev; 100 or more are needed"):
        measure_again(questions, outcomes, trained.folder)


def test_the_bundled_routers_know_how_sure_they_must_be(bundled: Suite) -> None:
    curves = bundled.manifest.selective
    assert {"blend", "category", "irt", "skills", "linear", "fuser"} == set(curves)
    for curve in curves.values():
        assert curve.each and "routerbench" not in curve.measured_on
        assert curve.rows > 1000 and curve.at(0.1) > curve.at(0.2) > curve.at(0.4) > 0.3


def test_the_command_measures_again_and_says_what_it_found(trained: Trained, tmp_path: Path) -> None:
    folder = tmp_path / "routers"
    shutil.copytree(trained.folder, folder)
    questions, outcomes = world(tmp_path, dev=150)
    outcomes.write_text(outcomes.read_text().replace('"other"', '"half"'))
    given = ("--questions", str(questions), "--outcomes", str(outcomes), "--out", str(folder))
    done = subprocess.run(
        [Path(sys.executable).with_name("coterie"), "train", "thresholds", *given],
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    assert "answered by blend at most: " in done.stdout
    assert "blend" in load_manifest(folder, KIND).selective
