"""What an answer to a query looks like, read off its words, and answers in their normal form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.answers import alike, key_of
from gateway.form import FREE, Form, form_of

OPTIONS = "Which gas do plants take up?\nA. oxygen\nB. nitrogen\nC. carbon dioxide\nD. helium"
CHOICE = form_of(OPTIONS)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (OPTIONS, "choice"),
        ("Is it?\n(A) yes\n(B) no", "choice"),
        ("What is 12 * 12?", "number"),
        ("How many apples are left when 3 of 10 are eaten?", "number"),
        ("What does this print?\n```python\nprint(sorted({3, 1}))\n```", "code"),
        ("Is the sky blue? Answer yes or no.", "short"),
        ("Who wrote Faust? Reply with only the name.", "short"),
        ("Write a function that counts how many of 3 lists are empty.", "free"),
        ("Explain how to calculate 12 * 12.", "free"),
        ("Compare these.\nA. a cat\nB. a dog", "free"),
        ("hi", "free"),
        ("", "free"),
    ],
)
def test_the_form_of_an_answer_shows_in_the_words_of_the_query(text: str, kind: str) -> None:
    assert form_of(text).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "What is 5G?",
        "What is 3D printing?",
        "What is 2FA and how do I enable it?",
        "What is -webkit-box used for in CSS3?",
        "What is the number one song of 1999?",
        "What is the average salary of a nurse in 2023?",
        "What is the result of the 2016 vote?",
        "Compute engine or functions: which is better for 2 services?",
        "How do I compute the median of 5 columns in pandas?",
        "How much does an iPhone 15 cost?",
        "How many people took part in the 2 world wars, and what were the 3 main causes?",
        "How long does it take to learn Python 3?",
        "Evaluate this startup idea: an app with 3 features",
        "Generate 3 taglines for 2 products. How much text is too much?",
        "Reply with a joke.",
        "Respond with only valid JSON.",
        "Answer with the tone of a pirate: where is the treasure?",
        "Do you think a yes or no question can be unfair?",
        "Review my CV:\nA. Smith\nB. Sc. in physics, 2010\nWhat would you change?",
        "Improve this outline:\nA. Introduction\nB. Method\nC. Results\nD. Discussion",
        "What does this function return and how can I make it faster?\n```python\ndef f(x): return x\n```",
        "Which library do I use to print?\n```js\nf(1)\n```",
    ],
)
def test_an_everyday_question_is_not_taken_for_one_whose_answers_can_be_compared(text: str) -> None:
    assert form_of(text) == FREE


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Can you calculate 17*23?", "number"),
        ("What's 15% of 80?", "number"),
        ("Solve for x: 2x + 3 = 7", "number"),
        ("What is the area of a circle with radius 3?", "number"),
        ("A train goes 60 km/h. How far does it go in two hours?", "number"),
        ("Is 17 a prime number? yes or no", "short"),
        ("Answer in one word: what is the capital of France?", "short"),
        ("Plants take up\nA. oxygen\nB. nitrogen\nC. carbon dioxide\nD. helium", "choice"),
    ],
)
def test_what_can_be_worked_out_or_picked_can_be_compared(text: str, kind: str) -> None:
    assert form_of(text).kind == kind


def test_the_options_of_a_choice_are_those_that_come_last() -> None:
    example = "Q: Is water wet?\nA. yes\nB. no\n\n"
    assert form_of(example + OPTIONS).options == ("oxygen", "nitrogen", "carbon dioxide", "helium")


def test_the_caller_knows_better() -> None:
    assert form_of("hi", "number") == Form("number")
    assert form_of(OPTIONS, "free") == FREE


@pytest.mark.parametrize(
    ("reply", "form", "key"),
    [
        ("B", CHOICE, "B"),
        ("b)", CHOICE, "B"),
        ("Plants breathe in carbon dioxide, so the answer is (C).", CHOICE, "C"),
        ("The answer is carbon dioxide", CHOICE, "C"),
        ("I do not know.", CHOICE, None),
        ("The answer is 1,440.50", Form("number"), "1440.5"),
        ("So 12 * 12 = 144", Form("number"), "144"),
        ("-0", Form("number"), "0"),
        ("no idea", Form("number"), None),
        ("It prints:\n```\n[1, 3]\n```", Form("code"), "[1,3]"),
        ("Output: `[1, 3]`", Form("code"), "[1,3]"),
        ("[1,3]", Form("code"), "[1,3]"),
        ("The author is well known.\nThe answer is Goethe.", Form("short"), "goethe"),
        ("Goethe", Form("short"), "goethe"),
        ("  \n ", Form("short"), None),
        ("any text", FREE, None),
    ],
)
def test_equal_answers_have_the_same_key(reply: str, form: Form, key: str | None) -> None:
    assert key_of(reply, form) == key


def test_an_essay_where_a_letter_was_asked_holds_no_answer() -> None:
    essay = "Photosynthesis is a process by which plants turn light into sugar. " * 40
    assert key_of(essay, CHOICE) is None


def test_opposite_advice_is_not_the_same_answer() -> None:
    assert alike("Restart the server.", "Please restart the server.")
    assert not alike("Restart the server.", "Do not restart the server.")
    assert not alike("It takes 3 days.", "It takes 4 days.")


@given(st.text(), st.sampled_from([CHOICE, Form("number"), Form("code"), Form("short"), FREE]))
def test_no_reply_is_too_odd_to_be_read(reply: str, form: Form) -> None:
    key = key_of(reply, form)
    assert key is None or (key and form.checkable)


@given(st.text())
def test_no_query_is_too_odd_to_have_a_form(text: str) -> None:
    form = form_of(text)
    assert form.kind != "choice" or len(form.options) >= 2
