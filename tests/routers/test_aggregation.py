"""The aggregation test: which questions tell who can tell, and what is shown of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routers.aggregation import Item, aggregation_of, rates
from routers.bank import Question
from routers.errors import TableError
from routers.questions import read_questions

CHOICES = ("four", "five", "six", "seven")


def tables(folder, answers):
    """Questions whose right option is B, with these letters as answers."""
    with (folder / "q.jsonl").open("w") as questions, (folder / "r.jsonl").open("w") as responses:
        for number, letters in enumerate(answers):
            row = {"query_id": f"q{number}", "text": f"{number}?", "category": "math", "gold": "B"}
            questions.write(json.dumps({**row, "answer_type": "mcq", "choices": CHOICES}) + "\n")
            for model, letter in enumerate(letters):
                said = "" if letter == " " else f"m{model}: the answer is ({letter})"
                responses.write(json.dumps({"query_id": f"q{number}", "model": f"m{model}", "response": said}) + "\n")
    return read_questions(folder / "q.jsonl"), folder / "r.jsonl"


@settings(deadline=None)
@given(answers=st.lists(st.text("ABCD ", max_size=5), min_size=1, max_size=6), seed=st.integers(0, 9))
def test_one_is_right_and_two_are_wrong_or_it_is_said_why_not(tmp_path_factory, answers, seed):
    table, responses = tables(tmp_path_factory.mktemp("t"), ["BAC", *answers])
    test = aggregation_of(table, responses, seed)
    assert len(test.items) + sum(test.left_out.values()) == len(answers) + 1
    for item in test.items:
        right = ["(B)" in answer for answer in item.answers]
        assert len(right) == 3 and sum(right) == 1 and right[item.right]
    again = aggregation_of(table, responses, seed)
    assert [item.key for item in test.items] == [item.key for item in again.items]


def test_the_right_answer_stands_anywhere(tmp_path):
    table, responses = tables(tmp_path, ["BAC"] * 60)
    places = [item.right for item in aggregation_of(table, responses, 0).items]
    assert all(places.count(place) > 10 for place in range(3))


def test_without_a_question_that_tells_anything_there_is_no_test(tmp_path):
    table, responses = tables(tmp_path, ["BBB", "AAA", "", "BA"])
    with pytest.raises(TableError, match="no question with one right"):
        aggregation_of(table, responses, 0)


@pytest.mark.parametrize(("letters", "chance"), [("BAC", 1 / 3), ("BDD", 0.0)])
def test_a_majority_is_right_only_where_the_wrong_ones_differ(tmp_path, letters, chance):
    table, responses = tables(tmp_path, [letters])
    [item] = aggregation_of(table, responses, 0).items
    assert item.majority == pytest.approx(chance)


def test_rates_of_few_questions_lean_on_all_of_them():
    items = [Item(f"q{n}", Question("?", (), "1", "numeric", "math" if n else "law"), ("1",), 0) for n in range(30)]
    found = rates(items, [0.0] + [1.0] * 29)
    assert found["default"] == pytest.approx(30 / 33)
    assert found["law"] == pytest.approx(10 * found["default"] / 11) and found["math"] > 0.95
