import numpy as np
import pytest

from routers.corpus import spelled_out
from routers.encoders.shape import CHARACTERS, NAMES, shapes

QUESTION = "Which of these is a prime number?"


def shape(text):
    return dict(zip(NAMES, shapes([text])[0].tolist(), strict=True))


def test_options_are_counted_where_they_are_lettered():
    four, ten = (shape(spelled_out(QUESTION, [str(n) for n in range(count)]))["options"] for count in (4, 10))
    assert shape(QUESTION)["options"] < four < ten


def test_the_question_is_measured_without_its_options():
    with_options = shape(spelled_out(QUESTION, ["a long option that says a lot", "another"]))
    assert with_options["length"] == shape(QUESTION)["length"]
    assert with_options["ends in a question"] == shape(QUESTION)["ends in a question"]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "A. only an option", "😀", "\x00", "9" * 100, "ж" * 50])
def test_any_text_has_a_shape(text):
    row = shapes([text])
    assert row.shape == (1, len(NAMES))
    assert np.isfinite(row).all()
    assert np.abs(row).max() <= 4


def test_a_book_is_judged_by_its_beginning_and_its_end():
    book = "A sentence. " * 200_000 + "\nA. yes\nB. no"
    assert shape(book)["options"] > shape(book[:CHARACTERS])["options"]


def test_no_texts_are_no_rows():
    assert shapes([]).shape == (0, len(NAMES))


def test_a_batch_reads_like_its_texts_one_by_one():
    texts = [QUESTION, "", "2 + 2 = ?"]
    assert np.array_equal(shapes(texts), np.concatenate([shapes([text]) for text in texts]))
