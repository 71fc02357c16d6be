"""Two lists become one: scores in [0, 1], each chunk once, the best first."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gateway.retrieval.fusion import Shelf, fused
from gateway.retrieval.hits import Hits


def hits(*chunks, scores=None):
    """Each (name, vector); the text of a chunk is its name."""
    names = [name for name, _ in chunks]
    vectors = np.array([vector for _, vector in chunks], dtype=np.float32).reshape(len(chunks), 2)
    given_scores = np.zeros(len(chunks)) if scores is None else np.array(scores)
    return Hits(names, names, np.zeros(len(chunks), dtype=np.int32), names, names, vectors, given_scores)


def towards(cosine):
    return (cosine, math.sqrt(1 - cosine**2))


QUERY = np.array([1, 0], dtype=np.float32)
COSINES = st.floats(-1, 1).map(towards)
FOUND = st.lists(st.tuples(st.sampled_from("abcdefgh"), COSINES), max_size=8, unique_by=lambda chunk: chunk[0])


def test_a_chunk_that_both_found_comes_before_one_that_either_found_alone():
    words = hits(("both", towards(0.6)), ("words", towards(0.1)), scores=[9.0, 6.0])
    near = hits(("near", towards(0.9)), ("both", towards(0.6)))
    passages = fused([Shelf("one", words, near, QUERY)], 1, 5)
    assert [passage.document for passage in passages] == ["both", "near", "words"]
    assert [passage.words for passage in passages] == [True, False, True]


def test_a_collection_where_words_are_common_does_not_outdo_one_where_they_are_rare():
    common = Shelf("common", hits(("c", towards(0.3)), scores=[2.0]), hits(), QUERY)
    rare = Shelf("rare", hits(("r", towards(0.3)), scores=[12.0]), hits(), QUERY)
    assert [passage.document for passage in fused([common, rare], 1, 5)] == ["r", "c"]


def test_a_stray_word_of_a_long_query_does_not_outweigh_what_was_meant():
    shelf = Shelf("one", hits(("stray", towards(0.2)), scores=[1.5]), hits(("meant", towards(0.6))), QUERY)
    assert [passage.document for passage in fused([shelf], 10, 5)] == ["meant", "stray"]
    assert [passage.document for passage in fused([shelf], 0, 5)] == ["stray", "meant"]


def test_a_scale_makes_cosines_of_encoders_comparable():
    lofty = Shelf("lofty", hits(), hits(("l", towards(0.9))), QUERY, ((-1, -1), (0.8, 0.0), (0.9, 0.2), (1, 1)))
    plain = Shelf("plain", hits(), hits(("p", towards(0.5))), QUERY)
    best, other = fused([lofty, plain], 1, 5)
    assert (best.document, other.document) == ("p", "l") and abs(other.similarity - 0.2) < 1e-3


def test_what_only_words_found_where_the_query_was_not_encoded_has_no_similarity():
    [passage] = fused([Shelf("one", hits(("a", towards(0.9)), scores=[3.0]), hits(), None)], 1, 5)
    assert math.isnan(passage.similarity) and 0 < passage.score < 1


@given(FOUND, FOUND, st.integers(1, 10))
def test_scores_are_chances_in_order_and_no_text_comes_twice(words, near, most):
    scores = np.linspace(10, 1, len(words)) if words else []
    passages = fused([Shelf("one", hits(*words, scores=scores), hits(*near), QUERY)], 1, most)
    assert len(passages) == min(most, len({name for name, _ in [*words, *near]}))
    assert len({passage.text for passage in passages}) == len(passages)
    found = [passage.score for passage in passages]
    assert found == sorted(found, reverse=True) and all(0 <= score <= 1 for score in found)
