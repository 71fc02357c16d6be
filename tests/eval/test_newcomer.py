"""A newcomer's own table: one file, a sound report, and one clear line for whatever is wrong with it."""

from __future__ import annotations

import csv
import json
from resource import RUSAGE_CHILDREN, getrusage
from subprocess import run

import numpy as np
import orjson
import pyarrow as pa
import pytest
from pyarrow import parquet

from eval.routing.data import trial_of
from eval.routing.single import read_single
from routers.errors import TableError
from tests.conftest import COTERIE, coterie, coterie_environment

TOPICS = ("the torque of a wheel", "the rhyme of a sonnet", "the verdict of a court", "a loop in Python")


def rows_of(count: int = 200) -> list[dict]:
    """Three experts of whom each knows a topic of its own, and noise."""
    drawn = np.random.default_rng(0).random((count, 3))
    rows = []
    for n in range(count):
        scores = {name: float(drawn[n, m] < 0.4 + 0.4 * (n % 4 == m)) for m, name in enumerate("abc")}
        text = f"Explain {TOPICS[n % 4]}, number {n}."
        rows.append({"text": text, "scores": scores, "category": TOPICS[n % 4].split()[-1]})
    return rows


@pytest.fixture
def evaluated(tmp_path, write):
    def ran(rows, *more):
        return coterie(tmp_path, "eval", "routing", "--questions", str(write("mine", rows)), *map(str, more))

    return ran


def refused(done) -> str:
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_two_hundred_questions_and_three_experts_get_a_sound_report_in_seconds(write, tmp_path):
    """10 s on two idle cores. Others may be at work here, so that it is the work of the processor that is bounded."""
    questions = str(write("mine", rows_of()))
    command = [COTERIE, "eval", "routing", "--questions", questions, "--json", "report.json", "--html", "report.html"]
    before = getrusage(RUSAGE_CHILDREN)
    done = run(command, cwd=tmp_path, env=coterie_environment(tmp_path), capture_output=True, text=True, timeout=110)
    after = getrusage(RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 15
    assert (done.returncode, done.stderr) == (0, "")
    report = orjson.loads((tmp_path / "report.json").read_bytes())
    rows = {row["name"]: row for row in report["rows"]}
    learned = ("blend", "linear", "category", "best single", "kNN", "cluster", "constant per category", "true category")
    assert {f"{name} (cross-fitted)" for name in learned} <= set(rows)
    assert {"random", "zero router", "best single (hindsight)", "query oracle", "single:a"} <= set(rows)
    for row in rows.values():
        low, high = row["accuracy_interval"]
        assert low <= row["accuracy"] <= high and row["verdict"] in ("better", "worse", "noise", "same")
    assert report["power"]["n"] == 200 and report["power"]["needed"] > 200
    assert report["artifact"] is None and report["data"]["questions"] == 200
    assert "to see 0.030 as surely, about" in done.stdout and "200 of 200" not in done.stdout
    assert "Cross-fitted on these questions" in done.stdout


def test_the_second_time_nothing_is_encoded_again(evaluated, tmp_path):
    rows = rows_of(30)
    evaluated(rows)
    assert "Encodings of 30 of 30 texts came from the cache" in evaluated(rows).stdout
    assert "came from the cache" not in evaluated(rows, "--no-cache").stdout
    assert list(tmp_path.rglob("encodings.db"))


def test_the_bundled_artifact_knows_no_newcomer_and_says_so(evaluated):
    assert "the artifact knows none of the outcomes' models a, b, c" in refused(
        evaluated(rows_of(20), "--artifact", "bundled")
    )


def test_the_bundled_artifact_judges_the_models_it_knows(evaluated):
    names = {"a": "Meta-Llama-3-70B", "b": "Yi-34B", "c": "my-own"}
    rows = [{**row, "scores": {names[name]: score for name, score in row["scores"].items()}} for row in rows_of(40)]
    done = evaluated(rows, "--artifact", "bundled", "--json", "-")
    report = orjson.loads(done.stdout)
    found = {row["name"] for row in report["rows"]}
    assert {"blend", "irt", "skills", "constant per category", "kNN (cross-fitted)", "single:Yi-34B"} <= found
    assert report["artifact"] and any("my-own" in line for line in report["data"]["left_out"])


def test_jsonl_csv_and_parquet_say_the_same(tmp_path, write):
    rows = [{**row, "query_id": f"q{n}"} for n, row in enumerate(rows_of(12))]
    rows[3]["scores"] = {"a": 1.0}
    jsonl = read_single(write("one", rows))
    flat = [{"query_id": r["query_id"], "text": r["text"], "category": r["category"]} for r in rows]
    wide = [{**f, **{f"scores.{m}": r["scores"].get(m) for m in "abc"}} for f, r in zip(flat, rows, strict=True)]
    written = [{**f, "scores": json.dumps(r["scores"])} for f, r in zip(flat, rows, strict=True)]
    for name, lines in (("wide", wide), ("written", written)):
        with (tmp_path / f"{name}.csv").open("w", newline="") as opened:
            table = csv.DictWriter(opened, list(lines[0]))
            table.writeheader()
            table.writerows(lines)
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "one.parquet")
    maps = pa.array([list(r["scores"].items()) for r in rows], pa.map_(pa.string(), pa.float64()))
    parquet.write_table(pa.Table.from_pylist(flat).append_column("scores", maps), tmp_path / "map.parquet")
    for file in ("wide.csv", "written.csv", "one.parquet", "map.parquet"):
        other = read_single(tmp_path / file)
        assert (other.experts, other.query_ids, other.texts) == (("a", "b", "c"), jsonl.query_ids, jsonl.texts), file
        np.testing.assert_array_equal(other.outcomes, jsonl.outcomes, err_msg=file)
    assert np.isnan(jsonl.outcomes[3]).tolist() == [False, True, True]


def test_costs_are_read_and_holes_in_them_said(write):
    rows = [{**row, "costs": {"a": 0.001, "b": 0.002, "c": 0.0}} for row in rows_of(12)]
    whole = trial_of(read_single(write("whole", rows)))
    assert whole.costs.spent[0].tolist() == [0.001, 0.002, 0.0]
    rows[0]["costs"] = {"a": 0.001}
    trial = trial_of(read_single(write("holes", rows)))
    assert trial.costs is None and "all costs, because 2 outcomes have none" in trial.left_out
    assert trial_of(read_single(write("none", rows_of(12)))).left_out == ()


def test_the_same_text_twice_is_one_group_and_the_same_line_one_question(write):
    rows = [{"query_id": f"q{n}", **row} for n, row in enumerate(rows_of(12))]
    twice = {**rows[0], "query_id": "again", "scores": {"a": 0, "b": 1, "c": 0}}
    table = read_single(write("twice", [*rows, twice, rows[1]]))
    assert len(table.texts) == 13 and len(set(table.groups.tolist())) == 12
    assert table.left_out == ("1 questions that stand there twice (q1)",)
    assert read_single(write("nameless", rows_of(3))).query_ids == ("1", "2", "3")


def test_an_expert_without_any_score_is_left_out_and_named(write):
    rows = [{**row, "scores": {**row["scores"], "silent": None}} for row in rows_of(12)]
    table = read_single(write("silent", rows))
    assert table.experts == ("a", "b", "c") and table.left_out == ("1 experts without a score (silent)",)


def test_named_experts_come_in_the_order_they_were_named(write):
    assert read_single(write("mine", rows_of(12)), ["c", "a"]).experts == ("c", "a")


WRONG = {
    "lacks the column text; it has question, scores": [{"question": "x", "scores": {"a": 1}}],
    "lacks the column scores (a score by expert); it has text, answer": [{"text": "x", "answer": 1}],
    "line 2: score 1.7 of a must lie in [0, 1]": [
        {"text": "x", "scores": {"a": 1}},
        {"text": "y", "scores": {"a": 1.7}},
    ],
    "line 1: score -1 of b (2 such scores) must lie in [0, 1]": [{"text": t, "scores": {"b": -1}} for t in "xy"],
    "line 1: scores of a must be a number, not 'good'": [{"text": "x", "scores": {"a": "good"}}],
    "scores must be an object like {'expert': 1}, not 'a=1'": [{"text": "x", "scores": "a=1"}],
    "scores must be an object like {'expert': 1}, not 0.5": [{"text": "x", "scores": 0.5}],
    "line 1: cost -2 of a must be dollars, 0 or more": [{"text": "x", "scores": {"a": 1}, "costs": {"a": -2}}],
    "has no score of any expert": [{"text": "x", "scores": {"a": None}}],
    "the question q stood there before with other scores": [
        {"query_id": "q", "text": "x", "scores": {"a": 1}},
        {"query_id": "q", "text": "x", "scores": {"a": 0}},
    ],
    "two different questions with the query_id q": [
        {"query_id": "q", "text": text, "scores": {"a": 1}} for text in "xy"
    ],
    "has no questions; 1 questions without a text": [{"text": " ", "scores": {"a": 1}}],
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_one_line_that_names_the_place(said, write):
    with pytest.raises(TableError) as caught:
        read_single(write("wrong", WRONG[said]))
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_no_score_and_no_outcomes_is_told_both_ways_out(evaluated):
    said = refused(evaluated([{"query_id": "q", "text": "x", "category": "law"}]))
    assert "add it, or name a table of outcomes with --outcomes" in said


@pytest.mark.parametrize(
    ("name", "written"),
    [("words.jsonl", "not json\n"), ("empty.jsonl", ""), ("empty.csv", "text,scores.a\n"), ("table.xlsx", "x")],
)
def test_empty_files_and_files_of_another_kind_are_one_line(name, written, tmp_path):
    (tmp_path / name).write_text(written)
    with pytest.raises(TableError, match=name) as caught:
        read_single(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("option", "target"), [("--json", "no/report.json"), ("--json", "."), ("--html", ".")])
def test_a_report_that_cannot_be_written_is_said_before_any_work(option, target, tmp_path):
    done = coterie(tmp_path, "eval", "routing", "--questions", "nowhere.jsonl", option, target)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert f"{target} cannot be written" in done.stderr and "folder" in done.stderr


def test_an_unknown_expert_is_told_the_nearest_there_are(write):
    with pytest.raises(TableError, match="no score of giant; the nearest it has are"):
        read_single(write("mine", rows_of(12)), ["giant"])


def test_questions_without_outcomes_and_outcomes_without_questions_are_counted(evaluated, write, tmp_path):
    questions = [{"query_id": f"q{n}", "text": f"law {n}", "category": "law"} for n in range(14)]
    outcomes = [{"query_id": f"q{n}", "model": m, "score": n % 2} for n in range(12) for m in "ab"]
    foreign = [{"query_id": "elsewhere", "model": "a", "score": 1}]
    done = evaluated(questions, "--outcomes", write("outcomes", [*outcomes, *foreign]))
    assert done.returncode == 0, done.stderr
    assert "Left out: 2 questions that fewer than 2 of the 2 experts answered (q12, q13)." in done.stdout
    assert "Left out: 1 outcomes of questions that are not in the table of questions." in done.stdout
