import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routers.grading import announced_letter, announced_number, grade, normalised

OPTIONS = tuple(f"option number {n}" for n in range(10))
LETTERS = string.ascii_uppercase[:10]
WAYS = (
    "The answer is ({}).",
    "the answer is {}",
    "The answer is **{}. option**.",
    "Thus option B is wrong.\n\nAnswer: {}",
    "The correct answer is: {})",
    "So the final answer is:\n{}. as stated",
    "Hence $\\boxed{{{}}}$",
    "Hence \\boxed{{\\text{{({})}}}}",
    "It cannot be J.\n{}",
    "{}",
    "({})",
    "{}. because it is so",
)


@given(st.sampled_from(WAYS), st.sampled_from(LETTERS))
def test_an_announced_letter_is_heard(way, letter):
    assert announced_letter(way.format(letter), OPTIONS) == letter


@given(st.sampled_from(LETTERS), st.sampled_from(LETTERS))
def test_the_last_announcement_counts(first, last):
    assert announced_letter(f"The answer is ({first}). No, wait: the answer is ({last}).", OPTIONS) == last


@pytest.mark.parametrize(
    "reply", ["", "I do not know.", "The answer is A question of taste.", "The answer is Z.", "My answer is I think so"]
)
def test_a_reply_that_settles_on_nothing_announces_nothing(reply):
    assert announced_letter(reply, OPTIONS) is None


def test_an_option_may_be_told_by_its_text():
    assert announced_letter("Let me see.\nOption Number 3.", OPTIONS) == "D"


@given(st.text(), st.sampled_from(["mcq", "numeric", "short_text"]), st.text())
def test_any_reply_has_a_grade(reply, kind, gold):
    assert grade(reply, gold, kind, OPTIONS) in (0.0, 1.0)


@given(st.text(min_size=1))
def test_the_gold_answer_itself_is_right(gold):
    assert grade(gold, gold, "short_text") == 1.0 or not normalised(gold) or gold.lstrip().startswith("[")


@given(
    st.integers(-(10**9), 10**9), st.sampled_from(["{}", "{:,}", "The answer is {:,}.", "I get 7, so ${:,}", "#### {}"])
)
def test_a_number_is_read_however_it_is_written(number, way):
    assert announced_number(way.format(number)) == number


@pytest.mark.parametrize(
    ("reply", "gold", "right"),
    [
        ("x = 3/4", "0.75", 1.0),
        ("The answer is 12, as 3 + 9 make it.", "12", 1.0),
        ("It costs $1,234.50", "1234.5", 1.0),
        ("about 0.33333", "1/3", 1.0),
        ("0.3", "1/3", 0.0),
        ("−5", "-5", 1.0),
        ("no number", "5", 0.0),
        ("1/0", "5", 0.0),
    ],
)
def test_numbers_are_compared_with_a_tolerance(reply, gold, right):
    assert grade(reply, gold, "numeric") == right


@pytest.mark.parametrize(
    ("reply", "gold", "right"),
    [
        ("The Beatles", "beatles", 1.0),
        ("It was sung by him.\nAnswer: Sammy Davis, Jr.", "Sammy Davis, Jr", 1.0),
        ("Café", '["coffee house", "cafe"]', 1.0),
        ("not the Beatles but the Stones", "Beatles", 0.0),
        ("", "Beatles", 0.0),
    ],
)
def test_words_are_compared_without_their_dress(reply, gold, right):
    assert grade(reply, gold, "short_text") == right


def test_a_type_without_a_rule_is_refused():
    with pytest.raises(ValueError, match="no rule judges answers of type 'code'; there are rules for mcq"):
        grade("x", "x", "code")
