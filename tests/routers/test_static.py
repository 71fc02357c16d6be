import numpy as np

from routers.encoders.hashing import Space, columns_of
from routers.encoders.static import StaticEncoder, rarities

SPACE = Space()


def encoder(*texts):
    return StaticEncoder(SPACE, rarities(texts, SPACE))


def shared(one, other):
    """The share of the first text's columns that the other has, too."""
    return np.isin(columns_of(one, SPACE), columns_of(other, SPACE)).mean()


def test_rows_have_length_one_and_an_empty_text_is_zero():
    rows = encoder("a b").encode(["two plus two", "", "a"])
    assert rows.shape == (3, SPACE.size)
    assert np.allclose(np.sqrt(rows.multiply(rows).sum(axis=1)).ravel(), [1, 0, 1])


def test_a_batch_reads_like_its_texts_one_by_one():
    static = encoder("some words", "other words")
    texts = ["some other words", "😀", "", "x" * 5000]
    together = static.encode(texts).toarray()
    assert all(
        np.array_equal(static.encode([text]).toarray()[0], row) for text, row in zip(texts, together, strict=True)
    )


def test_no_texts_are_no_rows():
    assert encoder("a").encode([]).shape == (0, SPACE.size)


def test_a_typo_spoils_few_columns():
    assert shared("the derivative of a polynomial", "the derivatve of a polynomial") > 0.6
    assert shared("the derivative of a polynomial", "write me some poem") < 0.1


def test_capitals_digits_and_spaces_do_not_matter():
    assert np.array_equal(columns_of("What is  17*23?", SPACE), columns_of("what is 99*48?", SPACE))


def test_rare_features_weigh_more():
    static = encoder("the cat", "the dog", "the mitochondria")
    [row] = static.encode(["the mitochondria"]).toarray()
    the, rare = columns_of("the", SPACE)[0], columns_of("mitochondria", SPACE)[0]
    assert row[rare] > row[the] > 0


def test_it_may_run_on_the_event_loop():
    assert (StaticEncoder.name, StaticEncoder.inline) == ("static", True)
