import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from routers.errors import TableError
from routers.table import read_table
from routers.tabular import read_columns

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


def test_an_expert_without_outcomes_is_told_its_nearest_name(given):
    with pytest.raises(TableError, match="the nearest it has are big"):
        read_table(*given(), experts=["bigg"])


def test_outcomes_of_other_questions_are_left_out_and_counted(given):
    strange = [*OUTCOMES, {"query_id": "z", "model": "big", "score": 1.0}]
    assert (
        "1 outcomes of questions that are not in the table of questions"
        in read_table(*given(outcomes=strange)).left_out
    )
    with pytest.raises(TableError, match="no outcome of any of these questions"):
        read_table(*given(outcomes=strange[-1:]))


def test_what_stands_there_twice_counts_once(given):
    table = read_table(*given([*QUESTIONS, QUESTIONS[0]], [*OUTCOMES, OUTCOMES[0]]), without=())
    assert table.query_ids == ("a", "b", "c")
    assert table.outcomes[0].tolist()[0] == 1.0
    assert table.left_out == ("1 questions that stand there twice (a)", "1 outcomes that stand there twice")


def test_two_scores_of_one_pair_are_refused_by_name(given):
    contradicting = [*OUTCOMES, {"query_id": "a", "model": "big", "score": 0.5}]
    with pytest.raises(TableError, match=r"gives big both 1\.0 and 0\.5 on a"):
        read_table(*given(outcomes=contradicting))


def test_a_measured_score_beside_an_empty_one_is_the_score(given):
    table = read_table(*given(outcomes=[{"query_id": "a", "model": "big", "score": None}, *OUTCOMES]))
    assert table.outcomes[0, 0] == 1.0 and table.left_out == ("1 questions of routerbench, which has no licence",)


def test_two_questions_with_one_id_are_refused_by_name(given):
    with pytest.raises(TableError, match="two different questions with the query_id a"):
        read_table(*given([*QUESTIONS, {**QUESTIONS[0], "text": "3+3?"}]))


def test_questions_without_a_text_are_left_out_counted_and_named(given):
    silent = [{**QUESTIONS[0], "query_id": f"s{n}", "text": " \n" * (n % 2)} for n in range(5)]
    table = read_table(*given([*QUESTIONS, *silent]), without=())
    assert table.query_ids == ("a", "b", "c")
    assert table.left_out == ("5 questions without a text (s0, s1, s2 and 2 more)",)
    with pytest.raises(TableError, match="has no questions; 5 questions without a text"):
        read_table(*given(silent))


def test_scores_that_are_words_are_refused(given):
    with pytest.raises(TableError, match="the column score must be numbers, not string"):
        read_table(*given(outcomes=[{"query_id": "a", "model": "big", "score": "good"}]))


def test_right_and_wrong_may_be_true_and_false(given):
    outcomes = [{"query_id": "a", "model": "big", "score": True}, {"query_id": "b", "model": "big", "score": False}]
    assert read_table(*given(outcomes=outcomes)).outcomes.tolist() == [[1.0], [0.0]]


def test_a_split_that_holds_nothing_out_is_made_and_said(given):
    rows = [{"query_id": str(n), "text": f"t{n}", "category": "law", "split": "train"} for n in range(200)]
    table = read_table(*given(rows, [{"query_id": "0", "model": "big", "score": 1.0}]))
    assert len(table.rows("dev")) > 0 and "says train throughout" in table.split_from


def test_duplicates_share_a_group_and_without_dup_groups_equal_texts_do(given):
    rows = [
        {"query_id": "a", "text": "x", "category": "law", "dup_group": "1"},
        {"query_id": "b", "text": "y", "category": "law", "dup_group": "1"},
        {"query_id": "c", "text": "z", "category": "law", "dup_group": None},
        {"query_id": "d", "text": "z", "category": "law", "dup_group": None},
    ]
    assert read_table(*given(rows, OUTCOMES[:1])).groups.tolist() == [0, 0, 1, 1]


def test_lengths_and_costs_come_with_the_outcomes(given):
    outcomes = [{"query_id": "a", "model": "big", "score": 1.0, "output_chars": 80, "cost_usd": 0.5}, OUTCOMES[1]]
    table = read_table(*given(outcomes=outcomes))
    assert np.array_equal(table.output_chars, [[80.0], [np.nan]], equal_nan=True)
    assert np.array_equal(table.cost_usd, [[0.5], [np.nan]], equal_nan=True)


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
def test_very_long_and_foreign_texts_of_many_lines_are_read(given, tmp_path, ending):
    texts = ["слово\n" * 100_000, "二加二等于几?", 'he said "2, or 3"']
    rows = [{"query_id": f"00{n}", "text": text, "category": "law"} for n, text in enumerate(texts)]
    outcomes = [{"query_id": "001", "model": "big", "score": 1.0}]
    if ending == "csv":
        csv.write_csv(pa.Table.from_pylist(rows), tmp_path / "questions.csv")
        csv.write_csv(pa.Table.from_pylist(outcomes), tmp_path / "outcomes.csv")
        table = read_table(tmp_path / "questions.csv", tmp_path / "outcomes.csv")
    else:
        table = read_table(*given(rows, outcomes))
    assert table.texts == tuple(texts) and table.query_ids == ("000", "001", "002")


def test_options_in_csv_are_a_list_as_json_has_it(tmp_path, given):
    rows = [{"query_id": "a", "text": "2+2?", "category": "math", "choices": '["3", "4"]'}]
    csv.write_csv(pa.Table.from_pylist(rows), tmp_path / "questions.csv")
    assert read_table(tmp_path / "questions.csv", given()[1]).choices == (("3", "4"),)


def test_subjects_and_skills_come_with_their_question(given):
    rows = [{**QUESTIONS[0], "subcategory": "algebra", "skills": ["adding", "counting"]}, QUESTIONS[1]]
    table = read_table(*given(rows))
    assert (table.subjects, table.skills) == (("algebra", ""), (("adding", "counting"), ()))


def test_a_part_of_a_table_keeps_rows_and_experts_together(given):
    table = read_table(*given(), without=()).part(np.array([2, 0])).among(["other", "big"])
    assert (table.query_ids, table.texts, table.experts) == (("c", "a"), ("no licence", "2+2?"), ("other", "big"))
    assert np.array_equal(table.outcomes, [[1.0, np.nan], [np.nan, 1.0]], equal_nan=True)
    assert table.choices == ((), ("3", "4")) and table.groups.tolist() == [2, 0]


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "utf-8"), ("\t", "utf-8"), (";", "utf-8-sig")])
def test_csv_as_spreadsheets_write_it_is_read(tmp_path, delimiter, encoding):
    lines = ("text", "score", "note"), ("Is it 1, 2 or 3?", "0.5", "a;b" if delimiter == "\t" else "a,b")
    path = tmp_path / "one.csv"
    path.write_text("".join(delimiter.join(line) + "\n" for line in lines), encoding=encoding)
    assert read_columns(path, ("text", "score"), None).to_pylist() == [
        {"text": "Is it 1, 2 or 3?", "score": 0.5, "note": lines[1][2]}
    ]


def test_a_folder_and_a_file_in_utf_16_are_refused_in_words(tmp_path):
    with pytest.raises(TableError, match="is a folder; name the table in it"):
        read_columns(tmp_path, ("text",))
    (tmp_path / "one.csv").write_text("text,score\n", encoding="utf-16")
    with pytest.raises(TableError, match="cannot be read: it is UTF-16; save it as UTF-8"):
        read_columns(tmp_path / "one.csv", ("text",))
