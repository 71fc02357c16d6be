"""The table of counterfactual pairs: what it may hold, and what is said of one that cannot be used."""

import json

import numpy as np
import pytest

from routers.errors import TableError
from routers.gating.pairs import read_pairs

ROW = {
    "query_id": "q1",
    "text": "what did bakkenstad invent?",
    "gold": ["the spoon"],
    "passages": ['"Bakkenstad"\nHe invented the spoon.', "A line alone."],
    "answer": "a fork",
    "answer_with_passages": "the spoon",
    "score": 0.0,
    "score_with_passages": 1.0,
}


def table(tmp_path, *rows, name="pairs.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def one(tmp_path, **more):
    (pair,) = read_pairs([table(tmp_path, {**ROW, **more})]).rows
    return pair


def test_a_row_of_the_least_columns_is_a_pair(tmp_path):
    pair = one(tmp_path)
    assert (pair.expert, pair.without, pair.documented, pair.holds) == ("", 0, 1, 1)
    assert [hit.title for hit in pair.hits] == ["Bakkenstad", ""]
    assert pair.hits[0].text == "He invented the spoon."
    assert np.isnan([pair.chance, pair.std, pair.knows, pair.added_tokens, pair.hits[0].similarity]).all()


def test_what_is_there_is_used(tmp_path):
    more = {"model": "m", "chance": 0.4, "chance_std": 0.2, "knows": 1, "similarities": [0.5, None]}
    tokens = {"input_tokens": 10, "input_tokens_with_passages": 110}
    pair = one(tmp_path, passages=["One\nIs first.", "Is second.\nAnd last."], titles=["One", "Two"], **more, **tokens)
    assert (pair.expert, pair.chance, pair.std, pair.knows, pair.added_tokens) == ("m", 0.4, 0.2, 1, 100)
    assert pair.hits[0].similarity == 0.5
    assert np.isnan(pair.hits[1].similarity)
    assert [(hit.title, hit.text) for hit in pair.hits] == [("One", "Is first."), ("Two", "Is second.\nAnd last.")]


def test_a_row_without_a_score_is_left_out_and_told(tmp_path):
    found = read_pairs([table(tmp_path, ROW, {**ROW, "query_id": "q2", "score": None})])
    assert len(found.rows) == 1
    assert found.left_out == ("1 rows without both scores",)


def test_of_two_tables_the_later_row_counts(tmp_path):
    first = table(tmp_path, ROW)
    second = table(tmp_path, {**ROW, "score": 1.0}, name="later.jsonl")
    found = read_pairs([first, second])
    assert [pair.without for pair in found.rows] == [1.0]
    assert "1 rows of a question and an expert that come again later" in found.left_out


def test_no_passages_are_a_search_that_found_nothing(tmp_path):
    rows = [ROW, {**ROW, "query_id": "q2", "passages": []}]
    assert [len(pair.hits) for pair in read_pairs([table(tmp_path, *rows)]).rows] == [2, 0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"score": 1.5}, "row 1: score is 1.5; it must lie in"),
        ({"chance": -0.1}, "row 1: chance is -0.1"),
        ({"knows": 3}, "row 1: knows is 3"),
        ({"score": "right"}, "score must be numbers"),
        ({"passages": "one text"}, "passages must hold a list"),
        ({"passages": [1, 2]}, "passages and titles must hold lists of text"),
        ({"similarities": [0.1]}, "row 1: 1 similarities for 2 passages"),
        ({"similarities": ["a", "b"]}, "similarities must hold lists of numbers"),
        ({"titles": ["one"]}, "row 1: 1 titles for 2 passages"),
        ({"titles": [1, 2]}, "passages and titles must hold lists of text"),
        ({"gold": "the spoon"}, "gold must hold a list"),
    ],
)
def test_a_bad_value_is_told_in_one_line(tmp_path, change, said):
    with pytest.raises(TableError, match=said) as told:
        one(tmp_path, **change)
    assert "\n" not in str(told.value)


def test_a_missing_column_is_named(tmp_path):
    row = {name: value for name, value in ROW.items() if name != "passages"}
    with pytest.raises(TableError, match="lacks the column passages"):
        read_pairs([table(tmp_path, row)])


def test_a_table_without_any_score_says_what_to_do(tmp_path):
    with pytest.raises(TableError, match="no row has both scores; label the questions again"):
        read_pairs([table(tmp_path, {**ROW, "score": None})])


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TableError, match="no table at"):
        read_pairs([tmp_path / "nowhere.parquet"])
