import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from routers.errors import TableError
from routers.table import read_table

QUESTIONS = [
    {"query_id": "a", "text": "2+2?", "category": "math", "source": "own", "split": "train", "choices": ["3", "4"]},
    {"query_id": "b", "text": "who?", "category": "law", "source": "own", "split": "dev", "choices": None},
    {
        "query_id": "c",
        "text": "no licence",
        "category": "law",
        "source": "routerbench",
        "split": "dev",
        "choices": None,
    },
]
OUTCOMES = [
    {"query_id": "a", "model": "big", "score": 1.0},
    {"query_id": "b", "model": "big", "score": 0.0},
    {"query_id": "a", "model": "small", "score": 0.0},
    {"query_id": "c", "model": "other", "score": 1.0},
]


@pytest.fixture
def given(tmp_path):
    def write(questions=QUESTIONS, outcomes=OUTCOMES):
        for name, rows in (("questions", questions), ("outcomes", outcomes)):
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        return tmp_path / "questions.jsonl", tmp_path / "outcomes.jsonl"

    return write


def test_a_pair_that_was_not_measured_is_nan(given):
    table = read_table(*given())
    assert table.experts == ("big", "small")
    assert np.array_equal(table.outcomes, [[1.0, 0.0], [0.0, np.nan]], equal_nan=True)


def test_sources_without_a_licence_are_left_out(given):
    assert set(read_table(*given()).sources) == {"own"}
    assert "other" in read_table(*given(), without=()).experts


def test_options_come_with_their_question(given):
    assert read_table(*given()).choices == (("3", "4"), ())


def test_the_tables_own_split_is_kept(given):
    table = read_table(*given())
    assert table.rows("train").tolist() == [0]
    assert table.split_from == "the table's column `split`"


def test_without_a_split_duplicates_stay_together(given):
    rows = [{"query_id": str(n), "text": f"t{n}", "category": "law", "dup_group": str(n // 2)} for n in range(400)]
    table = read_table(*given(rows, [{"query_id": "0", "model": "big", "score": 1.0}]))
    assert 20 < len(table.rows("dev")) < 70
    assert all(table.split[n] == table.split[n + 1] for n in range(0, 400, 2))
    assert "dup_group" in table.split_from


def test_experts_can_be_chosen_and_ordered(given):
    assert read_table(*given(), experts=["small", "big"]).experts == ("small", "big")


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_parquet_and_csv_read_like_jsonl(given, tmp_path, ending):
    plain = [{key: row[key] for key in row if key != "choices"} for row in QUESTIONS]
    for name, rows in (("questions", plain), ("outcomes", OUTCOMES)):
        writer = parquet.write_table if ending == "parquet" else csv.write_csv
        writer(pa.Table.from_pylist(rows), tmp_path / f"{name}.{ending}")
    table = read_table(tmp_path / f"questions.{ending}", tmp_path / f"outcomes.{ending}")
    assert table.texts == read_table(*given()).texts
    assert np.array_equal(table.outcomes, read_table(*given()).outcomes, equal_nan=True)


def test_an_expert_without_outcomes_is_named(given):
    with pytest.raises(TableError, match="no outcome of huge"):
        read_table(*given(), experts=["big", "huge"])


def test_a_missing_column_is_named_with_those_there_are(given):
    with pytest.raises(TableError, match=r"lacks the column score; it has query_id, model"):
        read_table(*given(outcomes=[{"query_id": "a", "model": "big"}]))


def test_a_missing_file_is_named(given, tmp_path):
    with pytest.raises(TableError, match="no table at"):
        read_table(tmp_path / "nowhere.parquet", given()[1])


def test_an_unknown_format_is_refused_with_the_known_ones(given, tmp_path):
    (tmp_path / "questions.xlsx").write_text("")
    with pytest.raises(TableError, match=r"none of \.parquet, \.csv, \.jsonl"):
        read_table(tmp_path / "questions.xlsx", given()[1])


@pytest.mark.parametrize("text", ["", "{not json"])
def test_a_file_that_cannot_be_parsed_is_refused_in_one_line(given, text):
    questions, outcomes = given()
    questions.write_text(text)
    with pytest.raises(TableError, match="cannot be read") as refused:
        read_table(questions, outcomes)
    assert "\n" not in str(refused.value)


def test_a_score_that_is_no_quality_is_refused(given):
    with pytest.raises(TableError, match=r"score 7.0 of big .* must lie in \[0, 1\]"):
        read_table(*given(outcomes=[{"query_id": "a", "model": "big", "score": 7.0}]))
